"""The page of one profile: its verdict, why it alerts, its checks, its features, and what can be done there."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scouter.pages.site import addresses
from scouter.pages.text.numbers import number, times_the_limit
from scouter.postgres.connections.pool import Pool
from scouter.server import Server
from tests.http_client import HttpClient
from tests.integration.pages.checked_profiles import CheckedProfiles
from tests.integration.pages.page_deeds import act, hidden, rows, user
from tests.page_client import UI, PageAnswer, PageClient
from tests.profile_documents import custom_profile, psi_profile, registration, spc_profile

HOSTILE = (
    *("a/b", "..", "x.svg", "a?b#c", "%2F", "<svg onload=alert(1)>", '"quo\'te"', "\u202eright to left", "שלום"),
    "long" * 50,
)


def active(checked: CheckedProfiles, document: dict[str, Any]) -> str:
    reply = checked.admin.post("/scouter/profile", registration(document, active=True))
    assert reply.status == 200, reply
    return str(reply.body["uid"])


def page_of(browser: PageClient, uid: str, **query: object) -> PageAnswer:
    page = browser.get(addresses.profile(uid), None)
    return page if not query else browser.get("/profile", None, uid=uid, **query)


def verdict(page: PageAnswer) -> str:
    found = re.search(r'<p class="verdict.*?</p>', page.html, flags=re.DOTALL)
    assert found is not None, page.text
    return re.sub(r" ([.;:,])", r"\1", PageAnswer(200, found.group(), {}, (), b"").text)


def figures(page: PageAnswer) -> list[str]:
    """Name and distance of each feature, in order."""
    found = re.findall(r"<figcaption>.*?</figcaption>", page.html, flags=re.DOTALL)
    return [PageAnswer(200, each, {}, (), b"").text for each in found]


def state_of(admin: HttpClient, name: str) -> Any:
    [item] = admin.get("/scouter/profiles/states", name=name).body["items"]
    return item


# --- the verdict


def test_what_is_outside_and_as_of_when(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles
) -> None:
    uid = active(checked, spc_profile(name="churn", features=3))
    checked.spc(uid, 2, f0=0.5, f1=0.25, f2=0.1)
    checked.spc(uid, 1, f0=[7.125, 0.5], f1=0.25, f2=[4.5, 0.2, 0.3])
    page, item = page_of(browser_of_admin, uid), state_of(admin, "churn")
    run = item["last_run"]
    assert (run["outside"], run["checked"], run["row_count"]) == (2, 3, 6)
    assert verdict(page).startswith("2 of 3 features are outside of their limits in the check of ")
    assert "6 records seen; the last one came " in verdict(page)
    for moment in (run["window_start"], item["last_record_at"]):
        assert f'datetime="{moment[:19]}Z"' in page.html
    assert f"Open alerts {item['open_alerts']}" in page.text


def test_everything_is_fine(browser_of_admin: PageClient, checked: CheckedProfiles) -> None:
    uid = active(checked, custom_profile(name="fine"))
    checked.send("Custom", uid, 1, {"metric": "mae", "value": 1.5})
    checked.check(uid, 1)
    page = page_of(browser_of_admin, uid)
    assert verdict(page).startswith("The metric is within its limits in the check of ")
    assert "1 record seen" in verdict(page)
    assert "No open alerts." in page.text


def test_what_could_not_be_checked_is_said(browser_of_admin: PageClient, checked: CheckedProfiles) -> None:
    uid = active(checked, spc_profile(name="half", features=2))
    checked.spc(uid, 1, f0=0.5)
    page = page_of(browser_of_admin, uid)
    assert "The feature is within its limits" in verdict(page)
    assert "1 more feature could not be checked." in verdict(page)
    assert "No values in the window." in page.text


def test_before_the_first_check(browser_of_admin: PageClient, checked: CheckedProfiles) -> None:
    uid = active(checked, spc_profile(name="fresh"))
    page = page_of(browser_of_admin, uid)
    assert verdict(page).startswith("Not checked yet. The first check is ")
    assert "no record has come." in verdict(page)
    assert "An SPC queue sends when 25 rows are full." in page.text
    assert "messages of unknown profiles" in page.text
    checked.run(
        "UPDATE profile SET previous_run = now() - interval '5 hours' WHERE entity_id = %s", checked.entity_id(uid)
    )
    checked.send("Spc", uid, 1, *({"feature": "f0", "value": value} for value in (0.1, 0.2, 0.3)))
    page = page_of(browser_of_admin, uid)
    assert re.search(r"Records since .*: 3\.", verdict(page))
    assert "An SPC queue" not in page.text


def test_without_records(browser_of_admin: PageClient, checked: CheckedProfiles, server: Server) -> None:
    uid = active(checked, spc_profile(name="silent"))
    for ago in (4, 3, 2, 1):
        checked.check(uid, ago)
    page = page_of(browser_of_admin, uid)
    assert verdict(page).startswith("No records came in the check of ")
    assert "No record has ever come." in verdict(page)
    assert f'href="{UI}/connect"' in page.html
    reader = user(server, checked.admin, "reads-silent", "read:s")
    assert "where admins find them" in page_of(reader, uid).text
    assert "/messages" not in page_of(reader, uid).html


def test_a_check_that_failed(browser_of_admin: PageClient, checked: CheckedProfiles) -> None:
    uid = active(checked, spc_profile(name="broken"))
    checked.spc(uid, 2, f0=0.5)
    checked.check(uid, 1, outcome="failed", result=None, error="ValueError: <b>the limits</b> cross")
    page = page_of(browser_of_admin, uid)
    assert verdict(page).startswith("The last check failed: that of ")
    assert "ValueError: <b>the limits</b> cross" in verdict(page)
    assert "<b>the limits" not in page.html
    assert "The next one is " in verdict(page)


def test_switched_off_and_on_again(browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles) -> None:
    uid = active(checked, spc_profile(name="switched"))
    asked = page_of(browser_of_admin, uid, ask="off")
    assert "Switch off switched" in asked.text
    assert state_of(admin, "switched")["active"]
    page = act(browser_of_admin, addresses.profile(uid), do="off")
    assert "Switched off: it is not checked any more." in page.text
    assert verdict(page).startswith("Switched off since ")
    assert "none, while it is switched off" in page.text
    assert not state_of(admin, "switched")["active"]
    page = act(browser_of_admin, addresses.profile(uid), do="activate")
    assert verdict(page).startswith("Not checked yet")
    assert state_of(admin, "switched")["active"]


# --- open alerts


def test_every_open_alert_says_why_since_when_and_who_was_told(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles
) -> None:
    uid = active(checked, spc_profile(name="alerts", features=2))
    for ago in (4, 3):
        checked.spc(uid, ago, f0=0.5, f1=8.0)
    checked.spc(uid, 2, f0=[6.5, 0.5], f1=0.5)
    checked.spc(uid, 1, f0=[7.125, 0.5], f1=0.5)
    page = page_of(browser_of_admin, uid)
    now, past = rows(page)
    assert "A value of 7.125 is above the upper limit of 3 (three sigma); 1 of 2 values is." in now
    assert "in 2 checks" in now
    assert "no longer so" not in now
    assert "no longer so since" in past
    assert "A value of 8 is above the upper limit of 3" in past
    assert "the server's log" in now
    groups = {each["feature"]: each for each in admin.get("/scouter/alerts/open", uid=uid).body["items"]}
    assert (groups["f0"]["still"], groups["f1"]["still"]) == (True, False)
    for group in groups.values():
        assert f'id="alert-{group["last_id"]}"' in page.html
        assert f'datetime="{group["first_at"][:19]}Z"' in page.html
    assert page.text.index("No longer so") > page.text.index("7.125")


def test_acknowledging_one_all_and_undoing_it(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles
) -> None:
    uid = active(checked, spc_profile(name="acknowledged", features=3))
    for ago in (2, 1):
        checked.spc(uid, ago, f0=7.5, f1=8.5, f2=9.5)
    address = addresses.profile(uid)
    first = hidden(page_of(browser_of_admin, uid), "alerts")[0]
    page = act(browser_of_admin, address, do="acknowledge-features", alerts=first, note="known <b>")
    assert "2 alerts acknowledged." in page.text
    assert "by admin today" in page.text
    assert "known <b>" in page.text
    assert len(admin.get("/scouter/alerts/open", uid=uid).body["items"]) == 2
    until = hidden(page, "until")[0]
    page = act(browser_of_admin, address, do="acknowledge-profile", uid=uid, until=html.unescape(until))
    assert "4 alerts acknowledged." in page.text
    assert "No open alerts. The last one: f" in page.text
    assert not admin.get("/scouter/alerts/open", uid=uid).body["items"]
    page = act(browser_of_admin, address, do="undo", at=html.unescape(hidden(page, "at")[0]))
    assert "Open again." in page.text
    assert len(admin.get("/scouter/alerts/open", uid=uid).body["items"]) == 2


# --- checks


def test_schedule_rule_and_last_checks(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles
) -> None:
    uid = active(checked, spc_profile(name="checks", features=5))
    for ago in range(8, 0, -1):
        checked.spc(uid, ago, **{f"f{n}": 6.0 if n < ago else 0.25 for n in range(5)})
    page = page_of(browser_of_admin, uid)
    assert "every day at 00:00 (UTC) 0 0 0 * * *" in page.text
    assert "a value more than three sigma from the center" in page.text
    assert "Alerts go to the server's log" in page.text
    found = re.findall(r'<tr><th scope="row" class="nowrap">.*?</tr>', page.html, flags=re.DOTALL)
    runs = admin.get("/scouter/runs", uid=uid, limit=6).body["items"]
    assert len(found) == len(runs) == 6
    for row, run in zip(found, runs, strict=True):
        assert f'href="{UI}/runs/{run["id"]}"' in row
        assert f'datetime="{run["window_start"][:19]}Z"' in row
        assert f'<td class="num">{run["row_count"]}</td>' in row
    assert "f0, f1, f2 and 2 more" in PageAnswer(200, found[-1], {}, (), b"").text
    assert f'href="{UI}/profile/runs?uid={uid}"' in page.html


def test_what_a_server_lacks_for_the_channel_is_said(browser_of_admin: PageClient, checked: CheckedProfiles) -> None:
    document = spc_profile(name="slack")
    document["config"]["alert_config"]["dispatch_config"] = {"Slack": {"channel": "#drift-<b>"}}
    page = page_of(browser_of_admin, active(checked, document))
    assert "Slack #drift-<b>" in page.text
    assert "SLACK_APP_TOKEN" in page.text


def test_rules_of_other_kinds(browser_of_admin: PageClient, checked: CheckedProfiles) -> None:
    psi = page_of(browser_of_admin, active(checked, psi_profile(name="rule-psi")))
    assert "PSI above what chance exceeds in 5 % of checks" in psi.text
    custom = page_of(browser_of_admin, active(checked, custom_profile(name="rule-custom")))
    assert "mae: mean above 3: the baseline of 1 plus 2" in custom.text


# --- features


def test_features_are_sorted_and_measured_as_the_api_has_them(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles
) -> None:
    uid = active(checked, spc_profile(name="ranked", features=30))
    checked.spc(uid, 1, **{f"f{n}": n / 8 for n in range(30)})
    listed = admin.get("/scouter/profile/features", uid=uid, limit=50).body
    page = page_of(browser_of_admin, uid)
    expected = [f"{each['name']} {times_the_limit(each['distance'])}" for each in listed["items"]]
    assert figures(page) == expected[:12]
    assert "Features 30, furthest first" in page.text
    assert "12 of 30" in page.text
    second = browser_of_admin.get(_link(page, "next"))
    assert figures(second) == expected[12:24]
    assert "First page" in second.text
    assert figures(page_of(browser_of_admin, uid, show="24")) == expected[:24]
    only = page_of(browser_of_admin, uid, outside="1")
    assert figures(only) == expected[: sum(each["outside"] for each in listed["items"])]
    named = page_of(browser_of_admin, uid, feature="f2")
    assert len(figures(named)) == 11
    assert "11 of 11" in named.text
    nothing = page_of(browser_of_admin, uid, feature="nowhere")
    assert "Nothing fits “ nowhere ”" in nothing.text
    assert "Show all 30" in nothing.text


def test_charts_draw_what_the_api_has(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles
) -> None:
    uid = active(checked, spc_profile(name="drawn", features=1))
    for ago in range(20, 0, -1):
        checked.send("Spc", uid, ago, *({"feature": "f0", "value": ago / 8 + n} for n in range(3)))
    start, end = checked.end(24), checked.end(0)
    page = page_of(browser_of_admin, uid, **{"from": start.isoformat(), "to": end.isoformat()})
    window = {"start_custom_datetime": start.isoformat(), "end_custom_datetime": end.isoformat()}
    points = int((end - start) / timedelta(minutes=15))  # what the width of a small chart's bins makes of a day
    series = admin.get(
        "/scouter/drift/spc", uid=uid, time_interval="Custom", max_data_points=points, extremes="true", **window
    ).body["features"]["f0"]
    drawn = re.search(r'data-values="([^"]*)"', page.html)
    assert drawn is not None
    assert drawn.group(1).split(" ") == [f"{value:.5g}" for value in reversed(series["values"])]
    assert f"Values from {number(min(series['lowest']))} to {number(max(series['highest']))}." in page.html


def test_ranges_are_links(browser_of_admin: PageClient, checked: CheckedProfiles) -> None:
    uid = active(checked, spc_profile(name="ranges"))
    page = page_of(browser_of_admin, uid, last="24h", feature="f")
    chosen = re.findall(r'<a href="([^"]*)" aria-current="true">24 h</a>', page.html)
    assert len(chosen) == 1
    assert "feature=f" in chosen[0]
    browser_of_admin.cookies["scouter_zone"] = "Europe/Berlin"
    page = page_of(browser_of_admin, uid, **{"from": "2026-07-01T12:00", "to": "2026-07-02T12:00"})
    assert 'value="2026-07-01T12:00"' in page.html
    assert f'data-start="{int(datetime(2026, 7, 1, 10, tzinfo=UTC).timestamp())}"' in page.html
    for wrong in ({"last": "5h"}, {"from": "yesterday"}, {"from": "2026-07-02", "to": "2026-07-01"}, {"after": "!"}):
        page = page_of(browser_of_admin, uid, **wrong)
        assert page.status == 400
        assert "is not accepted" in page.text


@pytest.mark.parametrize("name", HOSTILE)
def test_names_of_any_kind(browser_of_admin: PageClient, checked: CheckedProfiles, name: str) -> None:
    document = spc_profile(name=name)
    document["features"] = {name: {**document["features"]["f0"], "id": name}}
    document["config"]["alert_config"]["features_to_monitor"] = [name]
    uid = active(checked, document)
    checked.spc(uid, 1, **{name: 7.5})
    page = page_of(browser_of_admin, uid)
    assert page.status == 200
    assert "<svg onload" not in page.html
    assert "\u202e" not in page.html
    to = html.unescape(re.findall(r'<figcaption><a href="([^"]*)"', page.html)[0])
    feature = browser_of_admin.get(to)
    assert feature.status == 200
    assert "A value of 7.5 is above the upper limit of 3" in feature.text
    assert "<svg onload" not in feature.html


# --- who may


def test_what_may_not_be_read_looks_like_what_there_is_not(
    server: Server, checked: CheckedProfiles, visitor: PageClient
) -> None:
    uid = active(checked, spc_profile(space="secret", name="hidden"))
    stranger = user(server, checked.admin, "stranger", "read:s", "write:s")
    for path in ("/profile", "/profile/document", "/feature", "/feature.svg", "/feature.csv"):
        pages = [stranger.get(path, None, uid=each, name="f0") for each in (uid, "nobody")]
        assert [page.status for page in pages] == [404, 404]
        assert pages[0].text == pages[1].text
        assert visitor.get(path, None, uid=uid, name="f0").status == 303
    for path, deed in (("/profile", "off"), ("/profile/delete", "delete"), ("/profile/check", "check")):
        assert stranger.post(f"{path}?uid={uid}", None, do=deed).status == 404


def test_whoever_may_only_read_has_no_buttons(server: Server, checked: CheckedProfiles) -> None:
    uid = active(checked, spc_profile(space="shop", name="readable"))
    checked.spc(uid, 1, f0=7.5)
    reader = user(server, checked.admin, "reader-of-shop", "read:shop")
    page = page_of(reader, uid)
    assert "needs write: shop" in page.text
    main = page.html.partition("<main")[2]
    assert '<button name="do"' not in main
    for path, deed in (
        *(("/profile", each) for each in ("off", "activate")),
        *(("/profile/check", "check"), ("/profile/test", "test"), ("/profile/delete", "delete")),
    ):
        assert reader.post(f"{path}?uid={uid}", None, do=deed).status == 403
    assert page_of(reader, uid, ask="delete").status == 403
    first = str(checked.value("SELECT max(id) FROM alert"))
    assert reader.post(f"/profile?uid={uid}", None, do="acknowledge-features", alerts=first).status == 403


# --- what can be done


def test_checked_now(browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles) -> None:
    uid = active(checked, spc_profile(name="asked"))
    checked.spc(uid, 1, f0=7.5)
    page = act(browser_of_admin, f"/profile/check?uid={uid}", do="check")
    assert "Checked now, by the window that closed last." in page.text
    assert "asked for by admin" in page.text
    newest = admin.get("/scouter/runs", uid=uid).body["items"][0]
    assert newest["asked_by"] == "admin"
    assert f'href="{UI}/runs/{newest["id"]}"' in page.html
    assert "as in an earlier check of it" in page.text


def test_a_test_alert_says_what_each_service_answered(browser_of_admin: PageClient, checked: CheckedProfiles) -> None:
    uid = active(checked, spc_profile(name="tried"))
    page = browser_of_admin.post(f"/profile/test?uid={uid}", None, do="test")
    assert page.status == 200
    assert "the server's log delivered" in page.text
    assert "data-refresh" not in page.html
    assert browser_of_admin.get(f"/profile/test?uid={uid}").location == f"{UI}/profile?uid={uid}"


def test_deleting_asks_once_more(browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles) -> None:
    uid = active(checked, spc_profile(name="deleted"))
    asked = page_of(browser_of_admin, uid, ask="delete")
    assert "Delete deleted" in asked.text
    assert "cannot be had back" in asked.text
    assert len(admin.get("/scouter/profiles/states", name="deleted").body["items"]) == 1
    page = act(browser_of_admin, f"/profile/delete?uid={uid}", do="delete")
    assert "The profile is deleted" in page.text
    assert not admin.get("/scouter/profiles/states", name="deleted").body["items"]
    assert page_of(browser_of_admin, uid).status == 404
    assert browser_of_admin.post(f"/profile/delete?uid={uid}", None, do="delete").status == 404


def test_the_way_to_its_service(browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles) -> None:
    uid = active(checked, spc_profile(name="served"))
    assert "/service?" not in page_of(browser_of_admin, uid).html
    version = state_of(admin, "served")["version"]
    checked.run(
        "INSERT INTO entity (uid, space, name, version, drift_type) VALUES ('served', 's', 'served', %s, 'Service')",
        version,
    )
    assert f'href="{UI}/service?space=s&amp;name=served&amp;version={version}"' in page_of(browser_of_admin, uid).html
    assert page_of(browser_of_admin, "served").status == 404


# --- what stands when something does not work


def test_charts_that_take_too_long_are_replaced_by_their_sentence(
    browser_of_admin: PageClient, checked: CheckedProfiles, pool: Pool
) -> None:
    uid = active(checked, spc_profile(name="slow"))
    checked.spc(uid, 1, f0=7.5)
    with pool.connection() as connection:
        connection.execute(b"LOCK TABLE feature IN ACCESS EXCLUSIVE MODE")  # which only charts read here
        page = page_of(browser_of_admin, uid)
        feature = browser_of_admin.get(addresses.feature(uid, "f0"))
    for each in (page, feature):
        assert each.status == 200
        assert "was given up. A shorter range takes less." in each.text
        assert "A value of 7.5 is above the upper limit of 3" in each.text
    assert len(figures(page)) == 2
    assert "Not drawn: see above." in page.text


def _link(page: PageAnswer, rel: str) -> str:
    found = re.search(rf'rel="{rel}" href="([^"]+)"', page.html)
    assert found is not None, page.text
    return html.unescape(found.group(1)).partition("#")[0]
