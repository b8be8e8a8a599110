"""The page of one feature or metric, its picture and its table: all numbers as the API has them."""

from __future__ import annotations

import csv
import html
import io
import math
import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from scouter.pages.site import addresses
from scouter.pages.text.numbers import count, number, share, times_the_limit
from tests.http_client import HttpClient
from tests.integration.pages.checked_profiles import CheckedProfiles
from tests.integration.pages.page_deeds import act, hidden
from tests.integration.pages.test_profile import HOSTILE, active, verdict
from tests.page_client import UI, PageAnswer, PageClient
from tests.profile_documents import custom_profile, psi_profile, spc_profile

LABELS = {"f0": {"small": 1, "<b>large": 2, "other": 3}}


def feature_page(
    browser: PageClient, uid: str, name: str = "f0", path: str = "/feature", **query: object
) -> PageAnswer:
    return browser.get(path, None, uid=uid, name=name, **query)


def cells(page: PageAnswer, caption: str) -> list[list[str]]:
    """The rows of a table, as texts."""
    table = re.search(rf"<caption[^>]*>{caption}</caption>(.*?)</table>", page.html, flags=re.DOTALL)
    assert table is not None, page.text
    rows = re.findall(r"<tr>(.*?)</tr>", table.group(1).partition("<tbody>")[2], flags=re.DOTALL)
    return [
        [PageAnswer(200, cell, {}, (), b"").text for cell in re.findall(r"<t[hd].*?</t[hd]>", row, flags=re.DOTALL)]
        for row in rows
    ]


def plain(text: str) -> str:
    """As a page's text is read: every space as one."""
    return " ".join(text.split())


def api_series(admin: HttpClient, kind: str, uid: str, start: datetime, end: datetime, points: int) -> Any:
    found = admin.get(
        f"/scouter/drift/{kind}",
        uid=uid,
        time_interval="Custom",
        max_data_points=points,
        extremes="true",
        start_custom_datetime=start.isoformat(),
        end_custom_datetime=end.isoformat(),
    )
    assert found.status == 200, found
    return next(iter(found.body.values()))


def psi_of_bins(checked: CheckedProfiles, name: str, bins: int = 4) -> str:
    document = psi_profile(name=name, bins=bins)
    document["config"]["alert_config"]["threshold"] = {"Fixed": {"threshold": 0.2}}
    return active(checked, document)


def send_bins(checked: CheckedProfiles, uid: str, ago: int, *counts: int) -> None:
    checked.send("Psi", uid, ago, *({"feature": "f0", "bin_id": n + 1, "bin_count": c} for n, c in enumerate(counts)))


# --- what happened


def test_spc_says_value_limit_and_since_when(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles
) -> None:
    uid = active(checked, spc_profile(name="out"))
    checked.spc(uid, 2, f0=[6.0, 0.5])
    checked.spc(uid, 1, f0=[7.125, 0.5, 0.25, 1.5])
    page = feature_page(browser_of_admin, uid)
    assert verdict(page).startswith(
        "A value of 7.125 is above the upper limit of 3 (three sigma); 1 of 4 values is in the check of "
    )
    [group] = admin.get("/scouter/alerts/open", uid=uid).body["items"]
    assert f'datetime="{group["first_at"][:19]}Z"' in page.html
    [seen] = [each for each in admin.get("/scouter/profile/features", uid=uid).body["items"] if each["name"] == "f0"]
    assert times_the_limit(seen["distance"]) in page.text
    base = admin.get("/scouter/profile/baseline", uid=uid, feature="f0").body["features"]["f0"]
    facts = {row[0]: row[1:] for row in cells(page, "Training and the last check")}
    assert facts["Center, mean"] == [number(base["center"]), number(seen["observation"]["mean"])]
    limits = base["limits"]
    assert facts["Three sigma"][0] == plain(f"{number(limits[0])} to {number(limits[5])}")
    lowest, highest = seen["observation"]["lowest"], seen["observation"]["highest"]
    assert facts["Lowest to highest"][1] == f"{number(lowest)} to {number(highest)}"
    zones = [row[3] for row in cells(page, "Values by zone")]
    assert zones == ["0 %", "0 %", "0 %", "0 %", "50 %", "25 %", "0 %", "25 %"]


