"""Silences on pages: made with a preview, given another end, ended early."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from scouter.postgres.connections.pool import Pool
from scouter.server import Server
from tests.http_client import HttpClient
from tests.integration.pages.checked_profiles import CheckedProfiles
from tests.integration.pages.page_deeds import act, hidden, rows, user
from tests.page_client import UI, PageClient

HOSTILE = "<svg onload=alert(1)>"


@pytest.fixture(autouse=True)
def _nothing_left(pool: Pool) -> None:
    with pool.connection() as connection:
        connection.execute(b"DELETE FROM entity")
        connection.execute(b"DELETE FROM silence")


def later(**delta: float) -> str:
    return (datetime.now(UTC) + timedelta(**delta)).strftime("%Y-%m-%dT%H:%M")


def firing(checked: CheckedProfiles, uid: str, subject: str = "income") -> int:
    return int(
        checked.value(
            "INSERT INTO problem (entity_id, signal, subject, direction, state, episode, since, followed) "
            "SELECT id, 'spc', %s, 'above', 'firing', 1, now(), true FROM entity WHERE uid = %s RETURNING id",
            subject,
            uid,
        )
    )


def test_without_any_it_says_so(browser_of_admin: PageClient) -> None:
    assert "Nothing is silenced." in browser_of_admin.get("/silences").text
    assert "Nobody has silenced anything" in browser_of_admin.get("/silences", expired=1).text
    page = browser_of_admin.get("/silences/new")
    assert "at least one field needs a value" in page.text
    assert 'name="until" value="20' in page.html, "an end is proposed"


def test_silence_this_leads_to_a_form_with_its_preview(browser_of_admin: PageClient, checked: CheckedProfiles) -> None:
    made = firing(checked, checked.register("Spc", "churn"))
    checked.register("Spc", "basket")
    found = browser_of_admin.get(f"/problems/{made}").html.partition(f'href="{UI}/silences/new?')[2].partition('"')[0]
    page = browser_of_admin.get("/silences/new?" + found.replace("&amp;", "&"))
    for value in ("shop", "churn", "Spc", "spc", "income", "above"):
        assert f'value="{value}"' in page.html
    assert "1 problem that fires" in page.text
    assert "1 profile has its space" in page.text
    assert f'href="{UI}/problems/{made}"' in page.html


def test_a_preview_is_an_address(browser_of_admin: PageClient, checked: CheckedProfiles) -> None:
    uid = checked.register("Spc", "churn")
    firing(checked, uid, "income")
    firing(checked, uid, "age")
    page = browser_of_admin.get(
        "/silences/new", space="shop", space_is="=", subject="inc*", subject_is="glob", comment="a move"
    )
    assert "1 problem that fires" in page.text
    assert '<option value="glob" selected>' in page.html
    assert 'value="a move"' in page.html


def test_a_silence_is_made_changed_and_ended(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles
) -> None:
    checked.register("Spc", "churn")
    form = {"space": "shop", "space_is": "=", "subject": HOSTILE, "subject_is": "=", "comment": f"why {HOSTILE}"}
    page = act(browser_of_admin, "/silences/new", do="make", until=later(hours=3), **form)
    assert "Silenced. What still stands when it ends is told then." in page.text
    [row] = rows(page)
    assert f"space is shop, feature or metric is {HOSTILE}" in row
    assert f"why {HOSTILE}" in row
    assert "made by admin" in row
    assert HOSTILE not in page.html
    [silence_id] = set(hidden(page, "silence"))
    end = later(days=2)
    page = act(browser_of_admin, "/silences", do="change", silence=silence_id, until=end)
    assert f'name="until" value="{end}"' in page.html
    assert "changed by admin" in rows(page)[0]
    page = act(browser_of_admin, "/silences", do="end", silence=silence_id)
    assert "Nothing is silenced." in page.text
    page = browser_of_admin.get("/silences", expired=1)
    assert "Expired" in page.text
    assert hidden(page, "silence") == [], "what is over cannot be changed"
    assert browser_of_admin.post("/silences", None, do="end", silence=silence_id).status == 409
    [item] = admin.get("/scouter/alerts/silences", expired="true").body["items"]
    assert (item["id"], item["state"]) == (silence_id, "expired")


def test_one_that_begins_later_is_pending(browser_of_admin: PageClient, checked: CheckedProfiles) -> None:
    checked.register("Spc", "churn")
    span = {"from": later(hours=1), "until": later(hours=2)}
    page = act(browser_of_admin, "/silences/new", do="make", space="shop", comment="a move", **span)
    assert "Pending" in page.text
    assert "Active 1" not in page.text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"until": "soon"}, "Until: 'soon' is not accepted"),
        ({"until": ""}, "Until: None is not accepted"),
        ({"until": "2020-01-01T00:00"}, "Ends_at:"),
        ({"until": later(days=91)}, "at most 90 days"),
        ({"comment": " "}, "Comment: '' is not accepted"),
        ({"space": ""}, "Matchers: [] is not accepted"),
        ({"space_is": "~"}, "is: '~' is not accepted"),
    ],
)
def test_what_cannot_be_is_refused_and_what_was_typed_stays(
    browser_of_admin: PageClient, changes: dict[str, str], said: str
) -> None:
    form = {"space": "shop", "space_is": "=", "name": "churn*", "until": later(hours=1), "comment": "x", **changes}
    if changes == {"space": ""}:
        form["name"] = ""
    answer = browser_of_admin.post("/silences/new", None, do="make", **form)
    assert answer.status == 400, answer.text
    assert said in answer.text
    if form["name"]:
        assert 'value="churn*"' in answer.html


def test_another_end_that_cannot_be_is_refused_above_the_list(
    browser_of_admin: PageClient, checked: CheckedProfiles
) -> None:
    checked.register("Spc", "churn")
    page = act(browser_of_admin, "/silences/new", do="make", space="shop", comment="x", until=later(hours=1))
    silence = hidden(page, "silence")[0]
    for until, said in (("", "Until: ''"), ("2020-01-01T00:00", "Ends_at:"), (later(days=95), "at most 90 days")):
        answer = browser_of_admin.post("/silences", None, do="change", silence=silence, until=until)
        assert answer.status == 400
        assert said in answer.text
        assert len(rows(answer)) == 1
    assert browser_of_admin.post("/silences", None, do="end", silence="nothing").status == 404


def test_who_may_see_and_make_which(
    server: Server, admin: HttpClient, checked: CheckedProfiles, browser_of_admin: PageClient
) -> None:
    checked.register("Spc", "churn")
    act(browser_of_admin, "/silences/new", do="make", space="shop", comment="of shop", until=later(hours=1))
    act(browser_of_admin, "/silences/new", do="make", name="churn", comment="everywhere", until=later(hours=2))
    owner, reader, other = (
        user(server, admin, "s-owner", "read:shop", "write:shop"),
        user(server, admin, "s-reader", "read:shop"),
        user(server, admin, "s-other", "read:lab"),
    )
    with owner, reader, other:
        page = owner.get("/silences")
        assert ["everywhere" in each for each in rows(page)] == [True, False]
        assert "needs an admin" in rows(page)[0]
        assert len(set(hidden(page, "silence"))) == 1
        answer = owner.post("/silences/new", None, do="make", name="churn", comment="x", until=later(hours=1))
        assert answer.status == 403
        assert "needs an admin" in answer.text
        silence = hidden(page, "silence")[0]
        page = reader.get("/silences")
        assert "needs write: shop" in page.text
        assert "needs write:SPACE" in page.text
        assert reader.post("/silences", None, do="end", silence=silence).status == 403
        form = {"space": "shop", "comment": "x", "until": later(hours=1)}
        assert reader.post("/silences/new", None, do="make", **form).status == 403
        assert ["everywhere" in each for each in rows(other.get("/silences"))] == [True]
        assert "1 profile" not in other.get("/silences/new", space="shop").text
