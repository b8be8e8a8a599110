"""No thread of a running server dies of anything: it is said and counted, and the part works again."""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterator

import psycopg
import pyarrow as pa
import pytest
from psycopg.conninfo import make_conninfo

from scouter.alerting import heartbeat
from scouter.checks import silence_sweep
from scouter.ingest import arrival_notes
from scouter.maintenance import clock_watch, quarantine_limits, scheduler
from scouter.postgres.connections import query_deadlines
from scouter.server import Server
from tests.alert_service import AlertService
from tests.brokers.kafka import KafkaBroker
from tests.brokers.rabbitmq import RabbitBroker
from tests.conditions import eventually, probe
from tests.integration.conftest import settings_for
from tests.integration.probing import LifeProbes
from tests.integration.thread_faults import Place, places, strangers, worker_threads
from tests.integration.whole_server import BEAT, HOOK, WholeServer
from tests.metrics_page import sample, samples_at
from tests.publishers import KafkaPublisher, RabbitPublisher

_SHORT = {
    "SCOUTER_ARCHIVE_EVERY_SECONDS": "1",
    "SCOUTER_CHECK_LEASE_SECONDS": "1",
    "SCOUTER_WINDOW_GRACE_SECONDS": "0.2",
    # One thread of a kind: it has to be that one which works again.
    "POLLING_WORKER_COUNT": "1",
    "SCOUTER_DELIVERY_WORKERS": "1",
    "KAFKA_WORKER_COUNT": "1",
    "RABBITMQ_CONSUMER_COUNT": "1",
}
_PROBLEMS = [
    OSError(errno.EMFILE, "Too many open files"),
    pa.ArrowInvalid("not what Arrow expected"),
    MemoryError("no more"),
    ZeroDivisionError("a bug"),
]
_RETRY_SECONDS = 0.1


@pytest.fixture(scope="module")
def threads_before() -> list[threading.Thread]:
    return threading.enumerate()


@pytest.fixture(scope="module")
def short_pauses() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scheduler, "_EVERY_SECONDS", 0.5)
        patch.setattr(quarantine_limits, "_EVERY_SECONDS", 0.5)
        patch.setattr(clock_watch, "_EVERY_SECONDS", 0.5)
        for module in (arrival_notes, silence_sweep, heartbeat):
            patch.setattr(module, "_EVERY_SECONDS", 0.5)
        patch.setattr(clock_watch, "_TOLD_SECONDS", 0.5)
        patch.setattr(scheduler, "_AGAIN_AFTER_FAILURE_SECONDS", 0.5)
        yield


