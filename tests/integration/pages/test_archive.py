"""The page on the archive: which days are where, what waits, and whether the store answers."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from scouter.server import Server
from scouter.settings.settings import Settings
from tests.conditions import eventually
from tests.http_client import HttpClient
from tests.integration.archive.archived_days import archive, archiving_settings, noon, register_three, send
from tests.page_client import PageClient


@pytest.fixture(scope="module")
def settings(database: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return archiving_settings(database, tmp_path_factory.mktemp("archived"))


@pytest.fixture(scope="module")
def server(settings: Settings) -> Iterator[Server]:
    running = Server(settings)
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module", autouse=True)
def _days(server: Server, settings: Settings) -> None:
    """Yesterday in Postgres, forty days ago in files, the day after that waiting."""
    with HttpClient(server.address) as client:
        uids = register_three(client.login())
        send(client, uids, noon(40))
        assert archive(settings).moved
        send(client, uids, noon(1))
        send(client, uids, noon(39))


def test_days_are_where_they_are(browser_of_admin: PageClient) -> None:
    text = browser_of_admin.get("/archive").text
    for day, kind, where in ((1, "SPC", "in Postgres"), (40, "PSI", "in files"), (40, "custom metrics", "in files")):
        assert f"{noon(day).date()} {kind} {where}" in text
    assert "Records stay in Postgres for 30 days, then go to files in" in text
    assert "3 days go there with the next pass." in text
    assert "The store answers:" in text


def test_one_kind(browser_of_admin: PageClient) -> None:
    page = browser_of_admin.get("/archive?kind=psi")
    rows = re.findall(r"<tr><th scope=\"row\" class=\"nowrap\">[\d-]+</th><td>([^<]+)</td>", page.html)
    assert set(rows) == {"PSI"}


def test_the_list_goes_on(browser_of_admin: PageClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scouter.pages.admin.archive._ROWS", 4)
    first = browser_of_admin.get("/archive?kind=spc")
    assert "Next page" not in first.text
    first = browser_of_admin.get("/archive")
    address = re.search(r'rel="next" href="([^"]+)"', first.html)
    assert address is not None
    second = browser_of_admin.send("GET", address.group(1).replace("&amp;", "&"), None, {})
    assert second.status == 200
    assert f"{noon(40).date()}" in second.text
    assert "First page" in second.text


@pytest.mark.parametrize("query", ["kind=spans", "after=yesterday", "after=2026-02-30,spc,hot"])
def test_a_wrong_query_is_said(browser_of_admin: PageClient, query: str) -> None:
    page = browser_of_admin.get(f"/archive?{query}")
    assert page.status == 400
    assert "is not accepted" in page.text


def test_nobody_but_admins(visitor: PageClient) -> None:
    visitor.sign_in("guest", "guest")
    assert visitor.get("/archive").status == 403


def test_a_store_that_is_gone_is_said_and_the_page_stands(browser_of_admin: PageClient, settings: Settings) -> None:
    store = Path(settings.archive.storage_uri)
    away = store.with_name("elsewhere")
    shutil.move(store, away)
    store.write_text("no directory")
    try:
        eventually(lambda: "The files cannot be read:" in browser_of_admin.get("/archive").text, seconds=20)
        assert "nothing is lost" in browser_of_admin.get("/archive").text
    finally:
        store.unlink()
        shutil.move(away, store)
