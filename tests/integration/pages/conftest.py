"""One server for the tests of a module, and browsers of several people."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from scouter.postgres.connections.pool import Pool, open_pool
from scouter.server import Server
from scouter.settings.settings import Settings
from tests.http_client import HttpClient
from tests.integration.conftest import settings_for
from tests.integration.pages.checked_profiles import CheckedProfiles
from tests.page_client import PageClient


@pytest.fixture(scope="module")
def database(postgres: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The tests of a module get along in one: each has profiles of its own."""
    name = f"pages_{request.module.__name__.rpartition('.')[2]}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template_migrated".encode())
        yield make_conninfo(postgres, dbname=name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(scope="module")
def settings(database: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return settings_for(database, tmp_path_factory.mktemp("server"))


@pytest.fixture(scope="module")
def pool(database: str) -> Iterator[Pool]:
    with open_pool(database, name="tests", smallest=1, largest=4, acquire_seconds=5) as opened:
        yield opened


@pytest.fixture(scope="module")
def server(settings: Settings) -> Iterator[Server]:
    running = Server(settings)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def admin(server: Server) -> Iterator[HttpClient]:
    with HttpClient(server.address) as client:
        yield client.login()


@pytest.fixture
def checked(server: Server, settings: Settings, admin: HttpClient, pool: Pool) -> CheckedProfiles:
    return CheckedProfiles(server, settings, admin, pool)


@pytest.fixture
def visitor(server: Server) -> Iterator[PageClient]:
    """Nobody yet."""
    with PageClient(server.address) as client:
        yield client


@pytest.fixture
def browser_of_admin(server: Server) -> Iterator[PageClient]:
    with PageClient(server.address) as client:
        yield client.sign_in()