def test_psi_says_which_bin_it_is_and_what_each_adds(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles
) -> None:
    uid = psi_of_bins(checked, "bins")
    send_bins(checked, uid, 2, 250, 260, 240, 250)
    checked.check(uid, 2)
    send_bins(checked, uid, 1, 700, 150, 100, 50)
    checked.check(uid, 1)
    page = feature_page(browser_of_admin, uid)
    [seen] = admin.get("/scouter/profile/features", uid=uid).body["items"]
    observed = seen["observation"]
    said = plain(
        f"PSI {number(observed['drift'])} is above the threshold of 0.2, from {count(observed['samples'])} values"
    )
    assert verdict(page).startswith(said)
    assert "Most of it comes from the bin ≤ 0: 25 % of the training data, 70 % now." in verdict(page)
    series = api_series(admin, "psi", uid, checked.end(2), checked.end(1), 1)["f0"]
    rows = cells(page, "What each bin adds to the PSI")
    labels, adds = ["≤ 0", "0 to 1", "1 to 2", "> 2"], []
    for row, label, bin_id in zip(rows, labels, series["bins"], strict=False):
        now = series["bins"][bin_id]
        adds.append((now - 0.25) * math.log(now / 0.25))
        assert row == [label, "25 %", plain(share(now)), f"{adds[-1]:.4f}".replace("-", "\u2212")]
    assert sum(adds) == pytest.approx(observed["drift"], rel=1e-6)
    assert rows[-1][-1] == number(series["overall_psi"]) == number(observed["drift"])


def test_categories_go_by_their_names(browser_of_admin: PageClient, checked: CheckedProfiles) -> None:
    document = psi_profile(name="categories", bins=3)
    feature = document["features"]["f0"]
    feature["bin_type"] = "Category"
    for each in feature["bins"]:
        each.update(lower_limit=None, upper_limit=None)
    document["config"].update(categorical_features=["f0"], feature_map={"features": LABELS})
    uid = active(checked, document)
    send_bins(checked, uid, 1, 100, 200, 30)
    checked.check(uid, 1)
    page = feature_page(browser_of_admin, uid)
    assert [row[0] for row in cells(page, "What each bin adds to the PSI")][:3] == ["small", "<b>large", "other"]
    assert "<b>large" not in page.html


def test_custom_says_the_range(browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles) -> None:
    uid = active(checked, custom_profile(name="mean"))
    checked.send("Custom", uid, 1, *({"metric": "mae", "value": value} for value in (7.0, 9.0)))
    checked.check(uid, 1)
    page = feature_page(browser_of_admin, uid, "mae")
    assert verdict(page).startswith("The mean of 2 values, 8, is above 3, the most that is allowed")
    facts = {row[0]: row[1:] for row in cells(page, "Training and the last check")}
    base = admin.get("/scouter/profile/baseline", uid=uid, feature="mae").body["features"]["mae"]
    assert facts == {"Baseline, mean": [number(base["baseline"]), "8"], "Not above": [number(base["highest"]), ""]}
    assert "mean above 3: the baseline of 1 plus 2" in page.text


def test_fine_not_checked_and_not_there(browser_of_admin: PageClient, checked: CheckedProfiles) -> None:
    uid = active(checked, spc_profile(name="states"))
    assert verdict(feature_page(browser_of_admin, uid)) == "Not checked yet."
    checked.spc(uid, 1, f0=[0.5, 0.25])
    assert verdict(feature_page(browser_of_admin, uid)).startswith(
        "2 values, from 0.25 to 0.5, are within the limits \u22123 to 3 in the check of "
    )
    assert verdict(feature_page(browser_of_admin, uid, "f1")).startswith("No values in the window in the check of ")
    for path in ("/feature", "/feature.svg", "/feature.csv"):
        assert feature_page(browser_of_admin, uid, "f9", path).status == 404
    assert feature_page(browser_of_admin, uid, "x" * 10_000).status == 400
    assert browser_of_admin.get("/feature", None, uid=uid).status == 400


def test_not_among_what_is_watched(browser_of_admin: PageClient, checked: CheckedProfiles) -> None:
    document = spc_profile(name="watched")
    document["config"]["alert_config"]["features_to_monitor"] = ["f0"]
    uid = active(checked, document)
    checked.spc(uid, 1, f0=0.5, f1=0.5)
    assert verdict(feature_page(browser_of_admin, uid, "f1")).startswith("Not among what this profile watches")


def test_older_alerts_and_acknowledging_them(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles
) -> None:
    uid = active(checked, spc_profile(name="older"))
    for ago in (4, 3):
        checked.spc(uid, ago, f0=8.0)
    for ago in (2, 1):
        checked.spc(uid, ago, f0=0.5)
    page = feature_page(browser_of_admin, uid)
    assert "2 older alerts are open" in verdict(page)
    assert "no longer so since" in page.text
    page = act(
        browser_of_admin, addresses.feature(uid, "f0"), do="acknowledge-features", alerts=hidden(page, "alerts")[0]
    )
    assert "2 alerts acknowledged." in page.text
    assert "older alert" not in page.text
    assert not admin.get("/scouter/alerts/open", uid=uid).body["items"]
    page = act(browser_of_admin, addresses.feature(uid, "f0"), do="undo", at=html.unescape(hidden(page, "at")[0]))
    assert "Open again." in page.text
    assert len(admin.get("/scouter/alerts/open", uid=uid).body["items"]) == 1


