"""From signing in, or from a message, to why a model alerts, and to somebody who has seen to it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import chromium
from tests.browser.visitor import Visitor
from tests.demonstration import Demonstration
from tests.http_client import HttpClient
from tests.page_client import UI

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture(params=["with script", "without script"])
def somebody(request: pytest.FixtureRequest, browser: Browser, demonstration: Demonstration) -> Iterator[Visitor]:
    """The story is the same without a script."""
    with chromium.window(browser, java_script_enabled=request.param == "with script") as page:
        yield Visitor(page, demonstration.url)


@pytest.fixture(scope="session")
def newest_alert(demonstration: Demonstration) -> dict[str, str]:
    """Of the mean absolute error of the price model."""
    with HttpClient(demonstration.url) as client:
        listed = client.login().get("/scouter/alerts/open").body["items"]
    found: dict[str, str] = next(each for each in listed if each["feature"] == "mae")
    return found


def test_from_signing_in_to_why_a_profile_alerts_is_one_click_and_to_its_chart_another(somebody: Visitor) -> None:
    page = somebody.sign_in()
    expect(heading(page)).to_have_text("Profiles")
    page.get_by_role("link", name="churn").first.click()
    expect(heading(page)).to_contain_text("churn 1.2.0")
    expect(page.locator(".verdict")).to_contain_text("2 of 6 features are outside of their limits")
    expect(page.locator("main")).to_contain_text("is above the upper limit of 85 100 (three sigma)")
    page.get_by_role("link", name="income", exact=True).first.click()
    expect(heading(page)).to_contain_text("income")
    expect(page.get_by_role("img", name=re.compile("income")).first).to_be_visible()
    expect(page.get_by_role("heading", name="Training against now")).to_be_visible()


def test_an_alert_is_acknowledged_with_a_note_and_one_click_takes_it_back(somebody: Visitor) -> None:
    page = somebody.sign_in(to="/alerts")
    alert = page.locator("li.why").filter(has=page.get_by_role("link", name="orders_waiting"))
    alert.get_by_text("with a note").click()
    alert.get_by_label("Note").fill("Strike of couriers.")
    alert.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("status")).to_contain_text("5 alerts acknowledged.")
    expect(alert).to_have_count(0)
    undo = page.get_by_role("button", name="Undo")
    page.get_by_role("link", name="Acknowledged", exact=True).click()
    expect(page.locator("main")).to_contain_text("Acknowledged by admin")
    expect(page.locator("main")).to_contain_text("Strike of couriers.")
    page.go_back()
    undo.click()
    expect(alert).to_have_count(1)


def test_a_message_leads_through_signing_in_to_the_check_that_alerted(
    somebody: Visitor, newest_alert: dict[str, str]
) -> None:
    page = somebody.go(f"/alerts/{newest_alert['last_id']}")
    expect(heading(page)).to_have_text("Scouter")
    somebody.fill_in()
    assert somebody.path == f"{UI}/runs/{newest_alert['last_run_id']}#alert-{newest_alert['last_id']}"
    expect(heading(page)).to_contain_text("price")
    expect(page.locator(f"#alert-{newest_alert['last_id']}")).to_contain_text("is above 4, the most that is allowed")


@pytest.fixture(scope="session")
def income(demonstration: Demonstration) -> int:
    """The problem of that feature of the churn model, which fires."""
    with HttpClient(demonstration.url) as client:
        listed = client.login().get("/scouter/alerts/problems", state="firing").body["items"]
    return next(int(each["id"]) for each in listed if (each["name"], each["subject"]) == ("churn", "income"))


def test_the_list_of_alerts_begins_with_problems_and_one_click_says_why_it_counts(somebody: Visitor) -> None:
    page = somebody.sign_in(to="/alerts")
    firing = page.locator("section").filter(has=page.get_by_role("heading", name="Firing"))
    firing.get_by_role("link", name="income").click()
    expect(page.locator(".verdict")).to_contain_text("Fires since")
    expect(page.locator(".verdict")).to_contain_text("sigma above its center")
    expect(page.locator("main")).to_contain_text("More than chance, and it matters")
    expect(page.get_by_role("img", name=re.compile("alerted")).first).to_be_visible()


def test_a_message_about_a_problem_leads_to_it_and_somebody_takes_it_and_gives_it_back(
    somebody: Visitor, income: int
) -> None:
    page = somebody.go(f"/problems/{income}")
    somebody.fill_in()
    assert somebody.path == f"{UI}/problems/{income}"
    page.get_by_label("Comment").fill("Retrained on Monday.")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("status")).to_contain_text("Acknowledged")
    expect(page.locator("main")).to_contain_text("Retrained on Monday.")
    page.get_by_role("button", name="Take the acknowledgement back").click()
    expect(page.get_by_role("status")).to_contain_text("Nobody has taken it any more.")
    expect(page.get_by_role("button", name="Acknowledge")).to_be_visible()


def test_a_problem_is_silenced_after_a_look_at_what_that_would_hold_back(somebody: Visitor, income: int) -> None:
    page = somebody.sign_in(to=f"/problems/{income}")
    page.get_by_role("link", name="Silence this").click()
    expect(page.locator("main")).to_contain_text("1 problem that fires")
    page.get_by_label("Version", exact=True).fill("9.9")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("main")).to_contain_text("0 problems that fire")
    page.get_by_label("Version", exact=True).fill("")
    page.get_by_label("Why").fill("The new contract.")
    page.get_by_role("button", name="Silence", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Silenced.")
    silence = page.locator("li.why").filter(has_text="The new contract.")
    silence.get_by_role("button", name="End it now").click()
    expect(page.get_by_role("status")).to_contain_text("It has ended.")
    expect(silence).to_have_count(0)


def test_a_wrong_password_is_told_and_what_was_asked_for_is_not_forgotten(
    browser: Browser, demonstration: Demonstration
) -> None:
    with chromium.window(browser, provoked="status of 401") as page:
        visitor = Visitor(page, demonstration.url)
        visitor.go("/alerts")
        visitor.fill_in("admin", "of the real server")
        expect(page.get_by_role("alert")).to_be_visible()
        visitor.fill_in()
        assert visitor.path == f"{UI}/alerts"


def test_a_reader_sees_why_and_is_told_what_is_missing_to_acknowledge(visitor: Visitor) -> None:
    page = visitor.sign_in("guest", "guest", "/alerts")
    expect(page.get_by_text("needs write:shop").first).to_be_visible()
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)
    expect(page.get_by_role("link", name="Users")).to_have_count(0)


def test_a_chart_is_found_and_read_with_the_keyboard_alone(admin: Visitor) -> None:
    page = admin.page
    page.keyboard.press("/")
    expect(page.get_by_label("Find a profile")).to_be_focused()
    page.keyboard.type("churn 1.2")
    page.keyboard.press("Enter")
    profile = page.get_by_role("link", name="churn").first
    _tab_to(page, profile)
    page.keyboard.press("Enter")
    chart = page.get_by_role("img", name=re.compile("income")).first
    _tab_to(page, chart, most=80)
    page.keyboard.press("End")
    readout = page.locator(".readout")
    expect(readout).to_contain_text(re.compile(r"\d\d:\d\d to .*: \d"))
    newest = readout.inner_text()
    page.keyboard.press("ArrowLeft")
    expect(readout).not_to_have_text(newest)
    page.keyboard.press("Escape")
    expect(readout).to_be_hidden()


def heading(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


def _tab_to(page: Page, wanted: Locator, most: int = 40) -> None:
    expect(wanted).to_be_visible()
    for _ in range(most):
        page.keyboard.press("Tab")
        if wanted.evaluate("each => each === document.activeElement"):
            return
    raise AssertionError(f"{wanted} is not reached with {most} steps")
