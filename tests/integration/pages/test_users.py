"""The pages on users: the same rules as the API's, secrets shown once, and the admin who always remains."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pytest

from scouter.server import Server
from tests.http_client import HttpClient
from tests.page_client import UI, PageAnswer, PageClient

NAMES = ["a?b#c&d=e%2F", "<svg onload=alert(1)>", 'quo"te', "שלום\u202e", "x" * 200]


def user(name: str) -> str:
    return f"/user?{urlencode({'name': name})}"


def said(page: PageAnswer) -> str:
    """What is there to read, names as a part of the sentences around them."""
    return re.sub(r" ([.,;”])", r"\1", page.text.replace("“ ", "“"))


def make(browser: PageClient, name: str, **more: str) -> PageAnswer:
    fields: dict[str, Any] = {
        "username": name,
        "email": f"{name[:50]}@x",
        "password": f"{name[:9]}'s word",
        "permissions": "read:shop",
    }
    return browser.post("/users", do="make", **{**fields, **more})


def can_sign_in(server: Server, name: str, password: str) -> bool:
    with PageClient(server.address) as other:
        return other.post("/sign-in", do="sign-in", username=name, password=password).status == 303


def test_nobody_but_admins(visitor: PageClient, browser_of_admin: PageClient) -> None:
    visitor.sign_in("guest", "guest")
    for path in ("/users", "/users?ask=new", user("guest"), user("nobody"), user("admin") + "&ask=delete"):
        assert visitor.get(path).status == 403
    for do in ("change", "password", "sign-out-everywhere", "delete"):
        assert visitor.post(user("admin"), do=do, password="new password").status == 403
    assert visitor.post("/users", do="make", username="eve", password="a password").status == 403
    assert browser_of_admin.get(user("eve")).status == 404


def test_a_new_user_with_a_password_of_its_own(browser_of_admin: PageClient, server: Server) -> None:
    made = make(browser_of_admin, "ana")
    assert made.status == 200
    codes = re.search(r'aria-label="Recovery codes">([^<]+)</pre>', made.html)
    assert codes is not None
    assert [len(code) for code in codes.group(1).split()] == [16] * 4
    assert 'aria-label="Password"' not in made.html
    assert can_sign_in(server, "ana", "ana's word")
    shown = said(browser_of_admin.get(user("ana")))
    assert "May do: reads shop." in shown
    assert not any(code in shown for code in codes.group(1).split())


def test_a_generated_password_is_shown_once(browser_of_admin: PageClient, server: Server) -> None:
    made = make(browser_of_admin, "bob", password="")
    password = re.search(r'aria-label="Password">([^<]+)</pre>', made.html)
    assert password is not None
    assert can_sign_in(server, "bob", password.group(1))
    assert password.group(1) not in browser_of_admin.get(user("bob")).html
    again = browser_of_admin.post(user("bob"), do="password", password="")
    fresh = re.search(r'aria-label="Password">([^<]+)</pre>', again.html)
    assert fresh is not None
    assert can_sign_in(server, "bob", fresh.group(1))
    assert not can_sign_in(server, "bob", password.group(1))


@pytest.mark.parametrize(
    ("wrong", "status", "said"),
    [
        ({"username": "a/b"}, 400, "username:"),
        ({"password": "short"}, 400, "password:"),
        ({"permissions": "read:shop\nfly:shop"}, 400, "fly:shop"),
        ({"username": "guest"}, 409, "taken"),
        ({"email": "guest"}, 409, "taken"),
    ],
)
def test_what_is_refused_is_said_beside_what_was_typed(
    browser_of_admin: PageClient, wrong: dict[str, str], status: int, said: str
) -> None:
    page = make(browser_of_admin, "carla", **wrong)
    assert page.status == status
    assert said in page.text
    assert wrong.get("email", "carla@x") in page.html
    assert "short" not in page.html
    assert browser_of_admin.get(user("carla")).status == 404


def test_permissions_are_changed(browser_of_admin: PageClient, admin: HttpClient) -> None:
    make(browser_of_admin, "dora")
    done = browser_of_admin.post(user("dora"), do="change", permissions="read:all\nwrite:shop\n\n", active="on")
    assert (done.status, done.location) == (303, f"{UI}/user?name=dora&said=user-changed")
    now = admin.get("/scouter/user/dora").body
    assert (now["permissions"], now["group_permissions"], now["active"]) == (["read:all", "write:shop"], ["user"], True)
    assert "May do: reads all spaces, writes to shop." in said(browser_of_admin.send("GET", done.location, None, {}))
    browser_of_admin.post(user("dora"), do="change", permissions="", admin="on")
    now = admin.get("/scouter/user/dora").body
    assert (now["permissions"], now["group_permissions"], now["active"]) == ([], ["user", "admin"], False)
    refused = browser_of_admin.post(user("dora"), do="change", permissions="dance:shop")
    assert refused.status == 400
    assert "dance:shop</textarea>" in refused.html


def test_the_last_admin_remains(browser_of_admin: PageClient, admin: HttpClient) -> None:
    attempts: list[dict[str, Any]] = [
        {"do": "delete"},
        {"do": "change", "active": "on", "permissions": ""},
        {"do": "change", "admin": "on"},
    ]
    for what in attempts:
        refused = browser_of_admin.post(user("admin"), **{"permissions": "", **what})
        assert refused.status == 403
        assert "'admin' is the last active admin; make another user an admin first." in said(refused)
    assert admin.get("/scouter/user/admin").body["active"]


def test_ones_own_password_wants_the_present_one(browser_of_admin: PageClient, server: Server) -> None:
    make(browser_of_admin, "emma", admin="on")
    with PageClient(server.address) as emma:
        emma.sign_in("emma", "emma's word")
        for present in ("", "wrong word"):
            form = {"password": "another word", "current_password": present}
            refused = emma.post(user("emma"), None, do="password", **form)
            assert refused.status in (400, 403)
            assert "another word" not in refused.html
        done = emma.post(user("emma"), do="password", password="another word", current_password="emma's word")
        assert done.status == 303
        assert emma.get("/users").status == 303, "every session has ended"
    assert can_sign_in(server, "emma", "another word")


def test_signing_out_everywhere(browser_of_admin: PageClient, server: Server) -> None:
    make(browser_of_admin, "fred", permissions="read:all")
    with PageClient(server.address) as browser, HttpClient(server.address, "fred", "fred's word") as program:
        browser.sign_in("fred", "fred's word")
        program.login()
        done = browser_of_admin.post(user("fred"), do="sign-out-everywhere")
        assert done.location == f"{UI}/user?name=fred&said=signed-out-everywhere"
        assert browser.get("/connect").status == 303
        nobody = {"username": "", "password": ""}
        assert program.send("GET", "/scouter/profiles", headers=nobody).status == 401
    assert can_sign_in(server, "fred", "fred's word")


@pytest.mark.parametrize("name", NAMES)
def test_names_can_be_anything(browser_of_admin: PageClient, admin: HttpClient, name: str) -> None:
    if "/" in name or "%" in name:
        name = name.replace("/", "")
    assert make(browser_of_admin, name).status == 200
    listed = browser_of_admin.get("/users").html
    for page in (listed, browser_of_admin.get(user(name)).html, browser_of_admin.get(user(name) + "&ask=delete").html):
        assert "<svg onload" not in page
        assert "\u202e" not in page
    found = browser_of_admin.get("/users", q=name)
    address = re.search(r'<th scope="row"><a href="([^"]+)"', found.html)
    assert address is not None
    address_of_it = address.group(1).replace("&amp;", "&")
    assert browser_of_admin.send("GET", address_of_it, None, {}).status == 200
    asked = browser_of_admin.send("GET", f"{address_of_it}&ask=delete", None, {})
    assert "Delete the user" in asked.text
    assert browser_of_admin.get(user(name)).status == 200, "asking deletes nothing"
    assert browser_of_admin.post(user(name), do="delete").location == f"{UI}/users?said=user-deleted"
    assert browser_of_admin.get(user(name)).status == 404
    assert browser_of_admin.post(user(name), do="delete").status == 404


@pytest.mark.parametrize("path", ["/user?name=nobody", "/user?name=%00"])
def test_nobody_of_that_name(browser_of_admin: PageClient, path: str) -> None:
    assert browser_of_admin.get(path).status == 404
    for do in ("change", "password", "sign-out-everywhere", "delete"):
        sent = browser_of_admin.post(path, do=do, permissions="", password="a new password")
        assert sent.status == 404


def test_the_list_has_pages_and_is_searched(browser_of_admin: PageClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scouter.pages.admin.users._ROWS", 2)
    for number in range(5):
        make(browser_of_admin, f"Zoe {number}", permissions="")
    seen: list[str] = []
    address = "/users?q=zoe"
    while address:
        page = browser_of_admin.send("GET", address, None, {})
        seen += re.findall(r"<bdi>(Zoe \d)</bdi></a>", page.html)
        following = re.search(r'rel="next" href="([^"]+)"', page.html)
        address = following.group(1).replace("&amp;", "&") if following else ""
    assert seen == [f"Zoe {number}" for number in range(5)]
    none = said(browser_of_admin.get("/users", q="nothing like it"))
    assert "No user's name or e-mail contains “nothing like it”." in none