# --- its checks


def test_its_checks_with_value_and_distance(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles
) -> None:
    uid = active(checked, spc_profile(name="history"))
    for ago in range(15, 0, -1):
        checked.spc(uid, ago, f0=[ago / 2, 0.125], f1=9.0)
    checked.check(uid, 1, outcome="failed", result=None, error="ValueError: no", attempt=2)
    page = feature_page(browser_of_admin, uid)
    rows = cells(page, "What the last checks made of it")
    runs = admin.get("/scouter/runs", uid=uid, limit=12).body["items"]
    assert len(rows) == len(runs) == 12
    assert rows[0][1].startswith("check failed")
    for row, run in zip(rows[1:], runs[1:], strict=True):
        [seen] = [each for each in run["result"]["observations"] if each["name"] == "f0"]
        is_out = any(alert["Spc"]["feature"] == "f0" for alert in run["result"]["alerts"])
        assert row[1] == ("alert" if is_out else "fine")
        assert row[2:] == [
            f"{number(seen['lowest'])} to {number(seen['highest'])}",
            str(seen["samples"]),
            times_the_limit((seen["highest"] - seen["center"]) / (seen["three_ucl"] - seen["center"])),
        ]
    older = re.search(r'rel="next" href="([^"]+)">Older checks', page.html)
    assert older is not None
    second = browser_of_admin.get(html.unescape(older.group(1)).partition("#")[0])
    assert len(cells(second, "What the last checks made of it")) == 4
    assert "Newest checks" in second.text


# --- two spans


def test_two_spans_beside_the_training(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles
) -> None:
    uid = psi_of_bins(checked, "spans")
    send_bins(checked, uid, 30, 250, 260, 240, 250)
    send_bins(checked, uid, 2, 700, 150, 100, 50)
    spans = [(checked.end(4), checked.end(0)), (checked.end(32), checked.end(28))]
    (start, end), (start2, end2) = spans
    query = {"from": start, "to": end, "from2": start2, "to2": end2}
    page = feature_page(browser_of_admin, uid, **{name: moment.isoformat() for name, moment in query.items()})
    rows = cells(page, "Training and both spans")
    wholes = [api_series(admin, "psi", uid, *span, 1)["f0"] for span in spans]
    for row, bin_id in zip(rows, ("1", "2", "3", "4"), strict=False):
        assert row[1:] == ["25 %", *(plain(share(whole["bins"][bin_id])) for whole in wholes)]
    assert rows[-1] == ["PSI against the training", "", *(number(whole["overall_psi"]) for whole in wholes)]
    assert page.html.count('class="chart bars"') == 2
    assert "Compare no more" in page.text
    assert "Training and both spans" not in feature_page(browser_of_admin, uid).text


@pytest.mark.parametrize(("kind", "name", "field"), [("Spc", "f0", "feature"), ("Custom", "mae", "metric")])
def test_two_spans_of_values(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles, kind: str, name: str, field: str
) -> None:
    made = spc_profile(name="values-spc") if kind == "Spc" else custom_profile(name="values-custom")
    uid = active(checked, made)
    for ago, values in ((30, (0.5, 0.75)), (2, (2.5, 1.0))):
        checked.send(kind, uid, ago, *({field: name, "value": value} for value in values))
    spans = [(checked.end(4), checked.end(0)), (checked.end(32), checked.end(28))]
    query = {"from": spans[0][0], "to": spans[0][1], "from2": spans[1][0], "to2": spans[1][1]}
    page = feature_page(browser_of_admin, uid, name, **{key: moment.isoformat() for key, moment in query.items()})
    rows = {row[0]: row[1:] for row in cells(page, "Training and both spans")}
    assert rows["Mean"][1:] == ["1.75", "0.625"]
    assert rows["Lowest to highest"][1:] == ["1 to 2.5", "0.5 to 0.75"]
    whole = api_series(admin, kind.lower(), uid, *spans[0], 1)[name]
    assert number(whole["values"][0] if kind == "Spc" else whole["stats"][0]["avg"]) == rows["Mean"][1]


# --- the picture and the table


