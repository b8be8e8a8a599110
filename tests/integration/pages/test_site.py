"""What every page has beside it, and what is answered where there is none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scouter.server import Server
from tests.http_client import HttpClient
from tests.integration.conftest import settings_for
from tests.page_client import UI, PageClient


def test_every_page_has_the_headers(browser_of_admin: PageClient) -> None:
    for path in ("/connect", "/sign-in", "/nowhere"):
        headers = browser_of_admin.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "same-origin"


def test_what_there_is_not_is_said_on_a_page(browser_of_admin: PageClient, admin: HttpClient) -> None:
    page = browser_of_admin.get("/nowhere")
    assert page.status == 404
    assert page.headers["Content-Type"].startswith("text/html")
    assert "Nothing here" in page.text
    assert admin.get("/scouter/nowhere").body["code"] == "NOT_FOUND"
    assert browser_of_admin.post("/connect", do="dance").status == 405
    assert browser_of_admin.post("/settings", do="dance").status == 400


def test_a_bad_query_is_said_and_escaped(browser_of_admin: PageClient) -> None:
    page = browser_of_admin.post("/settings", do="<script>alert(1)</script>")
    assert page.status == 400
    assert "<script>alert" not in page.html
    assert "do:" in page.text


def test_style_and_script_are_kept_for_a_year(visitor: PageClient) -> None:
    page = visitor.get("/sign-in")
    found = re.findall(r'(?:href|src)="(/scouter/ui/static/[^"]+)"', page.html)
    assert len(found) == 3
    for address in found:
        answer = visitor.send("GET", address, None, {})
        assert answer.status == 200
        assert "immutable" in answer.headers["Cache-Control"]
    assert visitor.get("/static/../site.py").status == 404
    assert visitor.get("/static/page.css").status == 404


def test_pages_are_packed_and_not_sent_again(browser_of_admin: PageClient) -> None:
    packed = browser_of_admin.get("/connect", {"Accept-Encoding": "br, gzip;q=0.8"})
    assert packed.headers["Content-Encoding"] == "gzip"
    again = browser_of_admin.get("/settings", {"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in again.headers
    tag = again.headers["Etag"]
    assert browser_of_admin.get("/settings", {"If-None-Match": tag}).status in (200, 304)  # its minute may be over


def test_a_browser_is_led_from_the_root(visitor: PageClient) -> None:
    answer = visitor.send("GET", "http://x/", None, {"Accept": "text/html"})
    assert (answer.status, answer.location) == (303, f"{UI}/")
    assert visitor.send("GET", "http://x/", None, {"Accept": "*/*"}).status == 200


def test_without_pages(database: str, tmp_path: Path) -> None:
    server = Server(settings_for(database, tmp_path, SCOUTER_PAGES="false"))
    server.start()
    try:
        with PageClient(server.address) as visitor:
            assert visitor.get("/sign-in").status == 404
            assert visitor.send("GET", "http://x/", None, {"Accept": "text/html"}).status == 200
    finally:
        server.stop()


@pytest.mark.parametrize("zone", ["Europe/Berlin", "../../etc/passwd", "Nowhere/City", "UTC"])
def test_only_zones_that_there_are(browser_of_admin: PageClient, zone: str) -> None:
    answer = browser_of_admin.post("/settings", do="keep", zone=zone, theme="dark")
    assert answer.status == (303 if zone in ("Europe/Berlin", "UTC") else 400)
