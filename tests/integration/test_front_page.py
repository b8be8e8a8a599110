"""What the root of the server's address says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from scouter.server import Server
from tests.http_client import HttpClient
from tests.integration.conftest import settings_for


@pytest.mark.shares_server
@pytest.mark.parametrize("accept", ["*/*", "application/json", None])
def test_a_program_reads_a_sentence(server: Server, accept: str | None) -> None:
    with closing(HttpClient(server.address)) as client:
        answer = client.send("GET", "/", headers={"Accept": accept} if accept else None)
    assert answer.status == 200
    assert answer.body["message"].startswith("This is Scouter for Python, a server that monitors models")
    for member in ("documentation", "capabilities", "health"):
        assert HttpClient(server.address).get(answer.body[member]).status == 200, member


@pytest.fixture
def without_pages(database: str, tmp_path: Path) -> Iterator[Server]:
    running = Server(settings_for(database, tmp_path, SCOUTER_PAGES="false"))
    running.start()
    yield running
    running.stop()


def test_a_browser_shows_a_page_where_there_are_no_others(without_pages: Server) -> None:
    server = without_pages
    with closing(HttpClient(server.address)) as client:
        answer = client.send("GET", "/", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Vary"] == "Accept"
    page = answer.body.decode() if isinstance(answer.body, bytes) else answer.body
    assert "This is Scouter for Python" in page
    assert "{" not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    for link in re.findall(r'href="([^"]+)"', page):
        assert HttpClient(server.address).get(f"/{link}").status == 200, link
