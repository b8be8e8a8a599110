"""What needs a person: the list of alerts, acknowledging and taking it back, and where a message's link leads."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scouter.postgres.connections.pool import Pool
from scouter.server import Server
from tests.conditions import eventually
from tests.http_client import HttpClient
from tests.integration.pages.alert_channels import service, settings  # noqa: F401  # fixtures
from tests.integration.pages.checked_profiles import CheckedProfiles
from tests.integration.pages.page_deeds import act, hidden, rows, user
from tests.page_client import UI, PageClient
from tests.profile_documents import custom_profile, psi_profile, spc_profile

HOSTILE = ("a/b", "..", "%2F", "<svg onload=alert(1)>", 'x"y&z', "\u202egnp.exe", "نص", "a?b#c", "x" * 200)


@pytest.fixture(autouse=True)
def _nothing_left(pool: Pool) -> None:
    """Each test begins without profiles: the list is about all of them."""
    with pool.connection() as connection:
        connection.execute(b"DELETE FROM entity")


def groups(admin: HttpClient, **query: object) -> list[Any]:
    answer = admin.get("/scouter/alerts/open", **query)
    assert answer.status == 200, answer
    items: list[Any] = answer.body["items"]
    return items


# --- the list


def test_without_alerts_it_says_so(browser_of_admin: PageClient) -> None:
    assert "No open alerts. None was acknowledged either." in browser_of_admin.get("/alerts").text
    page = browser_of_admin.get("/alerts", state="acknowledged")
    assert "Nobody has acknowledged an alert yet." in page.text
    page = browser_of_admin.get("/alerts", space="nowhere", since="24h")
    assert "No open alerts fit." in page.text
    assert f'href="{UI}/alerts"' in page.html


def test_one_row_for_profile_and_feature_with_the_numbers_of_the_api(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles
) -> None:
    uid = checked.register("Spc", "churn")
    for ago, value in ((3, 9.5), (2, 8.25), (1, 7.125)):
        checked.spc(uid, ago, f0=[0.1, value], f1=0.2)
    [group] = groups(admin)
    page = browser_of_admin.get("/alerts")
    [row] = rows(page)
    assert "A value of 7.125 is above the upper limit of 3 (three sigma); 1 of 2 values is." in row
    assert "in 3 checks" in row
    assert (group["count"], group["still"], group["feature"]) == (3, True, "f0")
    assert f'id="alert-{group["last_id"]}"' in page.html
    assert f"{UI}/alerts/{group['last_id']}" in page.html
    for moment in (group["first_at"], group["last_at"]):
        assert f'datetime="{moment[:19]}Z"' in page.html
    assert "Still so in the last check" in page.text


def test_kinds_of_spc_stand_in_one_row(browser_of_admin: PageClient, checked: CheckedProfiles) -> None:
    uid = checked.register("Spc", "steady")
    checked.spc(uid, 1, f0=[*(0.5 for _ in range(9)), 5.0])
    [row] = rows(browser_of_admin.get("/alerts"))
    assert "values on one side" in row or "in a row" in row
    assert "in 1 check" in row


def test_every_kind_says_value_and_limit(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles
) -> None:
    psi, custom = checked.register("Psi", "bins"), checked.register("Custom", "errors")
    checked.send("Psi", psi, 1, *({"feature": "f0", "bin_id": n, "bin_count": c} for n, c in ((1, 970), (2, 30))))
    checked.send("Custom", custom, 1, *({"metric": "mae", "value": value} for value in (7.0, 9.0)))
    for uid in (psi, custom):
        checked.check(uid, 1)
    texts = " ".join(rows(browser_of_admin.get("/alerts")))
    by_uid = {group["uid"]: group for group in groups(admin)}
    drift = by_uid[psi]["alert"]["Psi"]["drift"]
    assert f"PSI {drift:.4g} is above the threshold of" in texts
    assert "from 1 000 values" in texts
    assert "The mean of 2 values, 8, is above 3, the most that is allowed: the baseline of 1 plus 2." in texts


def test_what_the_last_check_no_longer_saw_is_set_apart(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles
) -> None:
    uid = checked.register("Spc", "over", features=3)
    checked.spc(uid, 5, f0=9.0, f1=9.0, f2=9.0)
    checked.spc(uid, 4, f0=9.0, f1=0.1, f2=9.0)
    checked.spc(uid, 3, f0=9.0, f1=0.1, f2=0.1)
    page = browser_of_admin.get("/alerts")
    still, *ended = rows(page)
    assert still.startswith("f0 ")
    assert "no longer so" not in still
    assert [row[:3] for row in ended] == ["f2 ", "f1 "]
    assert all("no longer so since" in row for row in ended)
    for ago in (4, 3):
        assert f'no longer so since <time datetime="{checked.end(ago):%Y-%m-%dT%H:%M:%SZ}"' in page.html
    assert {group["feature"]: group["still"] for group in groups(admin)} == {"f0": True, "f1": False, "f2": False}
    assert "1 feature of 1 profile is outside of its limits in the last check. 2 more were" in page.text
    before = page.html.partition("Acknowledge all 2<")[0]
    ended_ids = before.rpartition('name="alerts" value="')[2].partition('"')[0]
    done = act(browser_of_admin, "/alerts", do="acknowledge-features", alerts=ended_ids, note="known")
    assert "3 alerts acknowledged." in done.text
    assert [group["feature"] for group in groups(admin)] == ["f0"]


def test_where_it_was_sent_is_what_the_api_says(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles
) -> None:
    for name, dispatch in (
        ("told", {"Slack": {"channel": "#drift-shop"}}),
        ("untold", {"OpsGenie": {"team": "ds", "priority": "P1"}}),
    ):
        document = spc_profile(space="shop", name=name)
        document["config"]["alert_config"]["dispatch_config"] = dispatch
        checked.spc(checked.register("Spc", name, document=document), 1, f0=9.0)

    def states() -> set[str]:
        return {each["state"] for each in admin.get("/scouter/alerts/deliveries").body["items"]}

    eventually(lambda: states() == {"delivered", "given_up"})
    texts = {row.split(" ")[3]: row for row in rows(browser_of_admin.get("/alerts"))}
    assert "sent to Slack #drift-shop" in texts["told"]
    assert "not delivered to OpsGenie, team ds, P1: given up after 1 try" in texts["untold"]


def test_a_try_that_is_under_way_has_not_failed(browser_of_admin: PageClient, checked: CheckedProfiles) -> None:
    checked.spc(checked.register("Spc", "churn"), 1, f0=9.0)
    later = "state = 'pending', delivered_at = NULL, attempts = %s, next_attempt_at = now() + interval '1 hour'"
    eventually(lambda: "sent to the server's log" in rows(browser_of_admin.get("/alerts"))[0])
    claimed = "claimed_by = 'a server', claim_until = now() + interval '1 hour'"
    checked.run(f"UPDATE alert_delivery SET {later}, {claimed}", 1)
    assert "on its way to the server's log" in rows(browser_of_admin.get("/alerts"))[0]
    checked.run(f"UPDATE alert_delivery SET {later}, claimed_by = NULL, claim_until = NULL", 2)
    assert "not yet with the server's log: 2 tries failed, next" in rows(browser_of_admin.get("/alerts"))[0]


def test_lists_have_pages(browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles) -> None:
    uid = checked.register("Spc", "wide", features=60)
    checked.spc(uid, 1, **{f"f{n}": 9.0 for n in range(60)})
    first = browser_of_admin.get("/alerts")
    following = re.search(r'rel="next" href="([^"]+)"', first.html)
    assert following is not None
    second = browser_of_admin.get(following[1].replace("&amp;", "&"))
    assert (len(rows(first)), len(rows(second))) == (50, 10)
    shown = [row.split(" ")[0] for row in rows(first) + rows(second)]
    assert shown == [group["feature"] for group in groups(admin, limit=200)]
    assert "First page" in second.text
    assert 'rel="next"' not in second.html
    ids = hidden(first, "alerts")[0]
    assert len(ids.split(",")) == 50
    done = act(browser_of_admin, "/alerts", do="acknowledge-features", alerts=ids, note="")
    assert "50 alerts acknowledged." in done.text
    assert len(groups(admin, limit=200)) == 10


# --- acknowledging


def test_acknowledged_by_whom_and_why_and_undone_in_one_click(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles
) -> None:
    uid = checked.register("Spc", "churn")
    for ago in (3, 2, 1):
        checked.spc(uid, ago, f0=9.0, f1=9.0)
    [group, other] = groups(admin)
    query = "/alerts?space=shop&since=7d"
    page = act(
        browser_of_admin, query, do="acknowledge-features", alerts=group["last_id"], note=" known: <b>new</b> prices "
    )
    assert "3 alerts acknowledged." in page.text
    assert [each["feature"] for each in groups(admin)] == [other["feature"]]
    assert len(rows(page)) == 1
    listed = browser_of_admin.get("/alerts", state="acknowledged")
    [row] = rows(listed)
    assert "Acknowledged by admin" in row
    assert "known: <b>new</b> prices" in row
    assert "<b>new</b>" not in listed.html
    assert "3 alerts" in row
    again = act(browser_of_admin, query, do="undo", at=hidden(page, "at")[0])
    assert "Open again." in again.text
    assert groups(admin) == [group, other]
    assert "Nobody has acknowledged" in browser_of_admin.get("/alerts", state="acknowledged").text
    twice = act(browser_of_admin, query, do="undo", at=hidden(page, "at")[0])
    assert "There was nothing to do." in twice.text


def test_one_feature_is_opened_again_from_the_list(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles
) -> None:
    uid = checked.register("Spc", "churn")
    checked.spc(uid, 2, f0=9.0, f1=9.0)
    checked.spc(uid, 1, f0=9.0, f1=9.0)
    before = groups(admin)
    page = browser_of_admin.get("/alerts", profile=uid)
    until = hidden(page, "until")[0]
    done = act(browser_of_admin, f"/alerts?profile={uid}", do="acknowledge-profile", uid=uid, until=until, note="")
    assert "4 alerts acknowledged." in done.text
    assert groups(admin) == []
    listed = browser_of_admin.get("/alerts", state="acknowledged")
    assert [row.split(" ")[0] for row in rows(listed)] == [group["feature"] for group in before]
    ids = hidden(listed, "alert")
    act(browser_of_admin, "/alerts?state=acknowledged", do="reopen", alert=ids[0])
    assert groups(admin) == before[:1]
    assert len(rows(browser_of_admin.get("/alerts", state="acknowledged"))) == 1


def test_what_is_raised_after_the_page_was_made_stays_open(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles
) -> None:
    uid = checked.register("Spc", "churn")
    checked.spc(uid, 3, f0=9.0)
    [shown] = groups(admin)
    until = (checked.end(3) + timedelta(minutes=1)).isoformat()
    checked.spc(uid, 2, f0=9.0)
    act(browser_of_admin, "/alerts", do="acknowledge-features", alerts=shown["last_id"], note="")
    [left] = groups(admin)
    assert (left["count"], left["first_id"]) == (1, left["last_id"])
    act(browser_of_admin, "/alerts", do="undo", at="2020-01-01T00:00:00Z")
    act(browser_of_admin, "/alerts", do="acknowledge-profile", uid=uid, until=until, note="")
    assert [each["last_id"] for each in groups(admin)] == [left["last_id"]]


def test_the_number_beside_alerts_goes_down_at_once(browser_of_admin: PageClient, checked: CheckedProfiles) -> None:
    uid = checked.register("Spc", "churn")
    checked.spc(uid, 1, f0=9.0)
    time_out = datetime.now(UTC) + timedelta(seconds=10)
    while "1 open" not in (page := browser_of_admin.get("/alerts")).text:
        assert datetime.now(UTC) < time_out
    act(browser_of_admin, "/alerts", do="acknowledge-features", alerts=hidden(page, "alerts")[0], note="")
    assert '<span class="count">' not in browser_of_admin.get("/alerts").html


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"do": "acknowledge", "alerts": "x"}, "alerts:"),
        ({"do": "acknowledge-features"}, "alerts:"),
        ({"do": "acknowledge-profile", "uid": "nobody", "until": "2026-01-01T00:00:00Z"}, "no such profile"),
        ({"do": "undo", "at": "yesterday"}, "at:"),
        ({"do": "reopen", "alert": "9" * 40}, "no such alert"),
        ({"do": "acknowledge", "alerts": "2000000000"}, "no such alert"),
        ({"do": "acknowledge", "alerts": "99999999999999999999"}, "no such alert"),
        ({"do": "acknowledge-check", "run": "1"}, "no such check"),
        ({"do": "dance"}, "do:"),
    ],
)
def test_forms_that_were_not_ours_are_refused(browser_of_admin: PageClient, form: dict[str, str], said: str) -> None:
    answer = browser_of_admin.post("/alerts", None, **form)
    assert answer.status in (400, 404)
    assert said in answer.text


def test_a_note_is_one_line_and_not_endless(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles
) -> None:
    uid = checked.register("Spc", "churn")
    checked.spc(uid, 1, f0=9.0)
    [group] = groups(admin)
    for note in ("x" * 2001, "nul \x00 byte"):
        answer = browser_of_admin.post("/alerts", do="acknowledge", alerts=group["last_id"], note=note)
        assert answer.status == 400
        assert "note" in answer.text
    assert groups(admin) == [group]


# --- who may


def test_only_spaces_that_one_may_read_and_buttons_where_one_may_write(
    server: Server, admin: HttpClient, checked: CheckedProfiles
) -> None:
    uids = {name: checked.register("Spc", name, space=name) for name in ("shop", "risk", "lab")}
    for uid in uids.values():
        checked.spc(uid, 1, f0=9.0)
    ids = {group["space"]: group["last_id"] for group in groups(admin)}
    with user(server, admin, "ada", "read:shop", "write:shop", "read:lab") as ada:
        page = ada.get("/alerts")
        assert len(rows(page)) == 2
        assert "risk" not in page.html
        assert "needs write: lab" in page.text
        assert hidden(page, "alerts") == [str(ids["shop"])]
        assert "No open alerts fit" in ada.get("/alerts", space="risk").text
        hidden_one, missing = ada.get("/alerts", profile=uids["risk"]), ada.get("/alerts", profile="nobody")
        assert (hidden_one.status, missing.status) == (404, 404)
        assert hidden_one.text == missing.text
        for alert_id in (ids["risk"], 2**31 - 1):
            answer = ada.post("/alerts", do="acknowledge-features", alerts=alert_id, note="")
            assert answer.status == 404
            assert "risk" not in answer.html
        refused = ada.post("/alerts", do="acknowledge-features", alerts=f"{ids['shop']},{ids['lab']}", note="")
        assert refused.status == 403
        assert "write:lab" in refused.text
        assert len(groups(admin)) == 3, "all or nothing"
        assert ada.post("/alerts", do="reopen", alert=ids["risk"]).status == 404


def test_who_lost_the_right_to_write_undoes_nothing(
    server: Server, admin: HttpClient, checked: CheckedProfiles
) -> None:
    uid = checked.register("Spc", "churn")
    checked.spc(uid, 1, f0=9.0)
    with user(server, admin, "bob", "read:shop", "write:shop") as bob:
        page = act(bob, "/alerts", do="acknowledge", alerts=groups(admin)[0]["last_id"], note="")
        at = hidden(page, "at")[0]
        change = {"permissions": ["read:shop"], "username": "bob"}
        assert admin.put("/scouter/user/bob", change).status == 200
        eventually(lambda: bob.post("/alerts", do="undo", at=at).status == 403)
    assert groups(admin) == []


def test_what_cannot_be_asked_for_names_the_field(browser_of_admin: PageClient) -> None:
    for wrong in ({"state": "closed"}, {"since": "1y"}, {"after": "nonsense"}, {"acknowledged": "now"}):
        page = browser_of_admin.get("/alerts", None, **wrong)
        assert page.status == 400
        assert next(iter(wrong)) in page.text


# --- where a message's link leads


def test_a_link_leads_to_the_check_and_later_shows_the_alert_alone(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles
) -> None:
    custom = checked.register("Custom", "errors")
    checked.send("Custom", custom, 1, {"metric": "mae", "value": 7.0})
    run_id = checked.check(custom, 1)
    [group] = groups(admin)
    answer = browser_of_admin.get(f"/alerts/{group['last_id']}")
    assert (answer.status, answer.location) == (303, f"{UI}/runs/{run_id}#alert-{group['last_id']}")
    assert f'id="alert-{group["last_id"]}"' in browser_of_admin.get(f"/runs/{run_id}").html
    checked.run("DELETE FROM check_run WHERE id = %s", run_id)
    alone = browser_of_admin.get(f"/alerts/{group['last_id']}")
    assert alone.status == 200
    assert "The mean, 7, is above 3, the most that is allowed: the baseline of 1 plus 2." in alone.text
    assert "The check that raised it has expired" in alone.text
    assert "State open" in alone.text
    done = act(browser_of_admin, f"/alerts/{group['last_id']}", do="acknowledge", alerts=group["last_id"], note="seen")
    assert "acknowledged by admin" in done.text
    assert "seen" in done.text
    assert groups(admin) == []
    again = act(browser_of_admin, f"/alerts/{group['last_id']}", do="undo", at=hidden(done, "at")[0])
    assert "State open" in again.text


def test_a_link_says_no_more_to_whom_may_not_read(
    server: Server, admin: HttpClient, checked: CheckedProfiles, visitor: PageClient
) -> None:
    uid = checked.register("Spc", "secret", space="risk")
    run_id = checked.spc(uid, 1, f0=9.0)
    [group] = groups(admin)
    texts = set()
    with user(server, admin, "carl", "read:shop") as carl:
        for alert_id in (group["last_id"], 2**31 - 1, 0, "-1", "x", "1e3", "9" * 30, "%2e%2e", "%D9%A1"):
            answer = carl.get(f"/alerts/{alert_id}")
            assert answer.status == 404, alert_id
            texts.add(answer.text)
        assert len(texts) == 1
        assert carl.get(f"/runs/{run_id}").status == 404
        assert carl.post(f"/alerts/{group['last_id']}", do="acknowledge", alerts=group["last_id"]).status == 404
    stranger = visitor.get(f"/alerts/{group['last_id']}")
    assert stranger.status == 303
    assert stranger.location.startswith(f"{UI}/sign-in?next=")
    assert str(group["last_id"]) in stranger.location


@pytest.mark.parametrize("name", HOSTILE)
def test_names_can_be_anything(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles, name: str
) -> None:
    document = custom_profile(space="shop", name="m")
    alerting = document["config"]["alert_config"]["alert_conditions"]
    document["metrics"], alerting[name] = {name: 1.0}, alerting.pop("mae")
    uid = checked.register("Custom", name, document=document)
    checked.send("Custom", uid, 1, {"metric": name, "value": 99.0})
    run_id = checked.check(uid, 1)
    [group] = groups(admin)
    assert group["feature"] == name
    for path in ("/alerts", f"/runs/{run_id}", f"/profile/runs?uid={uid}"):
        page = browser_of_admin.get(path)
        assert page.status == 200
        assert "<svg onload" not in page.html
        assert "\u202e" not in page.html
        for address in re.findall(r'href="([^"]+)"', page.html):
            assert address.startswith(("/scouter/", "#")), address
    done = act(browser_of_admin, "/alerts", do="acknowledge-features", alerts=group["last_id"], note=name)
    assert "1 alert acknowledged." in done.text
    assert groups(admin) == []


def test_bins_of_a_profile_without_features_are_no_reason_to_fail(checked: CheckedProfiles) -> None:
    uid = checked.register("Psi", "empty", document=psi_profile(space="shop", name="empty"))
    assert checked.check(uid, 1)
