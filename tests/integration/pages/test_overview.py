"""The first page: what it says of every profile, and of whose."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from scouter.server import Server
from tests.http_client import HttpClient
from tests.page_client import PageClient
from tests.profile_documents import registration, spc_profile


@pytest.fixture
def reader_of_shop(server: Server, admin: HttpClient) -> PageClient:
    make_user(admin, "reader", "reads the shop", ["read:shop"])
    return PageClient(server.address).sign_in("reader", "reads the shop")


def make_user(admin: HttpClient, username: str, password: str, permissions: list[str]) -> None:
    user = {"username": username, "password": password, "email": f"{username}@example.org", "permissions": permissions}
    assert admin.post("/scouter/user", {**user, "group_permissions": []}).status == 200


def test_before_anything_is_registered(browser_of_admin: PageClient, server: Server) -> None:
    page = browser_of_admin.get("/")
    assert page.status == 200
    assert "No profile is registered yet." in page.text
    assert f"SCOUTER_SERVER_URI={server.address}" in page.text


def test_profiles_of_the_spaces_that_one_may_read(
    browser_of_admin: PageClient, reader_of_shop: PageClient, admin: HttpClient
) -> None:
    for space, name in (("shop", "churn"), ("risk", "fraud"), ("shop", '<svg onload=alert(1)>"&')):
        assert admin.post("/scouter/profile", registration(spc_profile(space=space, name=name))).status == 200
    everything = browser_of_admin.get("/")
    assert "churn" in everything.text
    assert "fraud" in everything.text
    assert "<svg onload" not in everything.html
    assert "&lt;svg onload=alert(1)&gt;" in everything.html
    own = reader_of_shop.get("/")
    assert "churn" in own.text
    assert "fraud" not in own.html
    assert "risk" not in own.html
    assert "No profile fits" in reader_of_shop.get("/", space="risk").text
    assert "No profile fits" in browser_of_admin.get("/", space="nowhere").text
    assert "fraud" not in browser_of_admin.get("/", q="chur").html
    assert "1 to 3 of 3" in everything.text


def test_what_cannot_be_asked_for_names_the_field(browser_of_admin: PageClient) -> None:
    for wrong in ({"order": "best"}, {"state": "bad"}, {"after": "nonsense"}, {"kind": "spc2"}):
        page = browser_of_admin.get("/?" + urlencode(wrong))
        assert page.status == 400
        assert next(iter(wrong)) in page.text or "cursor" in page.text


def test_a_user_without_any_space_is_told_whom_to_ask(server: Server, admin: HttpClient) -> None:
    make_user(admin, "guestless", "nothing to read", [])
    with PageClient(server.address) as nobody:
        nobody.sign_in("guestless", "nothing to read")
        assert "You may not read any space." in nobody.get("/").text