@pytest.fixture(scope="module")
def whole(
    threads_before: list[threading.Thread],
    short_pauses: None,
    postgres: str,
    kafka_broker: KafkaBroker,
    rabbit_broker: RabbitBroker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[WholeServer]:
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE DATABASE threads TEMPLATE template_migrated")
    database = make_conninfo(postgres, dbname="threads")
    brokers = KafkaPublisher(kafka_broker, "outlived"), RabbitPublisher(rabbit_broker, "outlived")
    from_brokers = {name: value for each in brokers for name, value in each.environment.items()}
    directory = tmp_path_factory.mktemp("outlived")
    with AlertService() as service:
        more = {
            "SCOUTER_WEBHOOK_URL": service.url + HOOK,
            "SCOUTER_HEARTBEAT_URL": service.url + BEAT,
            "SCOUTER_STORAGE_URI": str(directory / "store"),
        }
        server = Server(settings_for(database, directory, **{**from_brokers, **_SHORT, **more}))
        server.start()
        made = WholeServer(server, database, service, *brokers)
        yield made
        made.close()
        assert server.stop() == []
    for each in brokers:
        each.close()


@pytest.fixture(autouse=True)
def alive(whole: WholeServer) -> Iterator[None]:
    """All the while."""
    with LifeProbes([whole.server.address, whole.server.metrics_address]) as probes:
        yield
    assert set(probes.statuses) == {200}


def failures(whole: WholeServer, thread: str) -> float:
    return sample(samples_at(whole.server.metrics_address), "scouter_thread_failures_total", thread=thread)


def test_every_thread_is_one_that_outlives_its_errors(
    whole: WholeServer, threads_before: list[threading.Thread]
) -> None:
    whole.all_work()
    ours = worker_threads(threads_before)
    assert ours.keys() == whole.works().keys(), "a thread without a test of its work, or the other way round"
    of_the_test = ("alert service", "life probes", "kafka-python-producer-")
    assert [name for name in strangers(threads_before) if not name.startswith(of_the_test)] == []


@pytest.mark.parametrize("problem", _PROBLEMS, ids=lambda problem: type(problem).__name__)
def test_every_part_works_again_after_its_thread_has_failed(
    whole: WholeServer, threads_before: list[threading.Thread], problem: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    ours = worker_threads(threads_before)
    before = {name: failures(whole, name) for name in ours}
    for worker in ours.values():
        worker._retry_seconds = _RETRY_SECONDS
    struck = {name: place.fail_once(problem) for name, place in places(whole.server, ours.values())}
    probe(whole.server.address)
    whole.parts["ingest"].breaker.close()
    send_in_vain(whole)
    for ask in whole.requests():
        ask()
    for name, has_failed in struck.items():
        assert has_failed.wait(20), f"{name} has not come by"
    whole.all_work()
    assert all(worker.alive for worker in ours.values())
    eventually(whole.is_well, seconds=20)
    for name in ours:
        assert_said(whole, name, before[name], problem, caplog)


def send_in_vain(whole: WholeServer) -> None:
    """The writer fails with it in its hands. Who sent it is told."""
    answer = whole.client.post("/scouter/message", whole.message())
    assert answer.status == 500, answer


def assert_said(
    whole: WholeServer, thread: str, before: float, problem: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    is_brokers = thread.startswith(("kafka", "rabbitmq")) and isinstance(problem, OSError)
    if is_brokers:  # as when the broker goes away: it is foreseen
        assert f"{thread} cannot read: {problem}" in caplog.text
        return
    assert f"thread {thread!r} failed in an unforeseen way" in caplog.text
    assert failures(whole, thread) == before + 1


def test_no_descriptor_for_a_deadline_is_no_reason_to_take_the_database_for_away_for_ever(
    whole: WholeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_descriptor(_: int) -> int:
        raise OSError(errno.EMFILE, "Too many open files")

    watch = whole.parts["database watch"]
    with monkeypatch.context() as patch:
        patch.setattr("scouter.postgres.connections.query_deadlines.os.dup", no_descriptor)
        eventually(lambda: watch.is_away)
    whole.sees_the_database()
    whole.all_work()


def test_a_deadline_that_could_not_cut_tries_again(whole: WholeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    has_failed = Place(query_deadlines, "_shut_down").fail_once(MemoryError())
    whole.cuts_queries()
    assert has_failed.is_set()


@pytest.mark.parametrize("problem", [SystemExit(1), MemoryError()], ids=lambda problem: type(problem).__name__)
@pytest.mark.parametrize("method", ["accept", "readable"])
def test_http_goes_on_listening_after_an_error_in_the_loop_of_waitress(
    whole: WholeServer, method: str, problem: BaseException
) -> None:
    before = failures(whole, "http")
    has_failed = Place(whole.parts["http"]._server, method).fail_once(problem)
    assert has_failed.wait(10)
    whole.answers("http")
    whole.stores("http")
    assert failures(whole, "http") == before + 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_consumer_outlives_the_thread_of_its_library(whole: WholeServer) -> None:
    [worker] = [each for each in whole.parts["consumers"].workers if each.thread.name == "kafka 1"]
    has_failed = Place(worker._consumer._net, "_poll_once").fail_once(MemoryError())
    assert has_failed.wait(10)
    whole.stores("kafka")
