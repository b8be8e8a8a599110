"""A server whose archive is a local directory, and three profiles."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from scouter.server import Server
from scouter.settings.settings import Settings
from tests.http_client import HttpClient
from tests.integration.archive.archived_days import archiving_settings, register_three


@pytest.fixture
def settings(database: str, tmp_path: Path) -> Settings:
    return archiving_settings(database, tmp_path)


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    running = Server(settings)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def uids(admin: HttpClient) -> dict[str, str]:
    """By kind."""
    return register_three(admin)
