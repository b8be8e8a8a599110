"""The page on requests to a model service."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.http_client import HttpClient
from tests.integration.callers import LogIn, log_in  # noqa: F401  # a fixture
from tests.integration.test_observability import route, send
from tests.page_client import PageAnswer, PageClient
from tests.profile_documents import registration, spc_profile


def service(name: str, space: str = "s", **more: object) -> str:
    return f"/service?{urlencode({'space': space, 'name': name, **more})}"


def sent(admin: HttpClient, name: str, routes: list[dict[str, Any]], version: str = "0.1.0") -> None:
    send(admin, routes, space="s", name=name, version=version)


def rows(page: PageAnswer) -> list[str]:
    """The routes of the table, in its order."""
    return re.findall(r'<a href="#route\d+"><bdi>(.*?)</bdi></a>', page.html)


def test_routes_by_requests_with_their_numbers(browser_of_admin: PageClient, admin: HttpClient) -> None:
    sent(admin, "numbers", [route("/few", 20), route("/many", 1000)])
    page = browser_of_admin.get(service("numbers"))
    assert page.status == 200
    assert rows(page) == ["/many", "/few"]
    assert "1 020 requests in the last 24 h, 0.7083 a minute." in page.text
    assert "2 of them failed, 0.2 %." in page.text
    assert "/few 20 1 5 % 0.3 0.4 0.5 200 : 20, 500 : 1" in page.text
    assert page.html.count('<svg class="chart"') == 6


def test_another_time(browser_of_admin: PageClient, admin: HttpClient) -> None:
    sent(admin, "times", [route()])
    now = datetime.now(UTC)
    past = {"from": (now - timedelta(days=3)).isoformat(), "to": (now - timedelta(days=2)).isoformat()}
    assert "No request metrics have come in this time." in browser_of_admin.get(service("times", **past)).text
    around = {"from": (now - timedelta(hours=1)).isoformat(), "to": (now + timedelta(hours=1)).isoformat()}
    page = browser_of_admin.get(service("times", **around))
    assert rows(page) == ["/predict"]
    for last in ("6h", "24h", "7d", "30d"):
        assert rows(browser_of_admin.get(service("times", last=last))) == ["/predict"]
    for wrong in ({"last": "1y"}, {"from": "yesterday"}, {"from": past["to"], "to": past["from"]}, {"page": 0}):
        assert browser_of_admin.get(service("times", **wrong)).status == 400


def test_versions(browser_of_admin: PageClient, admin: HttpClient) -> None:
    sent(admin, "versions", [route("/old")], "0.1.0")
    sent(admin, "versions", [route("/new")], "0.2.0")
    assert rows(browser_of_admin.get(service("versions"))) == ["/new"]
    assert rows(browser_of_admin.get(service("versions", version="0.1.0"))) == ["/old"]
    assert browser_of_admin.get(service("versions", version="0.3.0")).status == 404


def test_a_model_that_sends_none(browser_of_admin: PageClient, admin: HttpClient) -> None:
    assert admin.post("/scouter/profile", registration(spc_profile(name="silent"))).status == 200
    assert "This service has not sent request metrics." in browser_of_admin.get(service("silent")).text


def test_many_routes_have_pages(browser_of_admin: PageClient, admin: HttpClient) -> None:
    sent(admin, "routes", [route(f"/r{number:02}", 100 - number) for number in range(20)])
    first = browser_of_admin.get(service("routes"))
    assert rows(first) == [f"/r{number:02}" for number in range(8)]
    assert "1 to 8 of 20" in first.text
    third = browser_of_admin.get(service("routes", page=3))
    assert rows(third) == [f"/r{number:02}" for number in range(16, 20)]
    assert 'rel="next"' not in third.html
    assert "There are no more routes." in browser_of_admin.get(service("routes", page=4)).text


@pytest.mark.parametrize("name", ["a/b", "..", "x.svg", "a?b#c", "%2F", "<svg onload=alert(1)>", "שלום"])
def test_names_can_be_anything(browser_of_admin: PageClient, admin: HttpClient, name: str) -> None:
    sent(admin, name, [route(name)])
    page = browser_of_admin.get(service(name))
    assert page.status == 200
    assert len(rows(page)) == 1
    assert "<svg onload" not in page.html
    for address in re.findall(r'href="/scouter/ui(/service\?[^"]+)"', page.html):
        assert browser_of_admin.get(address.replace("&amp;", "&")).status == 200


def test_what_may_not_be_read_looks_like_what_there_is_not(
    visitor: PageClient,
    admin: HttpClient,
    log_in: LogIn,  # noqa: F811
) -> None:
    sent(admin, "secret", [route()])
    log_in("stranger", "read:elsewhere")
    visitor.sign_in("stranger", "password")
    there, not_there = visitor.get(service("secret")), visitor.get(service("never heard of"))
    assert there.status == not_there.status == 404
    assert there.text == not_there.text
    assert "There is no such service, or you may not read its space." in there.text
    assert visitor.get("/service?space=s&name=%00").status == 404


def test_a_reader_sees_it(visitor: PageClient, admin: HttpClient, log_in: LogIn) -> None:  # noqa: F811
    sent(admin, "readable", [route()])
    log_in("reader", "read:s")
    visitor.sign_in("reader", "password")
    assert rows(visitor.get(service("readable"))) == ["/predict"]
