"""What stays wrong: the list of problems above the alerts, and one problem, where messages lead."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scouter.alerting.links import problem_link
from scouter.postgres.connections.pool import Pool
from scouter.server import Server
from tests.http_client import HttpClient
from tests.integration.pages.checked_profiles import CheckedProfiles
from tests.integration.pages.page_deeds import act, rows, user
from tests.page_client import UI, PageAnswer, PageClient

HOSTILE = "<svg onload=alert(1)>\u202e"

MakeProblem = Callable[..., int]


@pytest.fixture(autouse=True)
def _nothing_left(pool: Pool) -> None:
    with pool.connection() as connection:
        connection.execute(b"DELETE FROM entity")
        connection.execute(b"DELETE FROM silence")
        connection.execute(b'UPDATE alert_policy SET document = \'{"messages": "problems"}\' WHERE space IS NULL')


@pytest.fixture
def problem(checked: CheckedProfiles) -> MakeProblem:
    """Makes one, which fires unless it is told otherwise; its id."""

    def make(uid: str, subject: str = "f0", **changed: Any) -> int:
        now = datetime.now(UTC)
        made = {
            "entity_id": checked.entity_id(uid),
            "signal": "spc",
            "subject": subject,
            "direction": "above",
            "state": "firing",
            "episode": 2,
            "since": now - timedelta(hours=3),
            "fired_at": now - timedelta(hours=2),
            "windows": [now - timedelta(hours=n) for n in (3, 2, 1)],
            "verdicts": [True, False, True],
            "followed": True,
            "effect": 1.625,
            "p_value": 0.0005,
            **changed,
        }
        return int(
            checked.value(
                f"INSERT INTO problem ({', '.join(made)}) VALUES ({', '.join(['%s'] * len(made))}) RETURNING id",
                *made.values(),
            )
        )

    return make


def problem_rows(page: PageAnswer) -> list[str]:
    found = re.findall(r'<li class="why problem".*?</li>', page.html, flags=re.DOTALL)
    return [PageAnswer(200, each, {}, (), b"").text for each in found]


def sections(page: PageAnswer) -> list[str]:
    return re.findall(r'<section aria-labelledby="problems-([a-z]+)"', page.html)


# --- the list


def test_problems_come_first_by_where_they_stand(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles, problem: MakeProblem
) -> None:
    uid = checked.register("Spc", "churn", features=6)
    checked.spc(uid, 1, f0=[0.1, 9.0])
    now = datetime.now(UTC)
    firing = problem(uid, "f0")
    problem(uid, "f1", state="pending", fired_at=None)
    taken, silenced = problem(uid, "f2"), problem(uid, "f3")
    problem(uid, "f4", state="ok", since=None, resolved_at=now - timedelta(days=1), followed=False)
    problem(uid, "f5", state="ok", since=None, resolved_at=now - timedelta(days=8), followed=False)
    admin.post(f"/scouter/alerts/problems/{taken}/acknowledge", {"comment": "retraining"})
    matchers = [{"field": "space", "is": "=", "value": "shop"}, {"field": "subject", "is": "=", "value": "f3"}]
    ends_at = (now + timedelta(hours=1)).isoformat()
    admin.post("/scouter/alerts/silences", {"matchers": matchers, "ends_at": ends_at, "comment": "a move"})
    page = browser_of_admin.get("/alerts")
    assert sections(page) == ["firing", "pending", "acknowledged", "silenced", "resolved"]
    shown = problem_rows(page)
    assert len(shown) == 5
    assert "1.625 sigma above its center. 2 of the last 3 windows were bad." in shown[0]
    assert "taken by admin : retraining" in shown[2]
    assert "silenced by admin" in shown[3]
    assert "a move" in shown[3]
    assert "over" in shown[4]
    for each in (firing, taken, silenced):
        assert f'href="{UI}/problems/{each}"' in page.html
    assert page.html.index('id="problems-firing"') < page.html.index('id="single"')
    assert len(rows(page)) == 1, "the alert itself stays below"


def test_the_list_is_of_a_space_or_a_profile(
    browser_of_admin: PageClient, checked: CheckedProfiles, problem: MakeProblem
) -> None:
    one, other = checked.register("Spc", "churn"), checked.register("Spc", "basket", space="lab")
    problem(one)
    problem(other)
    assert len(problem_rows(browser_of_admin.get("/alerts"))) == 2
    assert "basket" in problem_rows(browser_of_admin.get("/alerts", space="lab"))[0]
    assert "churn" in problem_rows(browser_of_admin.get("/alerts", profile=one))[0]
    assert problem_rows(browser_of_admin.get("/alerts", state="acknowledged")) == []


def test_without_problems_there_is_no_place_for_them(browser_of_admin: PageClient, checked: CheckedProfiles) -> None:
    checked.register("Spc", "churn")
    page = browser_of_admin.get("/alerts")
    assert sections(page) == []
    assert 'id="single"' not in page.html


# --- one problem


def test_a_problem_says_since_when_how_bad_and_why_it_counts(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles, problem: MakeProblem
) -> None:
    uid = checked.register("Psi", "bins")
    admin.put("/scouter/profile/judgement", {"uid": uid, "training_rows": 10_000})
    checked.send("Psi", uid, 1, *({"feature": "f0", "bin_id": n, "bin_count": c} for n, c in ((1, 970), (9, 30))))
    run_id = checked.check(uid, 1)
    [alert] = admin.get(f"/scouter/runs/{run_id}").body["result"]["judgements"]
    alert_id = checked.value("SELECT id FROM alert WHERE run_id = %s", run_id)
    each = problem(uid, signal="psi", direction="", effect=alert["effect"], alert_ids=[alert_id], last_run_id=run_id)
    page = browser_of_admin.get(f"/problems/{each}")
    assert "Fires since" in page.text
    assert "its values fall into other bins than in training." in page.text
    assert "2 of the last 3 windows were bad" in page.text
    assert 'aria-label="Last 3 checks, oldest first: 2 alerted, 1 fine"' in page.html
    assert "It fires at" in page.text
    assert "p-value 0.0005" in page.text
    assert "More than chance, and it matters: PSI" in page.text
    assert f"{UI}/runs/{run_id}#alert-{alert_id}" in page.html
    assert f"{UI}/feature?uid={uid}&amp;name=f0" in page.html


@pytest.mark.parametrize(
    ("signal", "said"),
    [
        ("spc", "1.625 sigma above its center."),
        ("custom", "1.625 above its baseline."),
        ("silent", "Its records have stopped, or never came."),
        ("blind", "Records come, but it cannot be checked."),
        ("failing", "A check of it failed."),
    ],
)
def test_the_link_of_a_message_leads_to_what_is_wrong(
    browser_of_admin: PageClient, checked: CheckedProfiles, problem: MakeProblem, signal: str, said: str
) -> None:
    uid = checked.register("Custom" if signal == "custom" else "Spc", "churn")
    subject = "" if signal in ("silent", "failing") else "mae" if signal == "custom" else "f0"
    direction = "above" if signal in ("spc", "custom") else ""
    made = problem(uid, subject, signal=signal, direction=direction, p_value=None)
    link = problem_link("", made)
    page = browser_of_admin.get(link)
    assert page.status == 200
    assert said in page.text
    assert "churn" in page.text


def test_a_failed_check_and_one_that_cannot_see_say_why(
    browser_of_admin: PageClient, checked: CheckedProfiles, problem: MakeProblem
) -> None:
    uid = checked.register("Psi", "bins")
    failed = checked.check(uid, 2, outcome="failed", result=None, error="no such bin")
    made = problem(uid, "", signal="failing", direction="", last_run_id=failed)
    assert "No such bin." in browser_of_admin.get(f"/problems/{made}").text
    checked.send("Psi", uid, 1, {"feature": "f0", "bin_id": 1, "bin_count": 3})
    made = problem(uid, "f0", signal="blind", direction="", last_run_id=checked.check(uid, 1))
    assert "Too few values: 3" in browser_of_admin.get(f"/problems/{made}").text


def test_every_message_sent_or_held_back_and_what_happened(
    browser_of_admin: PageClient, checked: CheckedProfiles, problem: MakeProblem
) -> None:
    uid = checked.register("Spc", "churn")
    checked.spc(uid, 1, f0=[0.1, 9.0])
    made = problem(uid, since=checked.end(2))
    destination = json.dumps({"channel": "email", "mail_to": "team@example.com"})
    group = checked.value(
        "INSERT INTO message_group (key, space, channel, destination) VALUES (%s, 'shop', 'email', %s) RETURNING id",
        uid,
        destination,
    )
    message = checked.value(
        "INSERT INTO alert_delivery (group_id, sequence, kind, alert_ids, channel, destination, payload, created_at, "
        "next_attempt_at, state, attempts, delivered_at, receipt) VALUES (%s, 1, 'firing', '{}', 'email', %s, '{}', "
        "now(), now(), 'delivered', 1, now(), '250 queued as 42') RETURNING id",
        group,
        destination,
    )
    for kind, message_id, by, detail in (
        ("firing", None, None, "{}"),
        ("told firing", message, None, None),
        ("held", None, None, '{"why": "silence 0b5e5c0e-3c1b-4f6e-9f3f-3a3f0f0f0f0f"}'),
        ("held", None, None, '{"why": "muted until 2030-01-01T08:00:00+00:00"}'),
        ("acknowledged", None, HOSTILE, None),
    ):
        checked.run(
            "INSERT INTO problem_event (problem_id, at, episode, kind, message_id, by, detail) "
            "VALUES (%s, now(), 2, %s, %s, %s, %s)",
            made,
            kind,
            message_id,
            by,
            detail,
        )
    page = browser_of_admin.get(f"/problems/{made}")
    assert "it fires e-mail to team@example.com sent to e-mail to team@example.com" in page.text
    assert "250 queued as 42" in page.text
    assert "held back by a silence" in page.text
    assert "muted until 1 Jan 2030 08:00" in page.text
    assert f'href="#message-{message}"' in page.html
    assert "<svg onload" not in page.html
    checked.run(
        "INSERT INTO message_group_problem (group_id, problem_id, escalated_episode) VALUES (%s, %s, 2)", group, made
    )
    assert "because nobody took it" in browser_of_admin.get(f"/problems/{made}").text
    [alert] = rows(browser_of_admin.get("/alerts"))
    assert "sent to e-mail to team@example.com" in alert, "an alert was told with its problem"


def test_it_is_taken_with_a_time_and_a_comment_and_given_back(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles, problem: MakeProblem
) -> None:
    made = problem(checked.register("Spc", "churn"))
    until = (datetime.now(UTC) + timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M")
    page = act(browser_of_admin, f"/problems/{made}", do="take", until=until, comment="retraining <b>")
    assert "Acknowledged: it is not told again until then" in page.text
    assert "retraining <b>" in page.text
    assert "retraining <b>" not in page.html
    taken = admin.get(f"/scouter/alerts/problems/{made}").body["problem"]
    assert (taken["acknowledged_by"], taken["acknowledged_until"][:16]) == ("admin", until)
    page = act(browser_of_admin, f"/problems/{made}", do="give-back")
    assert "Nobody has taken it any more." in page.text
    assert admin.get(f"/scouter/alerts/problems/{made}").body["problem"]["acknowledged_by"] is None


def test_a_time_that_has_passed_or_is_none_is_refused_and_what_was_typed_stays(
    browser_of_admin: PageClient, checked: CheckedProfiles, problem: MakeProblem
) -> None:
    made = problem(checked.register("Spc", "churn"))
    for until in ("2020-01-01T00:00", "soon"):
        answer = browser_of_admin.post(f"/problems/{made}", None, do="take", until=until, comment="why")
        assert answer.status == 400
        assert f"Until: '{until}' is not accepted" in answer.text
        assert 'value="why"' in answer.html


def test_what_does_not_fire_cannot_be_taken(
    browser_of_admin: PageClient, checked: CheckedProfiles, problem: MakeProblem
) -> None:
    made = problem(checked.register("Spc", "churn"), state="pending", fired_at=None)
    assert "there is nothing to take" in browser_of_admin.get(f"/problems/{made}").text
    assert browser_of_admin.post(f"/problems/{made}", None, do="take").status == 409


def test_acknowledging_its_alerts_on_any_page_takes_the_problem(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles, problem: MakeProblem
) -> None:
    uid = checked.register("Spc", "churn")
    checked.spc(uid, 1, f0=[0.1, 9.0])
    made = problem(uid, since=checked.end(2))
    alert_id = checked.value("SELECT max(id) FROM alert")

    def taken_by() -> Any:
        return admin.get(f"/scouter/alerts/problems/{made}").body["problem"]["acknowledged_by"]

    act(browser_of_admin, "/alerts", do="acknowledge-features", alerts=alert_id)
    assert taken_by() == "admin"
    act(browser_of_admin, "/alerts", do="reopen", alert=alert_id)
    assert taken_by() is None


def test_a_problem_is_for_those_who_may_read_and_taking_it_for_those_who_may_write(
    server: Server, admin: HttpClient, checked: CheckedProfiles, problem: MakeProblem
) -> None:
    made = problem(checked.register("Spc", "churn"))
    with user(server, admin, "p-reader", "read:shop") as reader, user(server, admin, "p-other", "read:lab") as other:
        page = reader.get(f"/problems/{made}")
        assert "needs write: shop" in page.text
        assert 'value="take"' not in page.html
        assert "Silence this" not in page.text
        assert "needs write: shop" in problem_rows(reader.get("/alerts"))[0]
        for do in ("take", "give-back"):
            assert reader.post(f"/problems/{made}", None, do=do).status == 403
        assert other.get(f"/problems/{made}").status == 404
        assert other.post(f"/problems/{made}", None, do="take").status == 404
        assert problem_rows(other.get("/alerts")) == []


@pytest.mark.parametrize("problem_id", ["0", "x", "9" * 30, "-1", "1.5"])
def test_what_is_no_problem_is_not_found(browser_of_admin: PageClient, problem_id: str) -> None:
    assert browser_of_admin.get(f"/problems/{problem_id}").status == 404


def test_what_is_silenced_or_muted_or_told_check_by_check_says_so(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles, problem: MakeProblem
) -> None:
    uid = checked.register("Spc", "churn")
    made = problem(uid)
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    admin.put("/scouter/alerts/policy", {"uid": uid, "policy": {"mute": [{"days": days}]}})
    assert "Muted until" in browser_of_admin.get(f"/problems/{made}").text
    admin.put("/scouter/alerts/policy", {"uid": uid, "policy": {"messages": "every_alert"}})
    assert "told check by check" in browser_of_admin.get(f"/problems/{made}").text


def test_names_that_are_markup_stay_text(
    browser_of_admin: PageClient, checked: CheckedProfiles, problem: MakeProblem
) -> None:
    uid = checked.register("Spc", "churn")
    made = problem(uid, HOSTILE)
    for page in (browser_of_admin.get("/alerts"), browser_of_admin.get(f"/problems/{made}")):
        assert page.status == 200
        assert "<svg onload" not in page.html
