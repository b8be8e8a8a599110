"""What a shell says to libpq: nothing to a Postgres of our own, and nothing that sessions of another one notice."""

from __future__ import annotations

from pathlib import Path

import pytest
from psycopg.pq import Conninfo

from tests.databases.foreign import Peculiarity, foreign_database
from tests.http_client import HttpClient
from tests.integration.test_program import program
from tests.profile_documents import registration, spc_profile
from tests.server_process import ServerProcess, let_others_enter

# Each of them alone keeps libpq from a database behind a socket.
_ELSEWHERE = {
    "PGSERVICE": "nobody-knows-it",
    "PGHOSTADDR": "127.0.0.1",
    "PGTARGETSESSIONATTRS": "standby",
    "PGCHANNELBINDING": "require",
    "PGGSSENCMODE": "require",
    "PGREQUIREAUTH": "none",
    "PGREQUIREPEER": "somebody",
    "PGMAXPROTOCOLVERSION": "nonsense",
}
_OTHERS = {
    "PGHOST": "127.0.0.1",
    "PGPORT": "1",
    "PGUSER": "somebody",
    "PGPASSWORD": "wrong",
    "PGDATABASE": "other",
    "PGSSLMODE": "require",
    "PGPASSFILE": "/nowhere",
    "PGSERVICEFILE": "/nowhere",
    "PGSYSCONFDIR": "/nowhere",
    "PGLOCALEDIR": "/nowhere",
    "PGCONNECT_TIMEOUT": "nonsense",
    "PGMINPROTOCOLVERSION": "nonsense",
    "PGLOADBALANCEHOSTS": "nonsense",
    "PGREQUIRESSL": "1",
    "PGSSLNEGOTIATION": "nonsense",
    "PGSSLCOMPRESSION": "1",
    "PGSSLCERT": "/nowhere",
    "PGSSLKEY": "/nowhere",
    "PGSSLCERTMODE": "nonsense",
    "PGSSLROOTCERT": "/nowhere",
    "PGSSLCRL": "/nowhere",
    "PGSSLCRLDIR": "/nowhere",
    "PGSSLSNI": "0",
    "PGSSLMINPROTOCOLVERSION": "nonsense",
    "PGSSLMAXPROTOCOLVERSION": "nonsense",
    "PGKRBSRVNAME": "nobody",
    "PGGSSLIB": "nonsense",
    "PGGSSDELEGATION": "1",
}
_SESSIONS = {
    "PGOPTIONS": "-c statement_timeout=40 -c search_path=public -c default_transaction_isolation=serializable",
    "PGDATESTYLE": "SQL, DMY",
    "PGTZ": "Asia/Kolkata",
    "PGCLIENTENCODING": "LATIN1",
    "PGAPPNAME": "somebody",
    "PGGEQO": "off",
}


def works(server: ServerProcess) -> None:
    client = HttpClient(server.url).login()
    registered = client.post("/scouter/profile", registration(spc_profile(name="größe 🚀"), active=True))
    assert registered.status == 200, registered
    record = {"created_at": "2026-01-01T00:00:00Z", "uid": registered.body["uid"], "feature": "f0", "value": 1.0}
    assert client.post("/scouter/message", {"records": [{"Spc": record}]}).body["stored"] == 1
    assert [each["name"] for each in client.get("/scouter/profiles").body["items"]] == ["größe 🚀"]
    client.close()


@pytest.mark.parametrize("name", [*_ELSEWHERE, "PGOPTIONS"])
def test_each_of_them_alone_does_not_reach_an_embedded_database(name: str, tmp_path: Path) -> None:
    """As a command starts it, which is quicker than a server."""
    value = {**_ELSEWHERE, **_SESSIONS}[name]
    data = let_others_enter(tmp_path / "data")
    done = program("migrate", DATABASE_URI="embedded", SCOUTER_DATA_DIR=str(data), **{name: value})
    assert done.returncode == 0, done
    assert "0001_entities" in done.stdout


def test_every_variable_that_this_libpq_reads_is_tried_here() -> None:
    known = {each.envvar.decode() for each in Conninfo.get_defaults() if each.envvar}
    assert known <= {*_ELSEWHERE, *_OTHERS, *_SESSIONS}


def test_all_of_them_together_do_not_either_nor_a_command_beside_the_server(tmp_path: Path) -> None:
    said = {**_ELSEWHERE, **_OTHERS, **_SESSIONS}
    with ServerProcess(tmp_path, said) as server:
        works(server)
        listed = program("user", "list", DATABASE_URI="embedded", SCOUTER_DATA_DIR=str(tmp_path / "data"), **said)
        assert listed.returncode == 0, listed
        assert "admin" in listed.stdout
        assert "PGHOSTADDR" in server.log
        assert "wrong" not in server.log, "PGPASSWORD may be a secret of another place"


def test_what_they_say_of_sessions_makes_no_difference_to_a_database_that_is_named(
    postgres: str, tmp_path: Path
) -> None:
    with foreign_database(postgres, Peculiarity()) as conninfo:
        given = {"DATABASE_URI": conninfo, "SCOUTER_DEFAULT_PASSWORD": "admin", "SCOUTER_SERVER_HOST": "127.0.0.1"}
        for _ in range(2):
            with ServerProcess(tmp_path, {**given, **_SESSIONS}) as server:
                client = HttpClient(server.url).login()
                assert client.get("/scouter/profiles").status == 200
                client.close()
        with ServerProcess(tmp_path, {**given, **_SESSIONS}) as server:
            works(server)
