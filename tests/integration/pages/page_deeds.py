"""What tests do on pages, and find there."""

from __future__ import annotations

import re

from scouter.server import Server
from tests.http_client import HttpClient
from tests.page_client import PageAnswer, PageClient


def user(server: Server, admin: HttpClient, username: str, *permissions: str) -> PageClient:
    password = "a long password"
    who = {"username": username, "password": password, "email": f"{username}@example.org"}
    answer = admin.post("/scouter/user", {**who, "permissions": list(permissions), "group_permissions": []})
    assert answer.status in (200, 409), answer
    return PageClient(server.address).sign_in(username, password)


def act(browser: PageClient, path: str, **form: object) -> PageAnswer:
    """Do it, and look at the page that it leads to."""
    answer = browser.post(path, None, **form)
    assert answer.status == 303, answer.text
    return browser.get(answer.location.partition("#")[0])


def hidden(page: PageAnswer, name: str) -> list[str]:
    return re.findall(rf'name="{name}" value="([^"]*)"', page.html)


def rows(page: PageAnswer) -> list[str]:
    """The texts of the alerts of a page."""
    found = re.findall(r'<li class="why".*?</li>', page.html, flags=re.DOTALL)
    return [PageAnswer(200, each, {}, (), b"").text for each in found]
