"""A pooler between the server and Postgres, whatever its mode: sessions are lent, transactions are all there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, get_args

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from scouter.alerting import heartbeat
from scouter.archive.record_stream import Names, record_stream
from scouter.checks import silence_sweep
from scouter.errors import StartRefused
from scouter.ingest import arrival_notes
from scouter.maintenance import clock_watch, quarantine_limits, scheduler
from scouter.postgres.connections.ingest_connection import IngestConnection
from scouter.postgres.connections.job_sessions import (
    AlreadyUnderWay,
    patient_session,
    reading_session,
    sole_session,
)
from scouter.postgres.connections.pool import connect, open_pool
from scouter.postgres.connections.query_deadlines import QueryDeadlines
from scouter.postgres.connections.session_settings import Limits
from scouter.server import Server
from tests.alert_service import AlertService
from tests.availability import cannot_run
from tests.brokers.kafka import KafkaBroker
from tests.brokers.rabbitmq import RabbitBroker
from tests.conditions import eventually
from tests.databases.foreign import Peculiarity, foreign_database
from tests.databases.pgbouncer import Mode, Pgbouncer, missing_for_pgbouncer
from tests.drills.database_proxy import DatabaseProxy
from tests.http_client import HttpClient
from tests.integration.archive.archived_days import (
    archive,
    archiving_settings,
    charts,
    near,
    noon,
    register_three,
    send,
    window,
)
from tests.integration.conftest import settings_for
from tests.integration.test_program import program
from tests.integration.ways import serving
from tests.integration.whole_server import BEAT, HOOK, WholeServer
from tests.integration.whole_way import WholeWay
from tests.publishers import KafkaPublisher, RabbitPublisher
from tests.server_process import let_others_enter

# What people set for a role, and what a session would have without us.
_HOSTILE = Peculiarity(
    {
        "search_path": "public",
        "default_transaction_isolation": "serializable",
        "DateStyle": "'SQL, DMY'",
        "IntervalStyle": "sql_standard",
        "TimeZone": "'Asia/Kolkata'",
        "client_encoding": "LATIN1",
        "extra_float_digits": "-15",
        "bytea_output": "escape",
        "array_nulls": "off",
        "standard_conforming_strings": "off",
        "synchronous_commit": "off",
        "statement_timeout": "'70ms'",
        "lock_timeout": "'60ms'",
        "idle_in_transaction_session_timeout": "'80ms'",
    }
)
_STATED = {
    "search_path": "scouter_py",
    "transaction_isolation": "read committed",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "client_encoding": "UTF8",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "array_nulls": "on",
    "standard_conforming_strings": "on",
    "synchronous_commit": "on",
}
_SHORT = {
    "SCOUTER_ARCHIVE_EVERY_SECONDS": "1",
    "SCOUTER_CHECK_LEASE_SECONDS": "1",
    "SCOUTER_WINDOW_GRACE_SECONDS": "0.2",
    "POLLING_WORKER_COUNT": "1",
}


@pytest.fixture(scope="module")
def pgbouncer_installed() -> None:
    if missing := missing_for_pgbouncer():
        cannot_run(missing)


@pytest.fixture(params=get_args(Mode))
def mode(request: pytest.FixtureRequest) -> Mode:
    chosen: Mode = request.param
    return chosen


@pytest.fixture
def direct(pgbouncer_installed: None, postgres: str) -> Iterator[str]:
    with foreign_database(postgres, _HOSTILE) as conninfo:
        yield conninfo


@pytest.fixture
def outside(postgres: str, direct: str) -> str:
    """For a look at that database by somebody whom the settings of its role do not disturb."""
    return make_conninfo(postgres, dbname=conninfo_to_dict(direct)["dbname"])


@pytest.fixture
def pooled(direct: str, mode: Mode, tmp_path: Path) -> Iterator[str]:
    with Pgbouncer(tmp_path / "pgbouncer", behind=direct, mode=mode) as pooler:
        yield pooler.conninfo


@contextmanager
def running(conninfo: str, directory: Path, **more: str) -> Iterator[Server]:
    server = Server(settings_for(conninfo, directory, SCOUTER_DATABASE_WAIT_SECONDS="0.5", **more))
    server.start()
    try:
        yield server
    finally:
        server.stop()


def test_a_server_works_through_it_and_starts_again(
    pooled: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    way = WholeWay()
    for _ in range(2):
        with running(pooled, tmp_path) as server:
            way.go(server)
    assert "messages go to the spool" not in caplog.text


def test_every_part_works_through_few_sessions(
    direct: str, outside: str, mode: Mode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "_EVERY_SECONDS", 0.5)
    monkeypatch.setattr(quarantine_limits, "_EVERY_SECONDS", 0.5)
    monkeypatch.setattr(clock_watch, "_EVERY_SECONDS", 0.5)
    monkeypatch.setattr(clock_watch, "_TOLD_SECONDS", 0.5)
    for module in (arrival_notes, silence_sweep, heartbeat):
        monkeypatch.setattr(module, "_EVERY_SECONDS", 0.5)
    with ExitStack() as ends:
        sessions = 8 if mode == "transaction" else 40
        pooler = Pgbouncer(tmp_path / "pgbouncer", behind=direct, mode=mode, sessions=sessions)
        ends.enter_context(pooler)
        service = ends.enter_context(AlertService())
        more = {
            "SCOUTER_WEBHOOK_URL": service.url + HOOK,
            "SCOUTER_HEARTBEAT_URL": service.url + BEAT,
            "SCOUTER_STORAGE_URI": str(tmp_path / "store"),
        }
        server = ends.enter_context(running(pooler.conninfo, tmp_path, **_SHORT, **more))
        whole = ends.enter_context(closing(WholeServer(server, outside, service)))
        whole.all_work()
        eventually(whole.is_well)


@pytest.mark.parametrize("transport", ["kafka", "rabbitmq"])
def test_what_a_broker_delivers_is_stored_once_through_it(
    transport: str, request: pytest.FixtureRequest, direct: str, outside: str, tmp_path: Path
) -> None:
    publisher: KafkaPublisher | RabbitPublisher
    if transport == "kafka":
        kafka: KafkaBroker = request.getfixturevalue("kafka_broker")
        publisher = KafkaPublisher(kafka, "pooled")
    else:
        rabbit: RabbitBroker = request.getfixturevalue("rabbit_broker")
        publisher = RabbitPublisher(rabbit, "pooled")
    with (
        Pgbouncer(tmp_path / "pgbouncer", behind=direct, mode="transaction") as pooler,
        closing(publisher),
        serving(publisher, outside, tmp_path, DATABASE_URI=pooler.conninfo) as way,
    ):
        for number in range(1, 21):
            way.send(way.spc(float(number)))
        eventually(lambda: len(way.values()) == 20, seconds=30)


def test_days_are_archived_and_read_through_it(pooled: str, tmp_path: Path) -> None:
    settings = archiving_settings(pooled, tmp_path)
    with running(pooled, tmp_path, SCOUTER_STORAGE_URI=settings.archive.storage_uri) as server:
        client = HttpClient(server.address).login()
        uids = register_three(client)
        for days in (40, 2):
            send(client, uids, noon(days), value=float(days))
        before = charts(client, uids)
        assert len(archive(settings).moved) == 3
        assert charts(client, uids) == near(before)
        exported = client.get("/scouter/records/spc", uid=uids["spc"], space="s", time_interval="Custom", **window())
        assert exported.status == 200
        client.close()


def test_commands_work_through_it(pooled: str) -> None:
    assert program("migrate", DATABASE_URI=pooled).returncode == 0
    made = program("user", "create", "ana", "--password-stdin", said="a good password\n", DATABASE_URI=pooled)
    assert made.returncode == 0, made
    for command in (["user", "list"], ["maintain", "--dry-run"], ["maintain"], ["archive", "--dry-run"]):
        assert program(*command, DATABASE_URI=pooled).returncode == 0, command


# --- what each transaction has


def _in_a_pool(conninfo: str) -> dict[str, str]:
    with open_pool(conninfo, name="test", smallest=1, largest=1, acquire_seconds=5) as pool:
        with pool.connection() as connection:
            connection.execute("SELECT 1")
        with pool.connection() as connection:
            return shown(connection)


def _alone(conninfo: str) -> dict[str, str]:
    with connect(conninfo, purpose="test") as connection:
        return shown(connection)


def _of_ingest(conninfo: str) -> dict[str, str]:
    with closing(IngestConnection(conninfo, QueryDeadlines(), purpose="test", max_seconds=5)) as ingest:
        for _ in range(2):
            with ingest.use(5) as connection:
                found = shown(connection)
    return found


def _of_a_job(conninfo: str) -> dict[str, str]:
    with sole_session(conninfo, QueryDeadlines(), "test") as session:
        for _ in range(2):
            with session.connection() as connection:
                found = shown(connection)
    return found


def _of_a_reading_job(conninfo: str) -> dict[str, str]:
    with reading_session(conninfo, QueryDeadlines(), "test") as session, session.connection() as connection:
        connection.execute("SELECT 1")
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), connection.transaction():
            connection.execute("CREATE TABLE no ()")
        return shown(connection)


def _of_records(conninfo: str) -> dict[str, str]:
    with record_stream(conninfo, Names([], lambda _: {})) as stream, stream._connection.cursor() as cursor:
        return {name: _asked(cursor, name) for name in _STATED}


def _asked(cursor: Any, name: str) -> str:
    cursor.execute(f"SELECT current_setting('{name}')")
    return str(cursor.fetchone()[0])


def shown(connection: psycopg.Connection[Any]) -> dict[str, str]:
    return {name: setting(connection, name) for name in _STATED}


def setting(connection: psycopg.Connection[Any], name: str) -> str:
    row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize("way", ["straight", *get_args(Mode)])
def test_every_transaction_has_the_settings_that_we_state(direct: str, way: str, tmp_path: Path) -> None:
    kinds: list[Callable[[str], dict[str, str]]] = [
        _in_a_pool,
        _alone,
        _of_ingest,
        _of_a_job,
        _of_a_reading_job,
        _of_records,
    ]
    with ExitStack() as ends:
        conninfo = direct
        if way in get_args(Mode):
            pooler = Pgbouncer(
                tmp_path / "pgbouncer", behind=direct, mode="session" if way == "session" else "transaction"
            )
            conninfo = ends.enter_context(pooler).conninfo
        for kind in kinds:
            assert kind(conninfo) == _STATED, kind.__name__


def test_limits_are_those_of_the_work_and_not_of_the_role(pooled: str) -> None:
    limits = Limits(statement=7, lock=3, idle=5)
    with connect(pooled, purpose="test", limits=limits) as connection:
        names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
        assert [setting(connection, name) for name in names] == ["7s", "3s", "5s"]


def test_somebody_elses_sessions_keep_what_they_had(direct: str, tmp_path: Path) -> None:
    """Nothing of ours is left behind in what the pooler lends to others."""
    with Pgbouncer(tmp_path / "pgbouncer", behind=direct, mode="transaction", sessions=1) as pooler:
        before = _as_others_have_it(pooler.conninfo)
        for kind in (_in_a_pool, _alone, _of_ingest):
            kind(pooler.conninfo)
            assert _as_others_have_it(pooler.conninfo) == before, kind.__name__


def _as_others_have_it(conninfo: str) -> dict[str, str]:
    with psycopg.connect(conninfo, application_name="theirs", prepare_threshold=None) as connection:
        names = ("statement_timeout", "idle_session_timeout", "tcp_keepalives_idle", "work_mem", "application_name")
        return shown(connection) | {name: setting(connection, name) for name in names}


# --- locks, and what is ended


def test_work_is_done_by_one_at_a_time_through_it(pooled: str, direct: str) -> None:
    deadlines = QueryDeadlines()
    for session in (sole_session, patient_session):
        with session(pooled, deadlines, "test"):
            for conninfo in (pooled, direct):
                with pytest.raises(AlreadyUnderWay), sole_session(conninfo, deadlines, "test"):
                    pass
        with (
            sole_session(direct, deadlines, "test"),
            pytest.raises(AlreadyUnderWay),
            session(pooled, deadlines, "test"),
        ):
            pass


def test_work_whose_lock_is_lost_ends(direct: str, outside: str, tmp_path: Path) -> None:
    deadlines = QueryDeadlines()
    with Pgbouncer(tmp_path / "pgbouncer", behind=direct, mode="transaction") as pooler:
        with pytest.raises(psycopg.OperationalError), sole_session(pooler.conninfo, deadlines, "test") as session:
            with session.connection() as connection:
                connection.execute("SELECT 1")
            run(
                outside,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'scouter test lock'",
            )
            with session.connection():
                raise AssertionError("it goes on without the lock")
        assert session.is_lost
        with sole_session(pooler.conninfo, deadlines, "test"):
            pass


def test_a_connection_that_was_lost_ends_nobody_elses_session(direct: str, tmp_path: Path) -> None:
    with (
        Pgbouncer(tmp_path / "pgbouncer", behind=direct, mode="transaction") as pooler,
        closing(IngestConnection(pooler.conninfo, QueryDeadlines(), purpose="test", max_seconds=5)) as ingest,
    ):
        with ingest.use(5) as connection:
            mine = setting(connection, "application_name"), connection.execute("SELECT pg_backend_pid()").fetchone()
            connection_of = connection
        with psycopg.connect(pooler.conninfo, application_name="theirs") as other:
            other.execute("SET LOCAL idle_in_transaction_session_timeout TO 0")
            theirs = other.execute("SELECT pg_backend_pid()").fetchone()
            assert theirs == mine[1], "they have been lent the same session"
            connection_of.close()
            with ingest.use(5) as connection:
                connection.execute("SELECT 1")
            assert other.execute("SELECT 1").fetchone() == (1,), "their transaction goes on"


def test_a_transaction_that_was_lost_on_its_way_to_the_pooler_is_ended(
    direct: str, outside: str, tmp_path: Path
) -> None:
    sockets = let_others_enter(tmp_path / "sockets")
    sockets.chmod(0o777)
    settings = {"unix_socket_dir": str(sockets), "unix_socket_mode": "0777"}
    with Pgbouncer(tmp_path / "pgbouncer", behind=direct, mode="transaction", settings=settings) as pooler:
        target = make_conninfo(pooler.conninfo, host=str(sockets))
        with (
            DatabaseProxy(target, seed=1) as proxy,
            closing(IngestConnection(proxy.conninfo, QueryDeadlines(), purpose="test", max_seconds=30)) as ingest,
        ):
            with pytest.raises(ZeroDivisionError), ingest.use(30) as connection:
                connection.execute("SELECT pg_advisory_xact_lock(1)")
                proxy.lose_all()
                connection.close()  # the proxy says nothing of it
                raise ZeroDivisionError
            assert holders(outside) == 1, "the pooler and Postgres know of nothing"
            with ingest.use(30) as connection:
                connection.execute("SELECT pg_advisory_xact_lock(1)")
            assert holders(outside) == 0


def holders(conninfo: str) -> int:
    with psycopg.connect(conninfo) as connection:
        row = connection.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone()
    assert row is not None
    return int(row[0])


# --- what a pooler does not take, and its end


def test_what_a_pooler_does_not_take_is_said(direct: str, tmp_path: Path) -> None:
    with Pgbouncer(tmp_path / "pgbouncer", behind=direct, mode="transaction") as pooler:
        conninfo = make_conninfo(pooler.conninfo, options="-c work_mem=1MB")
        with pytest.raises(StartRefused, match="unsupported startup parameter: options"), running(conninfo, tmp_path):
            pass


def test_a_pooler_that_is_started_again_is_survived(direct: str, mode: Mode, tmp_path: Path) -> None:
    pooler = Pgbouncer(tmp_path / "pgbouncer", behind=direct, mode=mode)
    with pooler, running(pooler.conninfo, tmp_path) as server:
        way = WholeWay()
        way.go(server)
        pooler.stop()
        pooler.start()
        client = HttpClient(server.address).login()
        assert client.get("/scouter/profiles").status == 200
        before = client.get("/scouter/ledger").body["total"]["received"]
        assert client.post("/scouter/message", {"records": []}).status == 200
        eventually(lambda: client.get("/scouter/ledger").body["total"]["spooled"] == 0)
        assert client.get("/scouter/ledger").body["total"]["received"] == before + 1


def run(conninfo: str, statement: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(statement.encode())


def test_the_role_of_these_tests_is_disturbed(direct: str) -> None:
    with psycopg.connect(direct) as connection:
        assert shown(connection) != _STATED
        assert setting(connection, "statement_timeout") == "70ms"
    assert conninfo_to_dict(direct)["user"] == conninfo_to_dict(direct)["dbname"]
