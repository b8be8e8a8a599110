"""A Postgres for the session, a database for every test: a copy of a template that is migrated and has its users.

Tests that only read, or that others do not disturb, share a database and its server: those of one file with the same
marker `shares_server("name")`, or the cases of one test with `shares_server`.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from scouter.errors import StartRefused
from scouter.postgres.connections.pool import Pool, connect, open_pool
from scouter.postgres.embedded.binaries import Source, distribution, find_binaries, python_package
from scouter.postgres.embedded.server import EmbeddedPostgres
from scouter.postgres.schema.migrations import migrate
from scouter.postgres.schema.partitions import Partitions
from scouter.server import Server
from scouter.settings.settings import Settings
from scouter.users.first_users import KNOWN_DEFAULTS, make_first_users
from tests.databases.chosen import chosen_binaries
from tests.http_client import HttpClient
from tests.integration.quick_hash import quick_hash
from tests.integration.shared_server import SharedServer, SharedServers
from tests.server_process import free_port, let_others_enter

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The conninfo of a Postgres with a database `template_migrated`."""
    directory = let_others_enter(tmp_path_factory.mktemp("postgres"))
    with EmbeddedPostgres(directory, binaries=chosen_binaries()) as embedded:
        conninfo = embedded.start()
        _run(conninfo, "CREATE DATABASE template_migrated")
        _prepare(make_conninfo(conninfo, dbname="template_migrated"))
        yield conninfo


@pytest.fixture(scope="module", params=["python package", "distribution"])
def cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    sources: dict[str, Source] = {"python package": python_package, "distribution": distribution}
    try:
        binaries = find_binaries([sources[request.param]])
    except StartRefused as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no PostgreSQL of the distribution: {missing}")
    directory = let_others_enter(tmp_path_factory.mktemp("cluster"))
    with EmbeddedPostgres(directory, binaries=binaries) as started:
        yield started


@pytest.fixture(scope="module")
def shared_servers(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedServers]:
    directory = tmp_path_factory.mktemp("shared")
    make_database = partial(copy_of_template, postgres)
    with SharedServers(make_database, lambda database: running_server(settings_for(database, directory))) as servers:
        yield servers


@pytest.fixture
def shared(request: pytest.FixtureRequest) -> SharedServer | None:
    """What this test shares with others; None when it has everything for itself."""
    marker = request.node.get_closest_marker("shares_server")
    if marker is None:
        return None
    servers: SharedServers = request.getfixturevalue("shared_servers")
    return servers.of(*(marker.args or (request.function.__name__,)))


@pytest.fixture
def database(postgres: str, shared: SharedServer | None) -> Iterator[str]:
    """The conninfo of a fresh copy of the template."""
    with nullcontext(shared.database) if shared else copy_of_template(postgres) as conninfo:
        yield conninfo


@pytest.fixture
def pool(database: str) -> Iterator[Pool]:
    with open_pool(database, name="tests", smallest=1, largest=8, acquire_seconds=5) as opened:
        yield opened


@pytest.fixture
def server(database: str, shared: SharedServer | None, tmp_path: Path) -> Iterator[Server]:
    """A running server on that database, on a port of its own."""
    with nullcontext(shared.server) if shared else running_server(settings_for(database, tmp_path)) as running:
        yield running


@pytest.fixture
def admin(server: Server, shared: SharedServer | None) -> Iterator[HttpClient]:
    client = HttpClient(server.address)
    if shared:
        client.token = shared.token
    else:
        client.login()
    yield client
    client.close()


def settings_for(database: str, directory: Path, **environment: str) -> Settings:
    return Settings.from_environment(
        {
            "DATABASE_URI": database,
            "SCOUTER_SERVER_HOST": "127.0.0.1",
            "SCOUTER_SERVER_PORT": str(free_port()),
            "SCOUTER_DATA_DIR": str(directory),
            "SCOUTER_DEFAULT_PASSWORD": "admin",
            **environment,
        }
    )


@contextmanager
def copy_of_template(postgres: str) -> Iterator[str]:
    """The conninfo of a database that is gone afterwards."""
    name = f"test_{next(_numbers)}"
    _run(postgres, f"CREATE DATABASE {name} TEMPLATE template_migrated")
    yield make_conninfo(postgres, dbname=name)
    _run(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def running_server(settings: Settings) -> Iterator[Server]:
    server = Server(settings)
    server.start()
    yield server
    server.stop()


def _prepare(conninfo: str) -> None:
    migrate(conninfo)
    with connect(conninfo) as connection:
        make_first_users(connection, Settings().users, trying_out=True)
        # Most tests look at alerts, one message a check: those about problems say so.
        connection.execute('UPDATE alert_policy SET document = \'{"messages": "every_alert"}\'')
        for name, password in KNOWN_DEFAULTS:
            values = (quick_hash(password), name)
            connection.execute("UPDATE app_user SET password_hash = %s WHERE username = %s", values)
    with open_pool(conninfo, name="prepare", smallest=1, largest=1, acquire_seconds=5) as opened:
        Partitions(opened).ensure_ahead(datetime.now(UTC), 3)


def _run(conninfo: str, statement: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(statement.encode())
