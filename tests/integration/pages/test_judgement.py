"""The second opinion on alerts where they are shown, and the page of how a profile is judged."""

from __future__ import annotations

import pytest

from scouter.pages.text.numbers import number
from scouter.postgres.connections.pool import Pool
from scouter.server import Server
from tests.http_client import HttpClient
from tests.integration.pages.checked_profiles import CheckedProfiles
from tests.integration.pages.page_deeds import act, rows, user
from tests.page_client import UI, PageClient


@pytest.fixture(autouse=True)
def _nothing_left(pool: Pool) -> None:
    with pool.connection() as connection:
        connection.execute(b"DELETE FROM entity")


def plain(text: str) -> str:
    return " ".join(text.split())


def moved_bins(checked: CheckedProfiles, uid: str) -> int:
    """A check of a PSI profile that alerts."""
    checked.send("Psi", uid, 1, *({"feature": "f0", "bin_id": n, "bin_count": c} for n, c in ((1, 970), (9, 30))))
    return checked.check(uid, 1)


def test_an_alert_is_judged_with_the_numbers_of_the_api(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles
) -> None:
    uid = checked.register("Psi", "bins")
    admin.put("/scouter/profile/judgement", {"uid": uid, "training_rows": 10_000})
    run_id = moved_bins(checked, uid)
    [judgement] = admin.get(f"/scouter/runs/{run_id}").body["result"]["judgements"]
    page = browser_of_admin.get(f"/runs/{run_id}")
    assert judgement["significant"] is True
    effect, p_value = plain(number(judgement["effect"])), plain(number(judgement["p_value"]))
    [row] = rows(page)
    assert f"More than chance, and it matters: PSI {effect}, p {p_value}" in row
    assert "10 000 training rows (as somebody stated)." in row
    for text in ("How it was judged", "significant", "10 000 (as somebody stated)", "as two samples"):
        assert text in page.text
    assert f"a p-value of up to {plain(number(judgement['alpha']))} is more than chance" in page.text
    for shown in (browser_of_admin.get("/profile", uid=uid), browser_of_admin.get("/alerts")):
        assert "More than chance, and it matters: PSI" in rows(shown)[0]
    assert "More than chance, and it matters: PSI" in browser_of_admin.get("/feature", uid=uid, name="f0").text


def test_what_is_not_judged_says_why(browser_of_admin: PageClient, checked: CheckedProfiles) -> None:
    psi, custom = checked.register("Psi", "bins"), checked.register("Custom", "errors")
    page = browser_of_admin.get(f"/runs/{moved_bins(checked, psi)}")
    assert "Nobody knows how many training rows there were" in page.text
    assert "by size: nobody knows the training rows" in page.text
    checked.send("Custom", custom, 1, {"metric": "mae", "value": 100.0})
    page = browser_of_admin.get(f"/runs/{checked.check(custom, 1)}")
    assert "The client's rule counts as it is:" in page.text
    assert "the client's rule alone" in page.text


def test_a_check_that_kept_no_judgement_shows_none(browser_of_admin: PageClient, checked: CheckedProfiles) -> None:
    uid = checked.register("Spc", "old")
    run_id = checked.spc(uid, 1, f0=9.0)
    checked.run("UPDATE check_run SET result = (result::jsonb - 'judgements')::json WHERE id = %s", run_id)
    assert "judged" not in browser_of_admin.get(f"/runs/{run_id}").text


def test_how_a_profile_is_judged_with_the_numbers_of_the_api(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles
) -> None:
    uid = checked.register("Spc", "churn", features=3)
    checked.spc(uid, 1, f0=[0.1, -0.2], f1=[0.25, 0.5], f2=0.5)
    said = admin.get("/scouter/profile/judgement", uid=uid).body
    page = browser_of_admin.get("/profile/judgement", uid=uid)
    for value in (said["alpha"], said["windows_a_week"]):
        assert plain(number(value)) in page.text
    assert said["fire_after"] in page.text
    for feature in said["features"]:
        assert feature["name"] in page.text
    assert f"{UI}/policy?uid={uid}" in page.html
    as_if = admin.get("/scouter/profile/judgement", uid=uid, samples=1000).body
    page = browser_of_admin.get("/profile/judgement", uid=uid, samples=1000)
    assert "a window, as you asked" in page.text
    for name in ("expected_alert_rows_a_week", "expected_false_messages_a_week", "first_number"):
        assert plain(number(as_if[name])) in page.text, name


def test_rows_are_stated_and_taken_back(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles
) -> None:
    uid = checked.register("Psi", "bins")
    here = f"/profile/judgement?uid={uid}"
    assert "nobody knows" in browser_of_admin.get("/profile/judgement", uid=uid).text
    page = act(browser_of_admin, here, do="state", rows="12 000")
    assert "Kept: alerts of later checks are judged by it." in page.text
    assert "12 000 rows for the whole table, by admin" in page.text
    act(browser_of_admin, here, do="state", feature="f0", rows="500")
    stated = admin.get("/scouter/profile/judgement", uid=uid).body["stated"]
    assert (stated["training_rows"], stated["features"]) == (12_000, {"f0": 500})
    page = act(browser_of_admin, here, do="state", feature="f0", rows="")
    assert "12 000 (as somebody stated)" in page.text
    assert admin.get("/scouter/profile/judgement", uid=uid).body["stated"]["features"] == {}


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"rows": "many"}, "Training_rows: 'many' is not accepted"),
        ({"rows": "1"}, "Training_rows: 1 is not accepted"),
        ({"feature": "nope", "rows": "500"}, "Features.nope: 500 is not accepted"),
    ],
)
def test_rows_that_cannot_be_are_refused_with_what_is_accepted(
    browser_of_admin: PageClient, checked: CheckedProfiles, form: dict[str, str], said: str
) -> None:
    uid = checked.register("Psi", "bins")
    answer = browser_of_admin.post(f"/profile/judgement?uid={uid}", None, do="state", **form)
    assert answer.status == 400
    assert said in answer.text
    assert f'value="{form["rows"]}"' in answer.html, "what was typed stays"


def test_metrics_have_no_training_rows(browser_of_admin: PageClient, checked: CheckedProfiles) -> None:
    uid = checked.register("Custom", "errors")
    page = browser_of_admin.get("/profile/judgement", uid=uid)
    assert "Rows of the training" not in page.text
    assert "The client's rule counts as it is." in page.text


def test_it_is_for_those_who_may_read_and_stating_for_those_who_may_write(
    server: Server, admin: HttpClient, checked: CheckedProfiles
) -> None:
    uid = checked.register("Psi", "bins")
    with (
        user(server, admin, "judge-reader", "read:shop") as reader,
        user(server, admin, "elsewhere", "read:x") as other,
    ):
        page = reader.get("/profile/judgement", uid=uid)
        assert "needs write: shop" in page.text
        assert 'value="state"' not in page.html
        assert reader.post(f"/profile/judgement?uid={uid}", None, do="state", rows="5").status == 403
        assert other.get("/profile/judgement", uid=uid).status == 404
