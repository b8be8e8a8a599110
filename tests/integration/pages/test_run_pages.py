"""What checks saw: all checks of a profile, and one of them with every feature, its alerts and who was told."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pytest

from scouter.pages.checks.run import MOST_FEATURES
from scouter.pages.text.numbers import count, number, times_the_limit
from scouter.postgres.connections.pool import Pool
from scouter.server import Server
from tests.conditions import eventually
from tests.http_client import HttpClient
from tests.integration.pages.alert_channels import service, settings  # noqa: F401  # fixtures
from tests.integration.pages.checked_profiles import CheckedProfiles
from tests.integration.pages.page_deeds import act, hidden, rows, user
from tests.page_client import UI, PageAnswer, PageClient
from tests.profile_documents import custom_profile, spc_profile


@pytest.fixture(autouse=True)
def _nothing_left(pool: Pool) -> None:
    with pool.connection() as connection:
        connection.execute(b"DELETE FROM entity")


def table(page: PageAnswer, kind: str) -> dict[str, list[str]]:
    """The texts of each row's cells, by what its head says."""
    found = re.search(rf'<table class="{kind}">.*?</table>', page.html, re.DOTALL)
    assert found is not None
    body = found[0].partition("<tbody>")[2]
    made: dict[str, list[str]] = {}
    for row in re.findall(r"<tr.*?</tr>", body, re.DOTALL):
        head, *cells = [PageAnswer(200, cell, {}, (), b"").text for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.S)]
        made[head] = cells
    return made


def plain(text: str) -> str:
    return " ".join(text.split())


# --- one check


def test_every_feature_with_the_numbers_of_the_api(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles
) -> None:
    uid = checked.register("Spc", "churn", features=4)
    run_id = checked.spc(uid, 1, f0=[0.1, -0.2], f1=[0.25, 4.5], f2=1.5)
    run = admin.get(f"/scouter/runs/{run_id}").body
    page = browser_of_admin.get(f"/runs/{run_id}")
    assert "1 of 3 features is outside of its limits . 5 records were seen." in page.text
    assert "1 more feature could not be checked." in page.text
    seen = table(page, "seen")
    assert list(seen) == ["f1", "f2", "f0"], "what is outside first, then by distance"
    for each in run["result"]["observations"]:
        far, mean, ends, limits, samples, _ = seen[each["name"]]
        assert mean == plain(number(each["mean"]))
        assert ends == f"{plain(number(each['lowest']))} to {plain(number(each['highest']))}"
        assert limits == f"{plain(number(each['three_lcl']))} to {plain(number(each['three_ucl']))}"
        assert samples == plain(count(each["samples"]))
        assert far == times_the_limit(max(abs(each["lowest"]), abs(each["highest"])) / 3)
    assert seen["f1"][-1].startswith("beyond three sigma")
    assert table(page, "missed") == {"f3": ["No values in the window."]}
    assert f'datetime="{run["window_start"][:19]}Z"' in page.html


def test_bins_and_metrics(browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles) -> None:
    psi = checked.register("Psi", "bins")
    checked.send("Psi", psi, 1, *({"feature": "f0", "bin_id": n, "bin_count": c} for n, c in ((1, 970), (9, 30))))
    run_id = checked.check(psi, 1)
    [seen] = admin.get(f"/scouter/runs/{run_id}").body["result"]["observations"]
    far, drift, unknown, threshold, samples, _ = table(browser_of_admin.get(f"/runs/{run_id}"), "seen")["f0"]
    assert (drift, threshold) == (plain(number(seen["drift"])), plain(number(seen["threshold"])))
    assert (unknown, samples) == ("30 (3 %)", "1 000")
    assert far == plain(times_the_limit(seen["drift"] / seen["threshold"]))
    custom = checked.register("Custom", "errors")
    checked.send("Custom", custom, 1, {"metric": "mae", "value": 2.0})
    run_id = checked.check(custom, 1)
    page = browser_of_admin.get(f"/runs/{run_id}")
    assert "The metric is within its limits . 1 record was seen." in page.text
    assert table(page, "seen")["mae"] == ["0.50 ×", "2", "1", "up to 3", "1", "–"]


