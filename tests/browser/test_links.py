"""Every link leads somewhere, and no page holds what the policy would refuse."""

from __future__ import annotations

import re

import pytest

from tests.browser.walk import Visited, shape_of, walk
from tests.demonstration import Demonstration
from tests.page_client import UI, PageClient

pytestmark = pytest.mark.timeout(240)

_REFUSED = {
    "a style of its own": re.compile(r"<[^>]*\sstyle\s*=|<style\b", re.IGNORECASE),
    "a script in the page": re.compile(r"<script\b(?![^>]*\ssrc=)[^>]*>|<script\b[^>]*>[^<\s]", re.IGNORECASE),
    "an attribute that is a script": re.compile(r"<[^>]*\son[a-z]+\s*=|=\s*[\"']?\s*javascript:", re.IGNORECASE),
}


_FOR_ADMINS = {f"{UI}/{name}" for name in ("messages", "archive", "users", "server")}
_FOR_ALL = {f"{UI}/{name}" for name in ("alerts", "silences", "policy", "profile/judgement", "problems/N")}


@pytest.mark.parametrize("username", ["admin", "guest"])
def test_every_link_of_every_page_leads_somewhere(demonstration: Demonstration, username: str) -> None:
    with PageClient(demonstration.url) as client:
        visited = list(walk(client.sign_in(username, username)))
    assert len(visited) > 20
    assert {shape_of(each.address, only=()) for each in visited} >= _FOR_ALL
    led_to = _FOR_ADMINS.intersection(each.address for each in visited)
    assert led_to == (_FOR_ADMINS if username == "admin" else set()), "nobody is led where he may not look"
    assert [f"{each.address} on {each.found_on}: {each.answer.status}" for each in visited if not _is_there(each)] == []
    assert [said for each in visited if each.is_page for said in _refused_on(each)] == []


def _is_there(visited: Visited) -> bool:
    return visited.answer.status in (200, 303)


def _refused_on(visited: Visited) -> list[str]:
    return [f"{visited.address}: {what}" for what, found in _REFUSED.items() if found.search(visited.answer.html)]
