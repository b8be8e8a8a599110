"""A Postgres that others run: any supported version, a role without privileges, restarts in mid-use."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from scouter.errors import StartRefused
from scouter.postgres.connections.pool import open_pool
from scouter.postgres.embedded.server import EmbeddedPostgres
from scouter.postgres.schema.detaching import detach, due_partitions
from scouter.postgres.schema.migrations import migrate
from scouter.postgres.schema.partitions import partition_name
from scouter.server import Server
from tests.http_client import HttpClient
from tests.integration.archive.archived_days import (
    archive,
    archiving_settings,
    charts,
    near,
    noon,
    register_three,
    send,
)
from tests.integration.conftest import settings_for
from tests.integration.old_data import TABLES, add_days, add_rows, attached, counts
from tests.integration.test_program import program
from tests.profile_documents import registration, spc_profile


@pytest.fixture
def plain_role(cluster: EmbeddedPostgres) -> Iterator[str]:
    """A role that is nobody special, with the right to create in one database."""
    superuser = cluster.start()
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute("CREATE ROLE plain LOGIN PASSWORD 'plain' NOSUPERUSER NOCREATEDB NOCREATEROLE")
        connection.execute("CREATE DATABASE monitoring")
        connection.execute("GRANT CREATE ON DATABASE monitoring TO plain")
    yield make_conninfo(superuser, user="plain", password="plain", dbname="monitoring")
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute("DROP DATABASE monitoring WITH (FORCE)")
        connection.execute("DROP ROLE plain")


def record(uid: str, value: float) -> dict[str, Any]:
    return {"Spc": {"created_at": datetime.now(UTC).isoformat(), "uid": uid, "feature": "f0", "value": value}}


def chart(client: HttpClient, uid: str) -> Any:
    return client.get("/scouter/drift/spc", uid=uid, space="s", time_interval="OneHour", max_data_points=1).body


def test_the_whole_way_works_as_an_ordinary_role(plain_role: str, tmp_path: Path) -> None:
    server = Server(settings_for(plain_role, tmp_path))
    server.start()
    try:
        assert server.first_users is not None
        client = HttpClient(server.address).login()
        uid = client.post("/scouter/profile", registration(spc_profile(), active=True)).body["uid"]
        assert client.post("/scouter/message", {"records": [record(uid, 1.0), record(uid, 2.0)]}).status == 200
        assert chart(client, uid)["features"]["f0"]["values"] == [1.5]
        assert HttpClient(server.address, "guest", "guest").get("/scouter/auth/login").status == 401, "no guest here"
    finally:
        server.stop()


def test_without_a_given_password_one_is_generated_and_shown_once(plain_role: str, tmp_path: Path) -> None:
    settings = settings_for(plain_role, tmp_path, SCOUTER_DEFAULT_PASSWORD="")
    first = Server(settings)
    first.start()
    first.stop()
    assert first.first_users is not None
    assert first.first_users.generated_password is not None
    second = Server(settings)
    second.start()
    try:
        assert second.first_users is None
        assert HttpClient(second.address, "admin", first.first_users.generated_password).login().token
    finally:
        second.stop()


def test_a_role_that_may_not_create_is_told_what_to_grant(plain_role: str) -> None:
    superuser = make_conninfo(plain_role, user="plain")
    with psycopg.connect(superuser) as connection:
        connection.execute("SELECT 1")
    with pytest.raises(StartRefused, match=r'GRANT CREATE ON DATABASE "postgres" TO "plain"'):
        migrate(make_conninfo(plain_role, dbname="postgres"))


def test_many_servers_may_start_on_an_empty_database_at_once(plain_role: str, tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def start(_: int) -> Server:
        server = Server(settings_for(plain_role, tmp_path, SCOUTER_DEFAULT_PASSWORD=""))
        server.start()
        return server

    with ThreadPoolExecutor(4) as starters:
        servers = list(starters.map(start, range(4)))
    try:
        generated = [made.generated_password for made in (server.first_users for server in servers) if made]
        assert len(generated) == 1
        clients = [HttpClient(server.address, "admin", str(generated[0])).login() for server in servers]
        for client in clients:  # a token of one is good at every other: they share the key
            client.token = clients[0].token
            assert client.get("/scouter/auth/validate").status == 200
    finally:
        for server in servers:
            server.stop()


def test_what_is_old_goes_as_an_ordinary_role(plain_role: str) -> None:
    migrate(plain_role)
    now = datetime.now(UTC)
    day = (now - timedelta(days=70)).date()
    with open_pool(plain_role, name="tests", smallest=1, largest=2, acquire_seconds=5) as pool:
        for task in TABLES:
            add_rows(pool, task, now - timedelta(days=1000), 2)
        add_days(pool, "observability_record", day)
        add_days(pool, "spc_record", day)
        result = program("maintain", DATABASE_URI=plain_role)
        assert result.returncode == 0, result
        assert counts(pool) == dict.fromkeys(TABLES, 0)
        assert partition_name("observability_record", day) not in attached(pool)
        with pool.connection() as connection:
            assert due_partitions(connection, "spc_record", now.date())[0] == day
            detach(connection, "spc_record", day, "frozen_spc")
            assert day not in due_partitions(connection, "spc_record", now.date())


def test_a_database_restart_in_mid_use_is_survived(cluster: EmbeddedPostgres, plain_role: str, tmp_path: Path) -> None:
    server = Server(settings_for(plain_role, tmp_path))
    server.start()
    try:
        client = HttpClient(server.address).login()
        uid = client.post("/scouter/profile", registration(spc_profile())).body["uid"]
        assert client.post("/scouter/message", {"records": [record(uid, 1.0)]}).status == 200
        cluster.stop()
        cluster.start()
        assert client.post("/scouter/message", {"records": [record(uid, 3.0)]}).status == 200
        assert chart(client, uid)["features"]["f0"]["values"] == [2.0]
    finally:
        server.stop()


def test_days_are_archived_and_read_as_an_ordinary_role(plain_role: str, tmp_path: Path) -> None:
    settings = archiving_settings(plain_role, tmp_path)
    server = Server(settings)
    server.start()
    try:
        client = HttpClient(server.address).login()
        uids = register_three(client)
        for days in (40, 2):
            send(client, uids, noon(days), value=float(days))
        before = charts(client, uids)
        assert len(archive(settings).moved) == 3
        assert charts(client, uids) == near(before)
        client.close()
    finally:
        server.stop()