def test_its_alerts_are_anchored_and_acknowledged_there(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles
) -> None:
    uid = checked.register("Spc", "churn")
    older = checked.spc(uid, 2, f0=9.0, f1=9.0)
    run_id = checked.spc(uid, 1, f0=9.0, f1=9.0)
    page = browser_of_admin.get(f"/runs/{run_id}")
    ids = [int(each) for each in re.findall(r'id="alert-(\d+)"', page.html)]
    listed = admin.post("/scouter/alerts", {"uid": uid}).body["items"]
    assert sorted(ids) == sorted(each["id"] for each in listed[:2])
    one = act(browser_of_admin, f"/runs/{run_id}", do="acknowledge", alerts=ids[0], note="seen")
    assert "1 alert acknowledged." in one.text
    assert "acknowledged by admin" in rows(one)[-1]
    assert "seen" in rows(one)[-1]
    answer = browser_of_admin.post(f"/runs/{run_id}", do="reopen", alert=ids[0])
    assert answer.location == f"{UI}/runs/{run_id}?said=reopened#alert-{ids[0]}"
    every = act(browser_of_admin, f"/runs/{run_id}", do="acknowledge-check", run=run_id, note="")
    assert "2 alerts acknowledged." in every.text
    by_id = {each["id"]: each["active"] for each in admin.post("/scouter/alerts", {"uid": uid}).body["items"]}
    assert [by_id[each] for each in ids] == [False, False]
    assert sum(by_id.values()) == 2, "those of the other check are open"
    back = act(browser_of_admin, f"/runs/{run_id}", do="undo", at=hidden(every, "at")[0])
    assert "2, 2 open" in back.text
    assert f"{UI}/runs/{older}" in page.html


def test_who_was_told_is_what_the_api_says(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles
) -> None:
    told = {"slack": {"Slack": {"channel": "#drift"}}, "opsgenie": {"OpsGenie": {"team": "ds", "priority": "P1"}}}
    for channel, dispatch in told.items():
        document = spc_profile(space="shop", name=channel)
        document["config"]["alert_config"]["dispatch_config"] = dispatch
        uid = checked.register("Spc", channel, document=document)
        run_id = checked.spc(uid, 1, f0=9.0, f1=9.0)
        eventually(lambda uid=uid: _delivery(admin, uid)["state"] != "pending")  # type: ignore[misc]
        delivery = _delivery(admin, uid)
        [(state, cells)] = table(browser_of_admin.get(f"/runs/{run_id}"), "told").items()
        alerts, answer = cells
        assert alerts == str(len(delivery["alert_ids"])) == "2"
        assert plain(delivery["receipt"] or delivery["last_error"]) == answer
        if channel == "slack":
            assert delivery["state"] == "delivered"
            assert state.startswith("sent to Slack #drift ")
        else:
            assert delivery["state"] == "given_up"
            assert state == "not delivered to OpsGenie, team ds, P1: given up after 1 try"


def _delivery(admin: HttpClient, uid: str) -> Any:
    [found] = admin.get("/scouter/alerts/deliveries", uid=uid).body["items"]
    return found


def test_a_check_leads_to_the_one_before_and_the_one_after(
    browser_of_admin: PageClient, checked: CheckedProfiles
) -> None:
    uid, other = checked.register("Spc", "churn"), checked.register("Spc", "other")
    runs = []
    for ago in (3, 2, 1):
        runs.append(checked.spc(uid, ago, f0=0.1))
        checked.spc(other, ago, f0=0.1)
    first, middle, last = (browser_of_admin.get(f"/runs/{run}").html for run in runs)
    assert f'rel="prev" href="{UI}/runs/{runs[0]}"' in middle
    assert f'rel="next" href="{UI}/runs/{runs[2]}"' in middle
    assert 'rel="prev"' not in first
    assert 'rel="next"' not in last


def test_what_failed_and_what_was_asked_for_says_so(browser_of_admin: PageClient, checked: CheckedProfiles) -> None:
    uid = checked.register("Spc", "churn")
    failed = checked.check(
        uid, 3, outcome="failed", result=None, error="ValueError: <b>limits</b> that cross", attempt=3
    )
    page = browser_of_admin.get(f"/runs/{failed}")
    assert "The check failed ." in page.text
    assert "ValueError: <b>limits</b> that cross" in page.text
    assert "<b>limits" not in page.html
    assert "What went wrong" in page.text
    assert "register it anew" in page.text
    assert "the tries before it failed" in page.text
    asked = checked.check(uid, 2, asked_by="ada", attempt=2)
    assert "asked for by ada" in browser_of_admin.get(f"/runs/{asked}").text
    late = checked.check(uid, 1, late=True, attempt=2, note="alerts for Slack are printed")
    page = browser_of_admin.get(f"/runs/{late}")
    assert "late records" in page.text
    assert "Alerts for Slack are printed." in page.text
    assert "No records came in this window." in page.text


def test_what_an_earlier_check_of_the_window_raised(browser_of_admin: PageClient, checked: CheckedProfiles) -> None:
    uid = checked.register("Spc", "churn")
    run_id = checked.spc(uid, 1, f0=9.0)
    checked.run("DELETE FROM alert WHERE run_id = %s", run_id)
    assert "was raised before, by an earlier check" in browser_of_admin.get(f"/runs/{run_id}").text


