"""A Postgres for the session, a database for every test: a copy of a template that is migrated and has its users."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from scouter.postgres.connections.pool import Pool, connect, open_pool
from scouter.postgres.embedded.server import EmbeddedPostgres
from scouter.postgres.schema.migrations import migrate
from scouter.postgres.schema.partitions import Partitions
from scouter.server import Server
from scouter.settings.settings import Settings
from scouter.users.first_users import make_first_users
from tests.http_client import HttpClient
from tests.server_process import free_port, let_others_enter

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The conninfo of a Postgres with a database `template_migrated`."""
    with EmbeddedPostgres(let_others_enter(tmp_path_factory.mktemp("postgres"))) as embedded:
        conninfo = embedded.start()
        _run(conninfo, "CREATE DATABASE template_migrated")
        _prepare(make_conninfo(conninfo, dbname="template_migrated"))
        yield conninfo


@pytest.fixture
def database(postgres: str) -> Iterator[str]:
    """The conninfo of a fresh copy of the template."""
    name = f"test_{next(_numbers)}"
    _run(postgres, f"CREATE DATABASE {name} TEMPLATE template_migrated")
    yield make_conninfo(postgres, dbname=name)
    _run(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def pool(database: str) -> Iterator[Pool]:
    with open_pool(database, name="tests", smallest=1, largest=8, acquire_seconds=5) as opened:
        yield opened


@pytest.fixture
def server(database: str, tmp_path: Path) -> Iterator[Server]:
    """A running server on that database, on a port of its own."""
    running = Server(settings_for(database, tmp_path))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def admin(server: Server) -> Iterator[HttpClient]:
    client = HttpClient(server.address).login()
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


def _prepare(conninfo: str) -> None:
    migrate(conninfo)
    with connect(conninfo) as connection:
        make_first_users(connection, Settings().users, trying_out=True)
    with open_pool(conninfo, name="prepare", smallest=1, largest=1, acquire_seconds=5) as opened:
        Partitions(opened).ensure_ahead(datetime.now(UTC), 3)


def _run(conninfo: str, statement: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(statement.encode())