def test_the_picture_is_readable_alone(browser_of_admin: PageClient, checked: CheckedProfiles) -> None:
    uid = active(checked, spc_profile(name="picture"))
    checked.spc(uid, 1, f0=[0.5, 7.0])
    picture = feature_page(browser_of_admin, uid, "f0", "/feature.svg", last="24h")
    assert picture.status == 200
    assert picture.headers["Content-Type"] == "image/svg+xml"
    assert picture.html.startswith("<?xml")
    style = re.search(r'href="(/scouter/ui/static/page\.[0-9a-f]+\.css)"', picture.html)
    assert style is not None
    assert browser_of_admin.send("GET", style.group(1), None, {}).status == 200
    page = feature_page(browser_of_admin, uid, last="24h")
    assert html.unescape(re.findall(r'href="([^"]*feature\.svg[^"]*)"', page.html)[0]).endswith("last=24h")


def test_the_table_has_the_numbers_of_the_api(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles
) -> None:
    uid = active(checked, spc_profile(name="table"))
    for ago in (3, 2, 1):
        checked.send("Spc", uid, ago, *({"feature": "f0", "value": value} for value in (-ago / 3, 0.5)))
    start, end = checked.end(24), checked.end(0)
    query = {"from": start.isoformat(), "to": end.isoformat()}
    saved = feature_page(browser_of_admin, uid, "f0", "/feature.csv", **query)
    assert saved.headers["Content-Disposition"] == "attachment; filename*=UTF-8''f0.csv"
    heading, *lines = csv.reader(io.StringIO(saved.data.decode()))
    assert heading == ["feature", "start", "end", "mean", "lowest", "highest"]
    points = int((end - start) / timedelta(minutes=5))  # what the width of a large chart's bins makes of a day
    series = api_series(admin, "spc", uid, start, end, points)["f0"]
    expected = zip(series["created_at"], series["values"], series["lowest"], series["highest"], strict=True)
    assert [(line[1], *map(float, line[3:])) for line in reversed(lines)] == [
        (f"{moment[:16]}Z", *values) for moment, *values in expected
    ]
    assert all(line[0] == "f0" for line in lines)


@pytest.mark.parametrize("kind", ["Psi", "Custom"])
def test_tables_of_other_kinds(browser_of_admin: PageClient, checked: CheckedProfiles, kind: str) -> None:
    if kind == "Psi":
        uid, name = psi_of_bins(checked, "table-psi"), "f0"
        send_bins(checked, uid, 1, 100, 100, 100, 100)
    else:
        uid, name = active(checked, custom_profile(name="table-custom")), "mae"
        checked.send("Custom", uid, 1, {"metric": "mae", "value": 1.5})
    saved = feature_page(browser_of_admin, uid, name, "/feature.csv", last="24h")
    heading, *lines = csv.reader(io.StringIO(saved.data.decode()))
    assert heading[3] == ("psi" if kind == "Psi" else "mean")
    assert len(lines) == 1
    assert float(lines[0][3]) == (pytest.approx(0, abs=1e-9) if kind == "Psi" else 1.5)


@pytest.mark.parametrize("name", [*HOSTILE, "=1+1", "@sum", "+1", "\u202e", "-2"])
def test_names_of_any_kind(browser_of_admin: PageClient, checked: CheckedProfiles, name: str) -> None:
    document = custom_profile(name=f"odd-{HOSTILE.index(name) if name in HOSTILE else ord(name[0])}")
    document["metrics"] = {name: 1.0}
    document["config"]["alert_config"]["alert_conditions"] = {
        name: {"baseline_value": 1.0, "alert_threshold": "Above", "delta": 2.0}
    }
    uid = active(checked, document)
    checked.send("Custom", uid, 1, {"metric": name, "value": 9.0})
    checked.check(uid, 1)
    page = feature_page(browser_of_admin, uid, name)
    picture = feature_page(browser_of_admin, uid, name, "/feature.svg")
    saved = feature_page(browser_of_admin, uid, name, "/feature.csv")
    assert [page.status, picture.status, saved.status] == [200, 200, 200]
    for each in (page, picture):
        assert "<svg onload" not in each.html
        assert "\u202e" not in re.sub(r' value="[^"]*"', "", each.html)  # fields are sent back as they are
    assert "is above 3, the most that is allowed" in page.text
    for path in ("feature.svg", "feature.csv"):
        link = html.unescape(re.findall(rf'href="([^"]*/{path}[^"]*)"', page.html)[0])
        assert browser_of_admin.get(link).data
    [_, line] = csv.reader(io.StringIO(saved.data.decode()))
    assert line[0] == (f"'{name}" if name in ("=1+1", "@sum") else name)
    assert "/" not in saved.headers["Content-Disposition"].partition("''")[2]
    assert f'href="{UI}/profile?uid={uid}"' in page.html
