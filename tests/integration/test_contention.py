"""Others are at work on the same rows and tables: that is no outage of Postgres, and is tried again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from scouter.server import Server
from tests.conditions import eventually
from tests.http_client import Answer, HttpClient
from tests.integration.ways import serving
from tests.metrics_page import sample, samples_at
from tests.profile_documents import registration, spc_profile
from tests.publishers import KafkaPublisher, RabbitPublisher

_RETRIED = "scouter_transactions_retried_total"
_STATES = {"serialization": "40001", "deadlock": "40P01", "lock": "55P03"}
# Raises in every transaction but each third: sequences know of no rollback.
_UNLUCKY = """
CREATE SEQUENCE scouter_py.tries;
CREATE FUNCTION scouter_py.be_unlucky() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('scouter_py.tries') %% 3 <> 0 THEN
        RAISE EXCEPTION 'others were faster' USING ERRCODE = {state};
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER unlucky BEFORE INSERT ON scouter_py.{table} FOR EACH ROW EXECUTE FUNCTION scouter_py.be_unlucky()
"""


def unlucky(database: str, table: str, state: str) -> None:
    """Whoever inserts a row loses twice against others, and then succeeds."""
    with psycopg.connect(database, autocommit=True) as connection:
        text = _UNLUCKY.replace("{table}", table).replace("{state}", f"'{state}'").replace("%%", "%")
        connection.execute(text.encode())


@contextmanager
def locked(database: str, table: str) -> Iterator[None]:
    """Somebody who changes the table, and takes his time."""
    with psycopg.connect(database) as connection:
        connection.execute(f"LOCK TABLE scouter_py.{table} IN ACCESS EXCLUSIVE MODE".encode())
        yield


def record(uid: str, value: float) -> dict[str, Any]:
    record = {"created_at": datetime.now(UTC).isoformat(), "uid": uid, "feature": "f0", "value": value}
    return {"records": [{"Spc": record}]}


def register(client: HttpClient) -> str:
    return str(client.post("/scouter/profile", registration(spc_profile())).body["uid"])


def send(url: str, uid: str, count: int) -> list[Answer]:
    client = HttpClient(url).login()
    answers = [client.post("/scouter/message", record(uid, float(n))) for n in range(count)]
    client.close()
    return answers


def ledger(client: HttpClient) -> dict[str, int]:
    total: dict[str, int] = client.get("/scouter/ledger").body["total"]
    return total


@pytest.mark.parametrize("why", _STATES)
def test_messages_that_meet_others_are_stored_all_the_same(
    server: Server, admin: HttpClient, database: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    uid = register(admin)
    unlucky(database, "batch_receipt", _STATES[why])
    before = samples_at(server.metrics_address)
    with ThreadPoolExecutor(4) as senders:
        answers = [each for some in senders.map(lambda _: send(server.address, uid, 10), range(4)) for each in some]
    assert {answer.status for answer in answers} == {200}
    assert not any(answer.body.get("spooled") for answer in answers)
    after = samples_at(server.metrics_address)
    assert sample(after, _RETRIED, why=why) >= sample(before, _RETRIED, why=why) + 2
    assert sample(after, "scouter_breaker_openings_total") == sample(before, "scouter_breaker_openings_total")
    assert "messages go to the spool" not in caplog.text
    assert ledger(admin)["stored"] == 40


@pytest.mark.parametrize("why", _STATES)
def test_requests_that_meet_others_are_done_all_the_same(
    server: Server, admin: HttpClient, database: str, why: str
) -> None:
    unlucky(database, "profile", _STATES[why])
    answer = admin.post("/scouter/profile", registration(spc_profile()))
    assert answer.status == 200, answer
    assert len(admin.get("/scouter/profiles").body["items"]) == 1


def test_a_request_that_always_meets_others_is_told_so(admin: HttpClient, database: str) -> None:
    unlucky(database, "profile", "40P01")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("ALTER SEQUENCE scouter_py.tries INCREMENT 3")
    answer = admin.post("/scouter/profile", registration(spc_profile()))
    assert (answer.status, answer.body["code"], answer.headers["Retry-After"]) == (503, "UNAVAILABLE", "1")
    assert answer.body["error"].startswith("other transactions were in the way")


@pytest.mark.parametrize("transport", ["kafka", "rabbitmq"])
def test_what_a_broker_delivers_is_stored_once_all_the_same(
    transport: str, request: pytest.FixtureRequest, database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    publisher: KafkaPublisher | RabbitPublisher
    if transport == "kafka":
        publisher = KafkaPublisher(request.getfixturevalue("kafka_broker"), "contended")
    else:
        publisher = RabbitPublisher(request.getfixturevalue("rabbit_broker"), "contended")
    with closing(publisher), serving(publisher, database, tmp_path) as way:
        unlucky(database, "batch_receipt", "40001")
        for number in range(1, 21):
            way.send(way.spc(float(number)))
        eventually(lambda: len(way.values()) == 20, seconds=30)
        with locked(database, "spc_record"):
            way.send(way.spc(21.0))
            time.sleep(3)
        eventually(lambda: len(way.values()) == 21, seconds=30)
    assert "messages go to the spool" not in caplog.text, "Postgres was well all the time"


@pytest.mark.quiet
def test_a_table_that_somebody_locks_for_long_is_no_outage(
    server: Server, admin: HttpClient, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    uid = register(admin)
    assert admin.post("/scouter/message", record(uid, 1.0)).body["stored"] == 1
    before = samples_at(server.metrics_address)
    with locked(database, "spc_record"):
        began, slow, count = time.monotonic(), 0, 0
        while time.monotonic() - began < 4:
            at = time.monotonic()
            answer = admin.post("/scouter/message", record(uid, 1.0))
            assert (answer.status, answer.body["spooled"]) == (200, True), answer
            slow += time.monotonic() - at > 0.5
            count += 1
        assert slow <= 4, "one message a second finds out whether the lock is still there"
        assert count > 50, "the others do not wait for it"
        assert admin.post("/scouter/profile", registration(spc_profile(name="other"))).status == 200
    after = samples_at(server.metrics_address)
    assert sample(after, "scouter_breaker_openings_total") == sample(before, "scouter_breaker_openings_total")
    assert "Postgres is away" not in caplog.text
    eventually(lambda: ledger(admin)["stored"] == 1 + count)


def test_a_profile_whose_features_somebody_locks_is_no_outage(server: Server, admin: HttpClient, database: str) -> None:
    uid = register(admin)
    with locked(database, "feature"):
        answer = admin.post("/scouter/message", record(uid, 1.0))
        assert (answer.status, answer.body["spooled"]) == (200, True)
        assert sample(samples_at(server.metrics_address), "scouter_breaker_open") == 0
    eventually(lambda: ledger(admin)["stored"] == 1)
