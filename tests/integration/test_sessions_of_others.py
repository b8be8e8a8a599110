"""What a role or a database sets for sessions, or lacks: it makes no difference, or the start says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from scouter.errors import StartRefused
from scouter.postgres.embedded.server import EmbeddedPostgres
from scouter.server import Server
from tests.conditions import eventually
from tests.databases.foreign import Peculiarity, foreign_database
from tests.databases.standby import standby
from tests.http_client import HttpClient
from tests.integration.conftest import settings_for
from tests.integration.whole_way import WholeWay
from tests.metrics_page import sample, samples_at
from tests.profile_documents import registration, spc_profile
from tests.server_process import let_others_enter

_NO_DIFFERENCE: dict[str, Peculiarity] = {
    "client in LATIN1": Peculiarity({"client_encoding": "LATIN1"}),
    "client in SQL_ASCII": Peculiarity({"client_encoding": "SQL_ASCII"}),
    "database in SQL_ASCII": Peculiarity(encoding="SQL_ASCII"),
    "repeatable read": Peculiarity({"default_transaction_isolation": "'repeatable read'"}),
    "serializable": Peculiarity({"default_transaction_isolation": "serializable"}),
    "dates": Peculiarity({"DateStyle": "'SQL, DMY'", "IntervalStyle": "sql_standard", "TimeZone": "'Asia/Kolkata'"}),
    "time-outs": Peculiarity(
        {
            "statement_timeout": "50",
            "lock_timeout": "1",
            "idle_in_transaction_session_timeout": "5",
            "idle_session_timeout": "300",
        }
    ),
    "forms of values": Peculiarity(
        {
            "extra_float_digits": "-15",
            "bytea_output": "escape",
            "standard_conforming_strings": "off",
            "array_nulls": "off",
        }
    ),
    "search path": Peculiarity({"search_path": '"$user", public, pg_catalog'}),
}


@contextmanager
def running(conninfo: str, directory: Path, **more: str) -> Iterator[Server]:
    server = Server(settings_for(conninfo, directory, SCOUTER_DATABASE_WAIT_SECONDS="0.5", **more))
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.mark.parametrize("peculiarity", _NO_DIFFERENCE.values(), ids=_NO_DIFFERENCE)
def test_what_sessions_are_given_makes_no_difference(
    cluster: EmbeddedPostgres, peculiarity: Peculiarity, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    way = WholeWay()
    with foreign_database(cluster.start(), peculiarity) as conninfo:
        for _ in range(2):  # the second start finds everything there
            with running(conninfo, tmp_path) as server:
                way.go(server)
    assert "messages go to the spool" not in caplog.text


@pytest.mark.parametrize("encoding", ["LATIN1", "WIN1252"])
def test_a_database_that_cannot_hold_every_name_is_refused(
    cluster: EmbeddedPostgres, encoding: str, tmp_path: Path
) -> None:
    with foreign_database(cluster.start(), Peculiarity(encoding=encoding)) as conninfo:
        said = refusal(conninfo, tmp_path)
    assert f"is in {encoding}, which cannot hold every name" in said
    assert "ENCODING 'UTF8' TEMPLATE template0" in said


@pytest.mark.parametrize(
    ("setting", "remedy"),
    [
        ("ALTER ROLE {name} SET default_transaction_read_only TO on", "ALTER ROLE "),
        ("ALTER DATABASE {name} SET default_transaction_read_only TO on", "ALTER DATABASE "),
    ],
)
def test_a_role_or_a_database_that_is_read_only_is_refused_with_what_undoes_it(
    cluster: EmbeddedPostgres, setting: str, remedy: str, tmp_path: Path
) -> None:
    superuser = cluster.start()
    with foreign_database(superuser, Peculiarity()) as conninfo:
        run(superuser, setting.format(name=name_of(conninfo)))
        said = refusal(conninfo, tmp_path)
        assert "takes no changes: its transactions are read only" in said
        undo = said[said.index(remedy) :].partition(",")[0]
        run(superuser, undo)
        with running(conninfo, tmp_path):
            pass


def test_a_database_that_becomes_read_only_is_away_and_comes_back(
    cluster: EmbeddedPostgres, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    superuser = cluster.start()
    with foreign_database(superuser, Peculiarity()) as conninfo, running(conninfo, tmp_path) as server:
        client = HttpClient(server.address).login()
        uid = client.post("/scouter/profile", registration(spc_profile())).body["uid"]
        run(superuser, f"ALTER ROLE {name_of(conninfo)} SET default_transaction_read_only TO on")
        hang_up(superuser, conninfo)
        answers = [client.post("/scouter/message", record(uid)) for _ in range(3)]
        assert {(answer.status, answer.body["spooled"]) for answer in answers} == {(200, True)}
        refused = client.post("/scouter/profile", registration(spc_profile(name="other")))
        assert (refused.status, refused.body["code"]) == (503, "UNAVAILABLE")
        assert "takes no changes" in refused.body["error"]
        run(superuser, f"ALTER ROLE {name_of(conninfo)} RESET default_transaction_read_only")
        hang_up(superuser, conninfo)
        eventually(lambda: client.get("/scouter/ledger").body["total"]["stored"] == 3, seconds=20)
        assert client.post("/scouter/profile", registration(spc_profile(name="other"))).status == 200
    assert "Traceback" not in caplog.text


def test_a_standby_is_refused(tmp_path: Path) -> None:
    directory = let_others_enter(tmp_path / "postgres")
    with EmbeddedPostgres(directory) as embedded:
        conninfo = embedded.start()
    with standby(directory, conninfo):
        said = refusal(conninfo, tmp_path)
    assert "is a standby" in said
    assert "target_session_attrs=read-write" in said


def test_a_role_that_may_use_the_tables_but_does_not_own_them_is_refused(
    cluster: EmbeddedPostgres, tmp_path: Path
) -> None:
    superuser = cluster.start()
    with foreign_database(superuser, Peculiarity()) as owner, foreign_database(superuser, Peculiarity()) as other:
        with running(owner, tmp_path):
            pass
        role = name_of(other)
        inside = make_conninfo(superuser, dbname=name_of(owner))
        run(inside, f"GRANT ALL ON SCHEMA scouter_py TO {role}")
        run(inside, f"GRANT ALL ON ALL TABLES IN SCHEMA scouter_py TO {role}")
        conninfo = make_conninfo(other, dbname=name_of(owner))
        said = refusal(conninfo, tmp_path)
        assert f"belong to '{name_of(owner)}'" in said
        grant = said[said.index("GRANT ") :]
        run(superuser, grant)
        with running(conninfo, tmp_path) as server:
            WholeWay().go(server)
        run(inside, f"REASSIGN OWNED BY {role} TO {name_of(owner)}; DROP OWNED BY {role}")


def test_few_connections_are_shared_so_that_messages_have_theirs(
    cluster: EmbeddedPostgres, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        foreign_database(cluster.start(), Peculiarity(connection_limit=25)) as conninfo,
        running(conninfo, tmp_path) as server,
    ):
        assert "this server may have 25 connections" in caplog.text
        WholeWay().go(server)
        samples = samples_at(server.metrics_address)
        assert sample(samples, "scouter_pool_size", pool="requests") <= 4
    assert "too many connections" not in caplog.text


def test_too_few_connections_are_refused(cluster: EmbeddedPostgres, tmp_path: Path) -> None:
    with foreign_database(cluster.start(), Peculiarity(connection_limit=5)) as conninfo:
        said = refusal(conninfo, tmp_path)
    assert "5 connections to the database are too few (CONNECTION LIMIT of the role" in said
    assert "12 at least are needed" in said


def refusal(conninfo: str, directory: Path) -> str:
    with pytest.raises(StartRefused) as refused, running(conninfo, directory):
        pass
    return str(refused.value)


def name_of(conninfo: str) -> str:
    """Of the database, and of its role."""
    return str(conninfo_to_dict(conninfo)["dbname"])


def run(conninfo: str, statement: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(statement.encode())


def hang_up(superuser: str, conninfo: str) -> None:
    """So that every session is a new one."""
    run(superuser, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name_of(conninfo)}'")


def record(uid: str) -> dict[str, Any]:
    value = {"created_at": datetime.now(UTC).isoformat(), "uid": uid, "feature": "f0", "value": 1.0}
    return {"records": [{"Spc": value}]}
