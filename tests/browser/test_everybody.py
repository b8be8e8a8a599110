"""Pages are for everybody: in both themes, on a phone, enlarged, on paper, with the keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser import chromium
from tests.browser.visitor import Visitor
from tests.demonstration import Demonstration

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

_SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_PHONE = ViewportSize(width=360, height=760)
_ENLARGED = ViewportSize(width=640, height=450)  # what a screen of 1280 points holds at 200 %
_OF_COLOURS = ["color-contrast", "link-in-text-block"]  # all that a theme changes


def test_no_barrier_is_found_on_any_page_in_either_theme(
    browser: Browser, demonstration: Demonstration, examples: list[str]
) -> None:
    found = []
    with chromium.window(browser, color_scheme="light", reduced_motion="reduce") as page:
        for address in _visited(page, demonstration, examples):
            found += _barriers(page, f"{address}, light")
            page.emulate_media(color_scheme="dark")
            found += _barriers(page, f"{address}, dark", _OF_COLOURS)
            page.emulate_media(color_scheme="light")
    assert found == []


def test_no_page_is_wider_than_a_phone_nor_than_a_screen_at_twice_its_size(
    browser: Browser, demonstration: Demonstration, examples: list[str]
) -> None:
    wider = {}
    with chromium.window(browser, viewport=_PHONE) as page:
        for address in _visited(page, demonstration, examples):
            for size in (_PHONE, _ENLARGED):
                page.set_viewport_size(size)
                wider[f"{address} at {size['width']}"] = page.evaluate(_SIDEWAYS)
    assert {address: points for address, points in wider.items() if points > 0} == {}


def test_on_paper_there_is_neither_navigation_nor_form_and_no_dark_ground(
    browser: Browser, demonstration: Demonstration
) -> None:
    with chromium.window(browser, color_scheme="dark") as page:
        Visitor(page, demonstration.url).sign_in()
        page.emulate_media(media="print")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
        expect(page.get_by_role("search")).to_be_hidden()
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground in ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"), ground
        assert len(page.pdf(format="A4")) > 1_000


def test_with_the_keyboard_alone_one_skips_to_the_content_and_signs_in(visitor: Visitor) -> None:
    page = visitor.go("/sign-in")
    for typed in ("admin", "admin"):
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def _visited(page: Page, demonstration: Demonstration, addresses: list[str]) -> Iterator[str]:
    """The first address is for whoever has not signed in."""
    visitor = Visitor(page, demonstration.url)
    first, *others = addresses
    visitor.go(first)
    yield first
    visitor.fill_in()
    for address in others:
        visitor.go(address)
        yield address


def _barriers(page: Page, where: str, rules: list[str] | None = None) -> list[str]:
    options = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
    return [
        f"{where}: {each['id']}, {each['help']}: {[node['target'] for node in each['nodes']][:4]} "
        f"{each['nodes'][0].get('failureSummary', '')[:300]}"
        for each in Axe().run(page, options=options).response["violations"]
    ]