def test_a_thousand_features_are_cut_with_a_sentence(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles
) -> None:
    names = [f"m{n}" for n in range(MOST_FEATURES + 20)]
    document = custom_profile(space="shop", name="wide")
    condition = document["config"]["alert_config"]["alert_conditions"].pop("mae")
    document["metrics"] = dict.fromkeys(names, 1.0)
    document["config"]["alert_config"]["alert_conditions"] = dict.fromkeys(names, condition)
    uid = checked.register("Custom", "wide", document=document)
    checked.send("Custom", uid, 1, *({"metric": name, "value": 9.0} for name in names))
    run_id = checked.check(uid, 1)
    page = browser_of_admin.get(f"/runs/{run_id}")
    assert page.status == 200
    assert len(table(page, "seen")) == MOST_FEATURES
    assert f"The furthest {MOST_FEATURES} of {len(names)} are shown." in page.text
    assert len(rows(page)) == 200
    assert f"{len(names) - 200} more are not shown." in page.text
    assert len(admin.get("/scouter/runs", uid=uid).body["items"][0]["result"]["observations"]) == len(names)
    done = act(browser_of_admin, f"/runs/{run_id}", do="acknowledge-check", run=run_id, note="")
    assert f"{len(names)} alerts acknowledged." in done.text


# --- all checks of a profile


def test_all_checks_by_the_page(browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles) -> None:
    uid = checked.register("Spc", "churn")
    for ago in range(56, 0, -1):
        checked.check(uid, ago)
    checked.spc(uid, 0, f0=9.0, f1=0.1)
    first = browser_of_admin.get("/profile/runs", uid=uid)
    following = re.search(r'rel="next" href="([^"]+)"', first.html)
    assert following is not None
    second = browser_of_admin.get(following[1].replace("&amp;", "&"))
    listed = admin.get("/scouter/runs", uid=uid, limit=500).body["items"]
    assert _runs(first) + _runs(second) == [run["id"] for run in listed]
    assert (len(_runs(first)), len(_runs(second))) == (50, 7)
    head, *_ = table(first, "runs checks").values()
    assert head[:2] == ["alert", "2"]
    assert head[2] == "1"
    alerting = browser_of_admin.get("/profile/runs", uid=uid, outcome="alert")
    assert _runs(alerting) == [listed[0]["id"]]
    assert "No check fits." in browser_of_admin.get("/profile/runs", uid=uid, outcome="failed").text


def _runs(page: PageAnswer) -> list[int]:
    return [int(each) for each in re.findall(rf'<th scope="row"[^>]*><a href="{UI}/runs/(\d+)"', page.html)]


def test_before_the_first_check(browser_of_admin: PageClient, checked: CheckedProfiles) -> None:
    uid = checked.register("Spc", "new")
    page = browser_of_admin.get("/profile/runs", uid=uid)
    assert "Nothing was checked yet" in page.text


# --- who may


def test_what_may_not_be_read_looks_like_what_there_is_not(
    server: Server, admin: HttpClient, checked: CheckedProfiles
) -> None:
    uid = checked.register("Spc", "secret", space="risk")
    run_id = checked.spc(uid, 1, f0=9.0)
    [alert] = admin.post("/scouter/alerts", {"uid": uid}).body["items"]
    with user(server, admin, "dora", "read:shop", "write:shop") as dora:
        texts = {
            dora.get(f"/runs/{each}").text for each in (run_id, 2**63 - 1, 2**63, 0, "-1", "abc", "1.0", "%00", "a%0ab")
        }
        assert len(texts) == 1
        assert "there is no such check" in texts.pop().lower()
        pages = {dora.get("/profile/runs?" + urlencode({"uid": each})).text for each in (uid, "nobody")}
        assert len(pages) == 1
        for form in ({"do": "acknowledge", "alerts": alert["id"]}, {"do": "acknowledge-check", "run": run_id}):
            assert dora.post(f"/runs/{run_id}", None, **form).status == 404
        assert dora.get("/profile/runs").status == 400
        assert dora.get("/profile/runs", uid=uid, after="x").status == 400
    with user(server, admin, "emil", "read:risk") as emil:
        page = emil.get(f"/runs/{run_id}")
        assert "needs write: risk" in page.text
        assert "<button name" not in page.html.partition("<main")[2].partition("</main>")[0]
        assert emil.post(f"/runs/{run_id}", do="acknowledge", alerts=alert["id"]).status == 403
        assert emil.post(f"/runs/{run_id}", do="acknowledge-check", run=run_id).status == 403
    assert admin.post("/scouter/alerts", {"uid": uid}).body["items"] == [alert]


def test_no_address_is_led_astray(browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles) -> None:
    uid = checked.register("Spc", "churn")
    checked.spc(uid, 1, f0=9.0)
    [alert] = admin.post("/scouter/alerts", {"uid": uid}).body["items"]
    answer = browser_of_admin.post("/runs/x%0d%0aSet-Cookie:a=b", do="acknowledge", alerts=alert["id"])
    assert "Set-Cookie" not in answer.headers
    assert "\n" not in answer.location
