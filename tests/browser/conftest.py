"""One browser and one demonstration for all of these tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser import chromium
from tests.browser.visitor import Visitor
from tests.browser.walk import shape_of, walk
from tests.demonstration import Demonstration
from tests.page_client import UI, PageClient

# In a query they make another page of it: a question before something is deleted, what was acknowledged, two spans.
_OTHER_PAGES = frozenset({"ask", "state", "from2"})


@pytest.fixture(scope="session")
def browser(browser_installed: str) -> Iterator[Browser]:
    with chromium.started(browser_installed) as browser:
        yield browser


@pytest.fixture
def visitor(browser: Browser, demonstration: Demonstration) -> Iterator[Visitor]:
    """Somebody who has not signed in yet."""
    with chromium.window(browser) as page:
        yield Visitor(page, demonstration.url)


@pytest.fixture
def admin(visitor: Visitor) -> Visitor:
    visitor.sign_in()
    return visitor


@pytest.fixture(scope="session")
def examples(demonstration: Demonstration) -> list[str]:
    """One address of every kind of page that an admin is led to."""
    with PageClient(demonstration.url) as client:
        visited = list(walk(client.sign_in(), most=1))
    shown = [each for each in visited if each.is_page and each.answer.status == 200]
    found = {shape_of(each.address, only=_OTHER_PAGES): each.address for each in reversed(shown)}
    return [f"{UI}/sign-in", *sorted(found.values())]
