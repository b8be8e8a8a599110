"""A page that somebody looks at stays up to date, and never takes away what he is at."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visitor import Visitor
from tests.demonstration import Demonstration
from tests.page_client import PageClient

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

_LONGER_THAN_A_PAUSE = "00:35"


@pytest.fixture
def watcher(visitor: Visitor) -> Page:
    """Of open alerts, with a clock that can be put forward."""
    visitor.page.clock.install()
    return visitor.sign_in(to="/alerts")


def test_what_somebody_else_did_is_seen_without_loading_anew(watcher: Page, demonstration: Demonstration) -> None:
    rows = watcher.locator("li.why").filter(has=watcher.get_by_role("link", name="orders_waiting"))
    expect(rows).to_have_count(1)
    watcher.evaluate("window.isTheSame = true")
    form = {"do": "acknowledge-features", "alerts": rows.locator("input[name=alerts]").get_attribute("value") or ""}
    with PageClient(demonstration.url) as colleague:
        done = colleague.sign_in().post("/alerts", None, **form)
        assert done.status == 303, done.text
        watcher.clock.run_for(_LONGER_THAN_A_PAUSE)
        expect(rows).to_have_count(0)
        assert watcher.evaluate("window.isTheSame"), "nobody loaded the page anew"
        at = colleague.get(done.location).html.partition('name="at" value="')[2].partition('"')[0]
        assert colleague.post("/alerts", do="undo", at=at).status == 303
        watcher.clock.run_for(_LONGER_THAN_A_PAUSE)
        expect(rows).to_have_count(1)


def test_what_is_being_typed_stays_and_so_does_the_focus(watcher: Page) -> None:
    watcher.get_by_text("with a note").last.click()
    note = watcher.get_by_label("Note").last
    note.click()
    watcher.keyboard.type("Half a sente")
    watcher.clock.run_for(_LONGER_THAN_A_PAUSE)
    watcher.keyboard.type("nce")
    expect(note).to_have_value("Half a sentence")
    expect(note).to_be_focused()


def test_the_focus_stays_on_what_is_drawn_anew(watcher: Page) -> None:
    button = watcher.get_by_role("button", name="Acknowledge mae")
    button.focus()
    with watcher.expect_response(lambda reply: reply.url.endswith("/alerts") and reply.status in (200, 304)):
        watcher.clock.run_for(_LONGER_THAN_A_PAUSE)
    expect(button).to_be_focused()


def test_whoever_was_signed_out_elsewhere_is_told(watcher: Page) -> None:
    watcher.context.clear_cookies(name="scouter_session")
    watcher.clock.run_for(_LONGER_THAN_A_PAUSE)
    expect(watcher.get_by_text("You were signed out.")).to_be_visible()
