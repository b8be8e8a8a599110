"""Alerts, put into the table by hand and read through every shape."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scouter.postgres.connections.pool import Pool
from scouter.server import Server
from tests.http_client import Answer, HttpClient
from tests.integration.callers import LogIn, log_in  # noqa: F401  # a fixture
from tests.profile_documents import custom_profile, psi_profile, registration, spc_profile

START = datetime(2026, 3, 1, tzinfo=UTC)
SPC: dict[str, Any] = {"Spc": {"feature": "f0", "kind": "OutOfBounds", "zone": "Zone3"}}
TREND: dict[str, Any] = {"Spc": {"feature": "f1", "kind": "Trend", "zone": "NotApplicable"}}
PSI: dict[str, Any] = {"Psi": {"feature": "f0", "drift": 0.31, "threshold": 1e-07}}
CUSTOM: dict[str, Any] = {
    "Custom": {
        "metric_name": "mae",
        "baseline_value": 10.0,
        "observed_value": 14.5,
        "delta": 2.0,
        "alert_threshold": "Above",
    }
}
NO_DELTA: dict[str, Any] = {"Custom": {**CUSTOM["Custom"], "delta": None, "alert_threshold": "Outside"}}


def register(client: HttpClient, profile: dict[str, Any]) -> str:
    uid: str = client.post("/scouter/profile", registration(profile)).body["uid"]
    return uid


def insert(pool: Pool, uid: str, alert: dict[str, Any], at: datetime, *, active: bool = True) -> int:
    [members] = alert.values()
    with pool.connection() as connection:
        row = connection.execute(
            "INSERT INTO alert (entity_id, entity_name, created_at, alert, active)"
            " SELECT id, %s, %s, %s, %s FROM entity WHERE uid = %s RETURNING id",
            (members.get("feature") or members["metric_name"], at, json.dumps(alert), active, uid),
        ).fetchone()
    assert row is not None
    number: int = row[0]
    return number


def ids(answer: Answer) -> list[int]:
    assert answer.status == 200, answer
    return [item["id"] for item in answer.body["items"]]


def cursor(answer: Answer, name: str, **more: Any) -> dict[str, Any]:
    at = answer.body[f"{name}_cursor"]
    return {"cursor_created_at": at["created_at"], "cursor_id": at["id"], "direction": name, **more}


@pytest.fixture
def uid(admin: HttpClient) -> str:
    return register(admin, spc_profile())


@pytest.fixture
def seven(pool: Pool, uid: str) -> list[int]:
    """Newest first. The middle three have one moment, and every other one is active."""
    minutes = [0, 1, 2, 2, 2, 3, 4]
    made = [
        insert(pool, uid, SPC, START + timedelta(minutes=minute), active=n % 2 == 0) for n, minute in enumerate(minutes)
    ]
    return made[::-1]


# --- the current wire


def test_items_are_what_was_stored(admin: HttpClient, pool: Pool) -> None:
    stored = [(spc_profile(), SPC), (spc_profile(), TREND), (psi_profile(), PSI), (custom_profile(), NO_DELTA)]
    for profile, alert in stored:
        owner = register(admin, profile)
        number = insert(pool, owner, alert, START + timedelta(microseconds=123456))
        [members] = alert.values()
        assert admin.post("/scouter/alerts", {"uid": owner}).body == {
            "items": [
                {
                    "created_at": "2026-03-01T00:00:00.123456Z",
                    "entity_name": members.get("feature") or members["metric_name"],
                    "alert": alert,
                    "id": number,
                    "active": True,
                }
            ],
            "has_next": False,
            "next_cursor": None,
            "has_previous": False,
            "previous_cursor": {"created_at": "2026-03-01T00:00:00.123456Z", "id": number},
        }


def test_pages_forward_and_back_hold_everything_once(admin: HttpClient, uid: str, seven: list[int]) -> None:
    first = admin.post("/scouter/alerts", {"uid": uid, "limit": 3})
    second = admin.post("/scouter/alerts", {"uid": uid, "limit": 3, **cursor(first, "next")})
    third = admin.post("/scouter/alerts", {"uid": uid, "limit": 3, **cursor(second, "next")})
    assert [ids(first), ids(second), ids(third)] == [seven[:3], seven[3:6], seven[6:]]
    flags = [(page.body["has_next"], page.body["has_previous"]) for page in (first, second, third)]
    assert flags == [(True, False), (True, True), (False, True)]
    assert third.body["next_cursor"] is None
    back = admin.post("/scouter/alerts", {"uid": uid, "limit": 3, **cursor(third, "previous")})
    assert (ids(back), back.body["has_next"], back.body["has_previous"]) == (seven[3:6], True, True)
    start = admin.post("/scouter/alerts", {"uid": uid, "limit": 3, **cursor(back, "previous")})
    assert (ids(start), start.body["has_next"], start.body["has_previous"]) == (seven[:3], True, False)
    assert start.body["previous_cursor"] is None
    again = admin.post("/scouter/alerts", {"uid": uid, "limit": 3, **cursor(start, "next")})
    assert ids(again) == seven[3:6]


def test_a_full_last_page_has_no_next(admin: HttpClient, uid: str, seven: list[int]) -> None:
    page = admin.post("/scouter/alerts", {"uid": uid, "limit": 7})
    assert (ids(page), page.body["has_next"], page.body["next_cursor"]) == (seven, False, None)
    oldest = admin.post("/scouter/alerts", {"uid": uid, "limit": 2, "direction": "previous"})
    assert (ids(oldest), oldest.body["has_previous"]) == (seven[5:], True)


def test_filters(admin: HttpClient, uid: str, seven: list[int]) -> None:
    def listed(**filters: Any) -> list[int]:
        return ids(admin.post("/scouter/alerts", {"uid": uid, **filters}))

    assert listed(active=True) == seven[0::2]
    assert listed(active=False) == seven[1::2]
    assert listed(active=None, limit=None, direction=None, cursor_id=None) == seven
    at = [(START + timedelta(minutes=minute)).isoformat() for minute in range(5)]
    assert listed(start_datetime=at[3]) == seven[:2], "the start is inclusive"
    assert listed(end_datetime=at[2]) == seven[5:], "the end is not"
    assert listed(start_datetime=at[2], end_datetime=at[3], active=True) == [seven[2], seven[4]]
    assert listed(start_datetime=at[2], end_datetime=at[2]) == []
    assert listed(cursor_created_at="9999-12-31T23:59:59Z", cursor_id=2**63 - 1) == seven


def test_fifty_alerts_are_a_page(admin: HttpClient, pool: Pool, uid: str) -> None:
    for second in range(51):
        insert(pool, uid, SPC, START + timedelta(seconds=second))
    page = admin.post("/scouter/alerts", {"uid": uid})
    assert (len(page.body["items"]), page.body["has_next"]) == (50, True)
    assert len(admin.post("/scouter/alerts", {"uid": uid, "limit": 1000}).body["items"]) == 51


@pytest.mark.shares_server("refusals")
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 1001}, "limit"),
        ({"limit": "5"}, "limit"),
        ({"direction": "sideways"}, "direction"),
        ({"cursor_id": 3}, "cursor_created_at"),
        ({"cursor_created_at": "2026-03-01T00:00:00Z"}, "cursor_id"),
        ({"cursor_created_at": "2026-03-01T00:00:00", "cursor_id": 1}, "cursor_created_at"),
        ({"start_datetime": "2026-03-02T00:00:00Z", "end_datetime": "2026-03-01T00:00:00Z"}, "start_datetime"),
        ({"active": "yes"}, "active"),
        ({"uid": None}, "uid"),
    ],
)
def test_a_bad_request_is_told_what_is_wrong(admin: HttpClient, uid: str, change: dict[str, Any], field: str) -> None:
    answer = admin.post("/scouter/alerts", {"uid": uid, **change})
    assert (answer.status, answer.body["field"]) == (400, field), answer


@pytest.mark.shares_server("refusals")
@pytest.mark.parametrize("unknown", ["nobody", "", "nul\x00", "x" * 5000])
def test_an_unknown_uid_is_404(admin: HttpClient, unknown: str) -> None:
    assert admin.post("/scouter/alerts", {"uid": unknown}).status == 404


# --- the legacy wire


def test_the_legacy_wire_has_texts_of_every_type(admin: HttpClient, pool: Pool) -> None:
    alerts = [(spc_profile(), SPC), (spc_profile(), TREND), (psi_profile(), PSI), (custom_profile(), CUSTOM)]
    alerts.append((custom_profile(), NO_DELTA))
    owners: dict[str, str] = {}
    for profile, _ in alerts:
        kind = profile["config"]["drift_type"]
        owners.setdefault(kind, admin.post("/scouter/profile", registration(profile, legacy=True)).body["uid"])
    numbers = [
        insert(pool, owners[profile["config"]["drift_type"]], alert, START + timedelta(minutes=n))
        for n, (profile, alert) in enumerate(alerts)
    ]
    listed = admin.get("/scouter/alerts", name="m", space="s", version="0.1.0", active="false").body["alerts"]
    assert [item["id"] for item in listed] == numbers[::-1]
    custom = {"entity_name": "mae", "training_metric_value": "10", "observed_metric_value": "14.5"}
    assert [item["alert"] for item in listed] == [
        {**custom, "alert_threshold_value": "None", "alert_threshold": "Outside"},
        {**custom, "alert_threshold_value": "2", "alert_threshold": "Above"},
        {"entity_name": "f0", "psi": "0.31", "threshold": "0.0000001"},
        {"entity_name": "f1", "kind": "Trend", "zone": "NA"},
        {"entity_name": "f0", "kind": "Out of bounds", "zone": "Zone 3"},
    ]
    assert {key: value for key, value in listed[-1].items() if key != "alert"} == {
        "created_at": "2026-03-01T00:00:00Z",
        "name": "m",
        "space": "s",
        "version": "0.1.0",
        "entity_name": "f0",
        "id": numbers[0],
        "drift_type": "Spc",
        "active": True,
    }


def test_the_legacy_wire_filters(admin: HttpClient, uid: str, seven: list[int]) -> None:
    def listed(**filters: Any) -> list[int]:
        answer = admin.get("/scouter/alerts", name="m", space="s", version="0.1.0", **filters)
        assert answer.status == 200, answer
        return [item["id"] for item in answer.body["alerts"]]

    assert listed(active="true") == seven[0::2]
    assert listed(active="false") == listed() == seven
    assert listed(limit=2) == seven[:2]
    assert listed(limit_datetime=(START + timedelta(minutes=3)).isoformat()) == seven[:2]
    assert admin.get("/scouter/alerts", name="other", space="s", version="0.1.0").body == {"alerts": []}
    assert admin.get("/scouter/alerts", name="m", space="s", version="0.2.0").body == {"alerts": []}


@pytest.mark.shares_server("refusals")
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 10_001}, "limit"),
        ({"limit_datetime": "yesterday"}, "limit_datetime"),
        ({"active": "maybe"}, "active"),
        ({"name": None}, "name"),
        ({"version": "nul\x00"}, "version"),
    ],
)
def test_a_bad_legacy_query_is_told_what_is_wrong(admin: HttpClient, change: dict[str, Any], field: str) -> None:
    answer = admin.get("/scouter/alerts", **{"name": "m", "space": "s", "version": "0.1.0", **change})
    assert (answer.status, answer.body["field"]) == (400, field), answer


# --- switching off and on


def test_an_alert_is_switched_off_and_on(admin: HttpClient, uid: str, seven: list[int]) -> None:
    for active in (False, False, True):
        sent = {"id": seven[0], "active": active, "space": "s"}
        answer = admin.put("/scouter/alerts", sent)
        assert (answer.status, answer.body) == (200, {"updated": True})
        [newest] = admin.post("/scouter/alerts", {"uid": uid, "limit": 1}).body["items"]
        assert (newest["id"], newest["active"]) == (seven[0], active)
    assert admin.put("/scouter/alerts", {"id": 2**31 - 1, "active": False, "space": "s"}).status == 404
    assert admin.put("/scouter/alerts", {"id": 2**31, "active": False, "space": "s"}).body["field"] == "id"


def test_only_the_alerts_own_space_gives_the_right_to_change_it(
    admin: HttpClient,
    log_in: LogIn,  # noqa: F811
    uid: str,
    seven: list[int],
) -> None:
    stranger, reader, owner = log_in("a", "write:other"), log_in("b", "read:s"), log_in("c", "write:s")
    named_other = {"id": seven[0], "active": False, "space": "other"}
    answer = stranger.put("/scouter/alerts", named_other)
    assert (answer.status, "'s'" in answer.body["error"]) == (403, True)
    assert reader.put("/scouter/alerts", {**named_other, "space": "s"}).status == 403
    assert owner.put("/scouter/alerts", named_other).status == 403, "a named space is authorised too"
    assert stranger.put("/scouter/alerts", {"id": 999, "active": False, "space": "s"}).status == 403
    assert admin.post("/scouter/alerts", {"uid": uid, "limit": 1}).body["items"][0]["active"] is True
    assert owner.put("/scouter/alerts", {"id": seven[0], "active": False}).status == 200


# --- over all profiles


@pytest.fixture
def three_spaces(admin: HttpClient, pool: Pool) -> dict[str, list[int]]:
    made: dict[str, list[int]] = {}
    for n, (space, profile, alert) in enumerate(
        [("a", spc_profile("a"), SPC), ("b", psi_profile("b"), PSI), ("c", custom_profile("c"), CUSTOM)]
    ):
        owner = register(admin, profile)
        made[space] = [
            insert(pool, owner, alert, START + timedelta(minutes=minute, seconds=n), active=minute == 1)
            for minute in range(2)
        ]
    return made


def test_recent_alerts_come_with_their_profiles(admin: HttpClient, three_spaces: dict[str, list[int]]) -> None:
    everything = admin.get("/scouter/alerts/recent")
    newest_first = [three_spaces[space][minute] for minute in (1, 0) for space in "cba"]
    assert ids(everything) == newest_first
    newest = everything.body["items"][0]
    uid = admin.get("/scouter/profile", name="m", space="c", version="0.1.0", drift_type="Custom").body
    assert newest == {
        "created_at": "2026-03-01T00:01:02Z",
        "entity_name": "mae",
        "alert": CUSTOM,
        "id": three_spaces["c"][1],
        "active": True,
        "uid": uid["Custom"]["config"]["uid"],
        "space": "c",
        "name": "m",
        "version": "0.1.0",
        "drift_type": "Custom",
    }


def test_recent_alerts_have_pages_and_filters(admin: HttpClient, three_spaces: dict[str, list[int]]) -> None:
    everything = ids(admin.get("/scouter/alerts/recent"))
    first = admin.get("/scouter/alerts/recent", limit=4)
    second = admin.get("/scouter/alerts/recent", limit=4, **cursor(first, "next"))
    assert (ids(first) + ids(second), second.body["has_next"]) == (everything, False)
    back = admin.get("/scouter/alerts/recent", limit=4, **cursor(second, "previous"))
    assert (ids(back), back.body["has_previous"], back.body["has_next"]) == (everything[:4], False, True)

    def listed(**filters: Any) -> list[int]:
        return ids(admin.get("/scouter/alerts/recent", **filters))

    assert listed(space="b") == three_spaces["b"][::-1]
    assert listed(space="nowhere") == []
    assert listed(drift_type="Spc") == three_spaces["a"][::-1]
    assert listed(active="true") == everything[:3]
    assert listed(active="false") == everything[3:]
    at = (START + timedelta(minutes=1)).isoformat()
    assert listed(since=at) == everything[:3]
    assert listed(until=at) == everything[3:]
    assert listed(since=at, space="a", drift_type="Psi") == []
    for bad in ({"limit": 0}, {"limit": 1001}, {"drift_type": "LLM"}, {"cursor_id": 1}, {"space": "\x00"}):
        assert admin.get("/scouter/alerts/recent", **bad).status == 400


def test_recent_alerts_are_those_of_readable_spaces(
    log_in: LogIn,  # noqa: F811
    three_spaces: dict[str, list[int]],
) -> None:
    some = log_in("some", "read:a", "read:c", "write:b")
    assert {item["space"] for item in some.get("/scouter/alerts/recent").body["items"]} == {"a", "c"}
    assert some.get("/scouter/alerts/recent", space="b").status == 403
    assert ids(log_in("none").get("/scouter/alerts/recent")) == []
    assert len(ids(log_in("every", "read:all").get("/scouter/alerts/recent"))) == 6


# --- permissions


def test_every_route_wants_a_token_and_the_right_to_the_space(
    server: Server,
    log_in: LogIn,  # noqa: F811
    uid: str,
    seven: list[int],
) -> None:
    def answers(client: HttpClient) -> list[int]:
        return [
            client.post("/scouter/alerts", {"uid": uid}).status,
            client.get("/scouter/alerts", name="m", space="s", version="0.1.0").status,
            client.get("/scouter/alerts/recent", space="s").status,
            client.put("/scouter/alerts", {"id": seven[0], "active": True, "space": "s"}).status,
        ]

    assert answers(HttpClient(server.address)) == [401] * 4
    assert answers(log_in("other", "read:other", "write:other")) == [403] * 4
    assert answers(log_in("reader", "read:s")) == [200, 200, 200, 403]
    assert answers(log_in("writer", "write:s")) == [403, 403, 403, 200]


def test_alerts_go_with_their_profile(pool: Pool, seven: list[int], uid: str) -> None:
    with pool.connection() as connection:
        connection.execute("DELETE FROM entity WHERE uid = %s", (uid,))
        assert connection.execute("SELECT count(*) FROM alert").fetchone() == (0,)
