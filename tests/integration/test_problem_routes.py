"""Problems, silences and policies over HTTP: who may see and change what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.http_client import HttpClient
from tests.integration.callers import LogIn, log_in  # noqa: F401  # a fixture
from tests.profile_documents import custom_profile, registration

NOW = datetime.now(UTC)


def stamp(**later: float) -> str:
    return (NOW + timedelta(**later)).isoformat()


def matcher(field: str, comparison: str, value: str) -> dict[str, str]:
    return {"field": field, "is": comparison, "value": value}


@pytest.fixture
def uid(admin: HttpClient) -> str:
    reply = admin.post("/scouter/profile", registration(custom_profile(), active=True))
    assert reply.status == 200, reply
    return str(reply.body["uid"])


@pytest.fixture
def problem(database: str, uid: str) -> int:
    """One that fires, of the metric `mae`."""
    with psycopg.connect(database, options="-c search_path=scouter_py") as connection:
        row = connection.execute(
            "INSERT INTO problem (entity_id, signal, subject, direction, state, episode, since, fired_at, windows, "
            "verdicts, followed, effect) SELECT id, 'custom', 'mae', 'above', 'firing', 1, now(), now(), "
            "ARRAY[now()], ARRAY[true], true, 3.5 FROM entity WHERE uid = %s RETURNING id",
            [uid],
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_problems_are_listed_and_shown_with_their_history(admin: HttpClient, uid: str, problem: int) -> None:
    (item,) = admin.get("/scouter/alerts/problems", uid=uid, state="firing", signal="custom").body["items"]
    assert (item["id"], item["subject"], item["direction"], item["effect"]) == (problem, "mae", "above", 3.5)
    assert admin.get("/scouter/alerts/problems", state="ok").body["items"] == []
    detail = admin.get(f"/scouter/alerts/problems/{problem}").body
    assert [window["bad"] for window in detail["windows"]] == [True]
    assert detail["events"] == []


@pytest.mark.parametrize("problem_id", ["0", "x", "9" * 30])
def test_a_problem_that_is_not_there(admin: HttpClient, problem_id: str) -> None:
    assert admin.get(f"/scouter/alerts/problems/{problem_id}").status == 404


def test_a_problem_is_taken_and_given_back(admin: HttpClient, problem: int) -> None:
    path = f"/scouter/alerts/problems/{problem}/acknowledge"
    taken = admin.post(path, {"until": stamp(hours=2), "comment": "retraining"}).body
    assert (taken["acknowledged_by"], taken["comment"]) == ("admin", "retraining")
    assert admin.delete(path).body["acknowledged_by"] is None
    kinds = [each["kind"] for each in admin.get(f"/scouter/alerts/problems/{problem}").body["events"]]
    assert kinds == ["taken back", "acknowledged"]


def test_what_does_not_fire_cannot_be_taken(admin: HttpClient, database: str, problem: int) -> None:
    with psycopg.connect(database, options="-c search_path=scouter_py") as connection:
        connection.execute("UPDATE problem SET state = 'ok'")
    assert admin.post(f"/scouter/alerts/problems/{problem}/acknowledge", {}).status == 409


def test_a_silence_is_made_extended_and_ended(admin: HttpClient, problem: int) -> None:
    matchers = [matcher("space", "=", "s"), matcher("subject", "glob", "m?e")]
    preview = admin.post("/scouter/alerts/silences/preview", {"matchers": matchers}).body
    assert preview["problems"] == [problem]
    assert [each["name"] for each in preview["profiles"]] == ["m"]
    made = admin.post("/scouter/alerts/silences", {"matchers": matchers, "ends_at": stamp(hours=1), "comment": "x"})
    assert (made.status, made.body["state"], made.body["created_by"]) == (200, "active", "admin")
    path = f"/scouter/alerts/silences/{made.body['id']}"
    longer = admin.put(path, {"ends_at": stamp(days=3), "comment": "still migrating"}).body
    assert (longer["updated_by"], longer["comment"]) == ("admin", "still migrating")
    assert admin.put(path, {"ends_at": stamp(days=100)}).status == 400
    assert admin.delete(path).body["state"] == "expired"
    assert (admin.delete(path).status, admin.put(path, {"ends_at": stamp(days=1)}).status) == (409, 409)
    assert admin.get("/scouter/alerts/silences").body["items"] == []
    assert len(admin.get("/scouter/alerts/silences", expired="true").body["items"]) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"ends_at": stamp(days=91)}, "ends_at"),
        ({"ends_at": stamp(hours=-1)}, "ends_at"),
        ({"comment": " "}, "comment"),
        ({"matchers": []}, "matchers"),
        ({"matchers": [matcher("uid", "=", "a")]}, "matchers[0].field"),
        ({"matchers": [matcher("space", "=~", "a")]}, "matchers[0].is"),
    ],
)
def test_a_silence_that_cannot_be(admin: HttpClient, changes: dict[str, Any], field: str) -> None:
    body = {"matchers": [matcher("space", "=", "s")], "ends_at": stamp(hours=1), "comment": "x", **changes}
    refused = admin.post("/scouter/alerts/silences", body)
    assert refused.status == 400
    assert refused.body["field"] == field


def test_a_silence_needs_write_on_its_space_and_an_admin_without_one(
    log_in: LogIn,  # noqa: F811
    problem: int,
) -> None:
    body = {"matchers": [matcher("space", "=", "s")], "ends_at": stamp(hours=1), "comment": "x"}
    owner, other = log_in("owner", "write:s", "read:s"), log_in("other", "write:t", "read:t")
    made = owner.post("/scouter/alerts/silences", body)
    assert made.status == 200
    everywhere = {**body, "matchers": [matcher("name", "=", "m")]}
    assert owner.post("/scouter/alerts/silences", everywhere).status == 403
    assert other.post("/scouter/alerts/silences", body).status == 403
    path = f"/scouter/alerts/silences/{made.body['id']}"
    assert other.delete(path).status == 403
    assert other.get("/scouter/alerts/silences").body["items"] == []
    assert other.post("/scouter/alerts/silences/preview", {"matchers": everywhere["matchers"]}).body == {
        "profiles": [],
        "problems": [],
    }
    acknowledge = f"/scouter/alerts/problems/{problem}/acknowledge"
    assert other.post(acknowledge, {}).status == 403
    assert other.get(f"/scouter/alerts/problems/{problem}").status == 403
    assert owner.post(acknowledge, {}).status == 200


def test_a_policy_shows_where_each_value_comes_from(admin: HttpClient, uid: str) -> None:
    space = admin.put("/scouter/alerts/policy", {"space": "s", "policy": {"repeat_every": "12h", "worse": "off"}})
    assert space.status == 200, space
    policy = {"worse": 3, "features": {"mae": {"judge": "corrected"}}}
    set_policy = admin.put("/scouter/alerts/policy", {"uid": uid, "policy": policy})
    assert set_policy.body["document"] == {"worse": 3.0, "features": {"mae": {"judge": "corrected"}}}
    values = admin.get("/scouter/alerts/policy", uid=uid, feature="mae").body["values"]
    assert values["worse"] == {"value": 3.0, "origin": "profile"}
    assert values["repeat_every"] == {"value": "12h", "origin": "space"}
    assert values["judge"] == {"value": "corrected", "origin": "feature"}
    assert values["messages"]["origin"] == "server"
    assert values["late_hours"] == {"value": 24, "origin": "default"}
    path = f"/scouter/alerts/policy?uid={uid}"
    assert admin.delete(path).body["values"]["worse"] == {"value": "off", "origin": "space"}
    assert admin.delete(path).status == 404


@pytest.mark.parametrize(
    ("policy", "field"),
    [({"judge": "me"}, "judge"), ({"repeat": "1h"}, "repeat"), ([], "policy"), ({"features": {}}, "features")],
)
def test_a_policy_that_cannot_be(admin: HttpClient, policy: object, field: str) -> None:
    refused = admin.put("/scouter/alerts/policy", {"space": "s", "policy": policy})
    assert refused.status == 400
    assert refused.body["field"] == field


def test_a_policy_says_which_of_its_destinations_the_server_lacks_something_for(admin: HttpClient) -> None:
    to = [{"email": ["team@example.org"]}, {"pagerduty": "shop"}, {"slack": {"channel": "#drift"}}, {"profile": True}]
    set_policy = admin.put("/scouter/alerts/policy", {"space": "s", "policy": {"to": to}})
    said = [
        "alerts for e-mail team@example.org are printed on the server's console: "
        "SCOUTER_SMTP_URL and SCOUTER_MAIL_FROM are not set",
        "alerts for PagerDuty shop are printed on the server's console: SCOUTER_PAGERDUTY_ROUTING_KEYS is not set",
        "alerts for Slack are printed on the server's console: SLACK_APP_TOKEN and SLACK_API_URL are not set",
    ]
    assert set_policy.body["notes"] == said
    assert admin.get("/scouter/alerts/policy", space="s").body["notes"] == said
    assert admin.get("/scouter/alerts/policy").body["notes"] == []


def test_a_policy_is_for_those_who_may_write_there(
    admin: HttpClient,
    log_in: LogIn,  # noqa: F811
    uid: str,
) -> None:
    assert admin.put("/scouter/alerts/policy", {"policy": {}}).status == 400
    other = log_in("other", "write:t", "read:t")
    for named in ({"uid": uid}, {"space": "s"}):
        assert other.put("/scouter/alerts/policy", {**named, "policy": {}}).status == 403
        assert other.get("/scouter/alerts/policy", **named).status == 403
    assert other.get("/scouter/alerts/policy").status == 200


def test_another_rule_begins_pending_problems_anew(admin: HttpClient, database: str, uid: str, problem: int) -> None:
    def state(statement: str) -> list[Any]:
        with psycopg.connect(database, options="-c search_path=scouter_py") as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    state("UPDATE problem SET state = 'pending', settled_state = 'ok'")
    admin.put("/scouter/alerts/policy", {"uid": uid, "policy": {"mute": [{"days": ["sun"]}]}})
    assert state("SELECT state FROM problem") == [("pending",)]
    admin.put("/scouter/alerts/policy", {"uid": uid, "policy": {"fire_after": "3 of 5"}})
    assert state("SELECT state, reason, verdicts FROM problem") == [("ok", "policy changed", [])]


def test_there_are_no_messages_yet(admin: HttpClient) -> None:
    assert admin.get("/scouter/alerts/messages", space="s", state="delivered").body == {
        "items": [],
        "has_next": False,
        "next_cursor": None,
    }
