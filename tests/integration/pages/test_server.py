"""The page on the server that answers."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from scouter.server import Server
from scouter.settings.settings import settings_table
from scouter.version import VERSION
from tests.integration.conftest import settings_for
from tests.page_client import PageClient

SECRET = "a-secret-of-the-tests-that-nobody-may-see"


@pytest.fixture(scope="module")
def server(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    chosen = settings_for(
        database,
        tmp_path_factory.mktemp("server"),
        SCOUTER_ENCRYPT_SECRET=SECRET,
        SCOUTER_BOOTSTRAP_KEY=SECRET,
        SCOUTER_WEBHOOK_URL=f"https://hooks.example/{SECRET}",
        MAX_POOL_SIZE="12",
    )
    running = Server(chosen)
    running.start()
    yield running
    running.stop()


def test_parts_and_settings_are_told_and_secrets_are_not(browser_of_admin: PageClient) -> None:
    page = browser_of_admin.get("/server")
    assert page.status == 200
    assert SECRET not in page.html
    for part in ("database", "spool", "writer", "last maintenance"):
        assert f"{part} works" in page.text
    for _, variable, _, _ in settings_table():
        assert f"<code>{variable}</code>" in page.html
    assert "SCOUTER_ENCRYPT_SECRET set " in page.text
    assert "OPSGENIE_API_KEY not set " in page.text
    assert "MAX_POOL_SIZE 12 30 " in page.text
    assert "MIN_POOL_SIZE default 4 " in page.text
    assert f"Scouter for Python {VERSION}" in page.text
    assert f"process {os.getpid()} on" in page.text


def test_what_is_due_is_counted_when_asked_for(browser_of_admin: PageClient) -> None:
    assert "partitions ahead" not in browser_of_admin.get("/server").text
    text = browser_of_admin.get("/server", ask="due").text
    assert "check runs nothing" in text
    assert "idempotency keys nothing" in text


def test_nobody_but_admins(visitor: PageClient) -> None:
    visitor.sign_in("guest", "guest")
    assert visitor.get("/server").status == 403
    assert visitor.get("/server", ask="due").status == 403
