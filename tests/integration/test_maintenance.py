"""Maintenance as servers and people run it: one at a time, beside everything else, whatever fails."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from scouter.maintenance import scheduler as maintenance_thread
from scouter.maintenance.run import TaskResult, maintain
from scouter.maintenance.tasks import ExpiredRows, tasks_of
from scouter.postgres.connections import job_sessions as work_sessions
from scouter.postgres.connections.job_sessions import AlreadyUnderWay, reading_session, sole_session
from scouter.postgres.connections.pool import Pool
from scouter.postgres.connections.query_deadlines import QueryDeadlines
from scouter.postgres.schema.partitions import partition_name
from scouter.server import Server
from scouter.settings.settings import Settings
from tests.conditions import eventually, probe
from tests.http_client import HttpClient
from tests.integration.conftest import settings_for
from tests.integration.old_data import TABLES, add_days, add_rows, ago, attached, count_rows, counts
from tests.integration.test_program import program
from tests.metrics_page import sample, samples_at
from tests.profile_documents import registration, spc_profile
from tests.server_process import PreparedServer
from tests.stopping import running_deadlines

NOW = datetime.now(UTC)


@pytest.fixture
def deadlines() -> Iterator[QueryDeadlines]:
    with running_deadlines() as running:
        yield running


@pytest.fixture
def make_server(database: str, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers on that database."""
    started: list[Server] = []

    def start(**environment: str) -> Server:
        server = Server(settings_for(database, tmp_path, **environment))
        server.start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pass that failed is tried again at once."""
    monkeypatch.setattr(maintenance_thread, "_AGAIN_AFTER_FAILURE_SECONDS", 0.1)


def last_maintenance(server: Server) -> dict[str, object]:
    part: dict[str, object] = probe(server.address).body["parts"]["last maintenance"]
    return part


def is_done(server: Server) -> bool:
    return str(last_maintenance(server)["says"]).startswith("done at ")


@contextmanager
def in_the_way(database: str, table: str) -> Iterator[None]:
    """A reader of a table, such as a long chart query, or a backup."""
    with psycopg.connect(database, options="-c search_path=scouter_py") as reader:
        reader.execute(f"SELECT count(*) FROM {table}".encode())
        yield


# --- servers


def test_a_server_does_it_by_itself_and_says_so(
    make_server: Callable[..., Server], pool: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "scouter.maintenance.scheduler")
    add_rows(pool, "alerts", NOW - timedelta(days=400), 3)
    add_days(pool, "observability_record", ago(NOW, 70))
    began = time.time()
    before = samples_at(make_server(SCOUTER_ROLES="http").metrics_address)
    server = make_server()
    eventually(lambda: is_done(server))
    assert count_rows(pool, "alerts") == 0
    after = samples_at(server.metrics_address)
    deleted, dropped = "scouter_rows_expired_total", "scouter_partitions_dropped_total"
    assert sample(after, deleted, matter="alerts") - sample(before, deleted, matter="alerts") == 3
    table = "observability_record"
    assert sample(after, dropped, table=table) - sample(before, dropped, table=table) == 1
    assert sample(after, "scouter_maintenance_success_timestamp_seconds") >= began
    assert "maintenance of alerts: deleted 3 rows older than 365 days" in caplog.text
    assert "maintenance of observability: dropped 1 days older than 60 days" in caplog.text
    assert "check_runs" not in caplog.text, "nothing to do is nothing to say"
    assert probe(server.address, "/livez").body["parts"]["maintenance"]["ok"]


def test_the_periods_of_a_server_are_its_settings(make_server: Callable[..., Server], pool: Pool) -> None:
    add_days(pool, "observability_record", ago(NOW, 5), ago(NOW, 3))
    add_rows(pool, "alerts", NOW - timedelta(days=12), 1)
    server = make_server(SCOUTER_OBSERVABILITY_DAYS="4", SCOUTER_ALERT_DAYS="10")
    eventually(lambda: is_done(server))
    left = attached(pool)
    assert partition_name("observability_record", ago(NOW, 5)) not in left
    assert partition_name("observability_record", ago(NOW, 3)) in left
    assert count_rows(pool, "alerts") == 0


def test_two_servers_at_once_do_it_once(
    make_server: Callable[..., Server], pool: Pool, database: str, deadlines: QueryDeadlines
) -> None:
    add_rows(pool, "check_runs", NOW - timedelta(days=400), 3)
    with sole_session(database, deadlines, "maintenance"):
        server = make_server()
        eventually(lambda: last_maintenance(server) == {"ok": True, "says": "left to another server"})
        assert count_rows(pool, "check_runs") == 3
    other = make_server()
    eventually(lambda: is_done(other))
    assert count_rows(pool, "check_runs") == 0


def test_many_passes_at_the_same_moment_delete_every_row_once(
    pool: Pool, database: str, deadlines: QueryDeadlines
) -> None:
    add_rows(pool, "batch_receipts", NOW - timedelta(days=9), 20_000)
    ready = threading.Barrier(4)

    def run(_: int) -> int | None:
        ready.wait()
        try:
            with sole_session(database, deadlines, "maintenance") as session:
                return sum(each.count for each in maintain(session, [ExpiredRows("batch_receipts", 2)], NOW, _rest))
        except AlreadyUnderWay:
            return None

    with ThreadPoolExecutor(4) as passes:
        done = list(passes.map(run, range(4)))
    assert None in done, "some were told that another one is at it"
    assert sum(count or 0 for count in done) == 20_000


def test_the_lock_goes_with_the_server_that_held_it(database: str, deadlines: QueryDeadlines, pool: Pool) -> None:
    with pytest.raises(psycopg.Error), sole_session(database, deadlines, "maintenance") as session:
        with pool.connection() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'scouter maintenance'"
                " AND datname = current_database()"
            )
        with session.connection():
            pass
    with sole_session(database, deadlines, "maintenance"):
        pass


def test_the_lock_of_a_server_that_is_frozen_lapses(
    database: str, deadlines: QueryDeadlines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work_sessions, "_IDLE_SECONDS", 0.2)
    with sole_session(database, deadlines, "maintenance"):
        with pytest.raises(AlreadyUnderWay), sole_session(database, deadlines, "maintenance"):
            pass
        time.sleep(0.5)
        with sole_session(database, deadlines, "maintenance"):
            pass


@pytest.mark.quiet
def test_a_server_stops_in_the_middle_of_a_long_pass(make_server: Callable[..., Server], pool: Pool) -> None:
    add_rows(pool, "batch_receipts", NOW - timedelta(days=9), 100_000)
    server = make_server()
    eventually(lambda: count_rows(pool, "batch_receipts") < 100_000)
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 3
    assert count_rows(pool, "batch_receipts") % 5000 == 0


# --- failures


def test_a_task_that_fails_does_not_stop_the_others(
    make_server: Callable[..., Server],
    pool: Pool,
    impatient: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for task in TABLES:
        add_rows(pool, task, NOW - timedelta(days=1000), 2)
    with pool.connection() as connection:
        connection.execute("ALTER TABLE check_run RENAME TO elsewhere")
    server = make_server()
    eventually(lambda: not last_maintenance(server)["ok"])
    assert last_maintenance(server)["says"] == "failed: check_runs, profile_standings; the log says why"
    assert 'check_runs: deleted 0 rows older than 90 days; failed: relation "check_run" does not exist' in caplog.text
    assert sample(samples_at(server.metrics_address), "scouter_maintenance_failures_total", matter="check_runs") > 0
    assert probe(server.address).status == 200, "records do not wait for it"
    with pool.connection() as connection:
        connection.execute("ALTER TABLE elsewhere RENAME TO check_run")
    assert counts(pool) == {**dict.fromkeys(TABLES, 0), "check_runs": 2}
    eventually(lambda: is_done(server))
    assert count_rows(pool, "check_runs") == 0


def test_a_bug_in_one_task_does_not_stop_the_others(pool: Pool, database: str, deadlines: QueryDeadlines) -> None:
    class Buggy(ExpiredRows):
        def run(self, connections: object, now: datetime) -> Iterator[int]:
            yield 4
            raise ZeroDivisionError

    add_rows(pool, "alerts", NOW - timedelta(days=400), 3)
    with sole_session(database, deadlines, "maintenance") as session:
        buggy, alerts = maintain(session, [Buggy("check_runs", 1), ExpiredRows("alerts", 365)], NOW, _go_on)
    assert (buggy.count, buggy.problem) == (4, "ZeroDivisionError")
    assert (alerts.count, alerts.problem) == (3, None)


def test_a_pass_whose_connection_is_lost_ends_and_leaves_the_rest_to_the_next(
    pool: Pool, database: str, deadlines: QueryDeadlines
) -> None:
    class Cut(ExpiredRows):
        def run(self, connections: object, now: datetime) -> Iterator[int]:
            with session.connection() as connection, pool.connection() as other:
                pid = connection.info.backend_pid
                other.execute("SELECT pg_terminate_backend(%s)", (pid,))
                connection.execute("SELECT 1")
            yield 0

    seen: list[TaskResult] = []
    with sole_session(database, deadlines, "maintenance") as session:
        seen.extend(maintain(session, [Cut("check_runs", 1), ExpiredRows("alerts", 365)], NOW, _go_on))
    assert [each.task.name for each in seen if each.problem] == ["check_runs"]
    assert len(seen) == 1


def test_a_database_that_is_away_is_waited_for_and_told_to_nobody(
    make_server: Callable[..., Server], monkeypatch: pytest.MonkeyPatch, impatient: None
) -> None:
    def refuse(*_: object) -> None:
        raise psycopg.OperationalError('connection to server at "10.1.2.3" failed')

    monkeypatch.setattr(maintenance_thread, "sole_session", refuse)
    server = make_server()
    eventually(lambda: not last_maintenance(server)["ok"])
    assert last_maintenance(server)["says"] == "failed: the database; the log says why"
    monkeypatch.undo()
    eventually(lambda: is_done(server))


# --- beside a long query


@pytest.mark.quiet
def test_a_long_query_in_the_way_is_met_again_later_and_does_no_harm(
    make_server: Callable[..., Server], pool: Pool, database: str, impatient: None
) -> None:
    day = partition_name("observability_record", ago(NOW, 70))
    add_days(pool, "observability_record", ago(NOW, 70))
    add_rows(pool, "alerts", NOW - timedelta(days=400), 3)
    with in_the_way(database, "observability_record"):
        server = make_server()
        client = HttpClient(server.address).login()
        eventually(lambda: last_maintenance(server)["says"] == "failed: observability; the log says why")
        assert count_rows(pool, "alerts") == 0, "the other tasks are done"
        assert _slowest_message(client, database, seconds=3) < 1
        assert day in attached(pool)
    eventually(lambda: is_done(server))
    assert day not in attached(pool)
    samples = samples_at(server.metrics_address)
    assert sample(samples, "scouter_breaker_openings_total") == 0
    assert sample(samples, "scouter_messages_spooled", transport="http") == 0


def _slowest_message(client: HttpClient, database: str, *, seconds: float) -> float:
    """Request metrics are sent again and again while somebody wants their table for himself."""
    uid = client.post("/scouter/profile", registration(spc_profile())).body["uid"]
    record = {"uid": uid, "request_count": 1, "error_count": 0, "route_metrics": []}
    slowest, deadline = 0.0, time.monotonic() + seconds
    while time.monotonic() < deadline:
        began = time.monotonic()
        answer = client.post("/scouter/message", {"records": [{"Observability": record}]})
        assert answer.status == 200, answer
        slowest = max(slowest, time.monotonic() - began)
    return slowest


# --- by hand


def test_by_hand_it_prints_what_it_did(pool: Pool, database: str) -> None:
    add_rows(pool, "alerts", NOW - timedelta(days=400), 3)
    add_days(pool, "observability_record", ago(NOW, 70), ago(NOW, 65))
    result = program("maintain", DATABASE_URI=database)
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert "alerts: deleted 3 rows older than 365 days" in lines
    assert "observability: dropped 2 days older than 60 days" in lines
    assert "check_runs: deleted 0 rows older than 90 days" in lines
    assert len(lines) == len(tasks_of(Settings()))
    assert count_rows(pool, "alerts") == 0


def test_a_dry_run_says_the_same_and_changes_nothing(pool: Pool, database: str) -> None:
    for task in TABLES:
        add_rows(pool, task, NOW - timedelta(days=1000), 3)
    add_days(pool, "observability_record", ago(NOW, 70))
    rows, partitions = counts(pool), attached(pool)
    said = program("maintain", "--dry-run", DATABASE_URI=database, SCOUTER_PARTITION_DAYS_AHEAD="9")
    assert (said.returncode, said.stderr) == (0, "")
    assert (counts(pool), attached(pool)) == (rows, partitions)
    done = program("maintain", DATABASE_URI=database, SCOUTER_PARTITION_DAYS_AHEAD="9")
    words = {"make": "made", "drop": "dropped", "delete": "deleted", "bring": "brought"}
    for planned, did in ((f"would {plan}", done_word) for plan, done_word in words.items()):
        said.stdout = said.stdout.replace(planned, did)
    assert said.stdout == done.stdout


def test_a_dry_run_could_change_nothing_if_it_wanted_to(database: str, deadlines: QueryDeadlines) -> None:
    with (
        reading_session(database, deadlines, "maintenance") as session,
        pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
        session.connection() as connection,
    ):
        connection.execute("DELETE FROM alert")


def test_a_dry_run_on_an_empty_database_makes_no_schema(postgres: str) -> None:
    uri = psycopg.conninfo.make_conninfo(postgres, dbname="template1")
    result = program("maintain", "--dry-run", DATABASE_URI=uri)
    assert (result.returncode, "migrate` first" in result.stdout) == (1, True), result


def test_while_another_pass_is_under_way_it_says_so(database: str, deadlines: QueryDeadlines, pool: Pool) -> None:
    add_rows(pool, "alerts", NOW - timedelta(days=400), 3)
    with sole_session(database, deadlines, "maintenance"):
        result = program("maintain", DATABASE_URI=database)
        looked = program("maintain", "--dry-run", DATABASE_URI=database)
    assert (result.returncode, "another pass is under way" in result.stdout) == (1, True)
    assert (looked.returncode, "would delete 3 rows" in looked.stdout) == (0, True), "looking disturbs nobody"
    assert count_rows(pool, "alerts") == 3


def test_by_hand_a_task_that_fails_is_printed_and_the_others_are_done(pool: Pool, database: str) -> None:
    add_days(pool, "observability_record", ago(NOW, 70))
    add_rows(pool, "alerts", NOW - timedelta(days=400), 3)
    with in_the_way(database, "observability_record"):
        result = program("maintain", DATABASE_URI=database)
    assert result.returncode == 1
    assert "observability: dropped 0 days older than 60 days; failed: somebody else, such as" in result.stdout
    assert "alerts: deleted 3 rows older than 365 days" in result.stdout
    assert "Traceback" not in result.stderr


def test_it_works_beside_a_server_with_an_embedded_database_and_without_one(tmp_path: Path) -> None:
    embedded = {"DATABASE_URI": "embedded", "SCOUTER_DATA_DIR": str(tmp_path / "data")}
    with PreparedServer(tmp_path, embedded) as server:
        eventually(lambda: "done at" in probe(server.url).body["parts"]["last maintenance"]["says"])
        beside = program("maintain", **embedded)
        assert (beside.returncode, "alerts: deleted 0 rows" in beside.stdout) == (0, True), beside
        assert probe(server.url).status == 200
    alone = program("maintain", **embedded)
    assert (alone.returncode, "alerts: deleted 0 rows" in alone.stdout) == (0, True), alone


def _go_on(_: float) -> bool:
    return False


def _rest(_: float) -> bool:
    time.sleep(0.3)
    return False
