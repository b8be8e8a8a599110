"""Open alerts by profile and feature, and what ends them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scouter.auth.permissions import Caller
from scouter.errors import PermissionDenied
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.open_alerts import AlertFilter
from scouter.profiles.acknowledgement import acknowledge, reopen, reopen_together
from scouter.profiles.open_alerts import acknowledged_alerts, alert_by_id, alerts_of_run
from scouter.server import Server
from scouter.wire.open_alerts import AcknowledgeRequest
from tests.http_client import HttpClient
from tests.integration.callers import LogIn, log_in  # noqa: F401  # a fixture
from tests.integration.checked_profiles import at, register, run, seen
from tests.integration.conftest import settings_for

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
ADA = Caller("ada", frozenset({"read:s", "write:s"}), frozenset())


@pytest.fixture
def server(database: str, tmp_path: Path) -> Iterator[Server]:
    running = Server(settings_for(database, tmp_path, SCOUTER_ROLES="http"))
    running.start()
    yield running
    running.stop()


def raise_alert(
    pool: Pool, uid: str, feature: str, hour: int, kind: str = "OutOfBounds", run_id: int | None = None
) -> int:
    text = json.dumps({"Spc": {"feature": feature, "kind": kind, "zone": "Zone4"}})
    with pool.connection() as connection:
        row = connection.execute(
            "INSERT INTO alert (entity_id, entity_name, created_at, alert, run_id)"
            " SELECT id, %s, %s, %s::json, %s FROM entity WHERE uid = %s RETURNING id",
            (feature, at(hour), text, run_id, uid),
        ).fetchone()
    assert row is not None
    return int(row[0])


def opened(client: HttpClient, **query: Any) -> list[Any]:
    answer = client.get("/scouter/alerts/open", **query)
    assert answer.status == 200, answer
    items: list[Any] = answer.body["items"]
    return items


def acknowledged(client: HttpClient, **body: Any) -> dict[str, Any]:
    answer = client.post("/scouter/alerts/acknowledge", body)
    assert answer.status == 200, answer
    done: dict[str, Any] = answer.body
    return done


def detail(pool: Pool, alert_id: int) -> Any:
    with pool.connection() as connection:
        return alert_by_id(connection, alert_id)


def test_alerts_of_one_feature_are_one_row(admin: HttpClient, pool: Pool) -> None:
    uid, other = register(admin, "m"), register(admin, "n")
    first = raise_alert(pool, uid, "f0", 1)
    raise_alert(pool, uid, "f0", 2, "Trend")
    raise_alert(pool, uid, "f1", 2)
    raise_alert(pool, other, "f0", 3)
    last_run = run(pool, uid, 4, "alert", seen(0.5))
    last = raise_alert(pool, uid, "f0", 4, run_id=last_run)
    found = opened(admin)
    assert [(item["name"], item["feature"], item["count"]) for item in found] == [
        ("m", "f0", 3),
        ("n", "f0", 1),
        ("m", "f1", 1),
    ]
    assert {name: found[0][name] for name in ("uid", "first_id", "last_id", "last_run_id", "kinds", "still")} == {
        "uid": uid,
        "first_id": first,
        "last_id": last,
        "last_run_id": last_run,
        "kinds": ["OutOfBounds", "Trend"],
        "still": True,
    }
    assert (found[0]["first_at"], found[0]["last_at"]) == ("2026-11-20T01:00:00Z", "2026-11-20T04:00:00Z")
    assert found[0]["alert"]["Spc"]["kind"] == "OutOfBounds"
    assert [item["still"] for item in found] == [True, False, False]
    run(pool, uid, 5, "ok", seen(0.1))
    assert not opened(admin, uid=uid)[0]["still"]


def test_pages_hold_every_group_once(admin: HttpClient, pool: Pool) -> None:
    uid = register(admin, "m")
    for hour in range(3):
        for feature in ("a", "b", "c", "d", "e"):
            raise_alert(pool, uid, feature, hour)
    listed: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        answer = admin.get("/scouter/alerts/open", **query)
        listed += [item["feature"] for item in answer.body["items"]]
        if not answer.body["has_next"]:
            break
        query["cursor"] = answer.body["next_cursor"]
    assert listed == ["e", "d", "c", "b", "a"]


def test_only_what_may_be_read_is_listed(admin: HttpClient, pool: Pool, log_in: LogIn) -> None:  # noqa: F811
    raise_alert(pool, register(admin, "m"), "f0", 1)
    secret = register(admin, "secret", space="t")
    raise_alert(pool, secret, "f0", 1)
    reader = log_in("eve", "read:s")
    assert [item["name"] for item in opened(reader)] == ["m"]
    assert reader.get("/scouter/alerts/open", space="t").status == 403
    assert reader.get("/scouter/alerts/open", uid=secret).status == 403
    assert len(opened(admin, space="t")) == 1


def test_some_are_acknowledged_by_their_ids(admin: HttpClient, pool: Pool) -> None:
    uid = register(admin, "m")
    one, two, three = (raise_alert(pool, uid, "f0", hour) for hour in range(3))
    assert acknowledged(admin, ids=[one, two, two], note="sensor replaced") == {"acknowledged": 2, "already": 0}
    assert acknowledged(admin, ids=[two, three]) == {"acknowledged": 1, "already": 1}
    told = detail(pool, two)
    assert (told.active, told.acknowledged_by, told.note) == (False, "admin", "sensor replaced")
    assert opened(admin) == []


def test_all_of_a_check_are_acknowledged(admin: HttpClient, pool: Pool) -> None:
    uid = register(admin, "m")
    run_id = run(pool, uid, 1, "alert", seen(0.5))
    raised = [raise_alert(pool, uid, feature, 1, run_id=run_id) for feature in ("a", "b")]
    raise_alert(pool, uid, "c", 2)
    with pool.connection() as connection:
        assert [alert.id for alert in alerts_of_run(connection, run_id)] == raised
    assert acknowledged(admin, run_id=run_id) == {"acknowledged": 2, "already": 0}
    assert [item["feature"] for item in opened(admin)] == ["c"]


def test_what_is_raised_later_stays_open(admin: HttpClient, pool: Pool) -> None:
    uid = register(admin, "m")
    for hour in range(4):
        raise_alert(pool, uid, "f0", hour)
        raise_alert(pool, uid, "f1", hour)
    assert acknowledged(admin, uid=uid, feature="f0", until=at(2).isoformat())["acknowledged"] == 3
    assert {item["feature"]: item["count"] for item in opened(admin)} == {"f0": 1, "f1": 4}
    assert acknowledged(admin, uid=uid, until=at(2).isoformat())["acknowledged"] == 3
    assert {item["feature"]: item["count"] for item in opened(admin)} == {"f0": 1, "f1": 1}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "ids"),
        ({"ids": []}, "ids"),
        ({"ids": [1], "run_id": 1}, "ids"),
        ({"ids": [1], "feature": "f"}, "feature"),
        ({"run_id": 1, "until": "2026-11-20T00:00:00Z"}, "until"),
        ({"ids": [1], "because": "why"}, "because"),
    ],
)
def test_one_way_of_naming_alerts_is_wanted(admin: HttpClient, body: dict[str, Any], field: str) -> None:
    answer = admin.post("/scouter/alerts/acknowledge", body)
    assert (answer.status, answer.body["field"]) == (400, field), answer


def test_of_a_profile_a_moment_is_wanted(admin: HttpClient) -> None:
    answer = admin.post("/scouter/alerts/acknowledge", {"uid": register(admin, "m")})
    assert (answer.status, answer.body["field"]) == (400, "until"), answer


@pytest.mark.parametrize("body", [{"ids": [987]}, {"run_id": 987}, {"uid": "nobody", "until": "2026-11-20T00:00:00Z"}])
def test_what_is_not_there_is_404(admin: HttpClient, body: dict[str, Any]) -> None:
    assert admin.post("/scouter/alerts/acknowledge", body).status == 404


def test_nothing_is_acknowledged_unless_all_of_it_may_be(
    admin: HttpClient,
    pool: Pool,
    log_in: LogIn,  # noqa: F811
) -> None:
    mine, theirs = register(admin, "m"), register(admin, "n", space="t")
    run_id = run(pool, theirs, 1, "alert", seen(0.5))
    ids = [raise_alert(pool, mine, "f0", 1), raise_alert(pool, theirs, "f0", 1, run_id=run_id)]
    writer = log_in("eve", "read:all", "write:s")
    for body in ({"ids": ids}, {"run_id": run_id}, {"uid": theirs, "until": at(9).isoformat()}):
        assert writer.post("/scouter/alerts/acknowledge", body).status == 403
    assert len(opened(admin)) == 2
    assert acknowledged(writer, ids=ids[:1])["acknowledged"] == 1


def test_the_older_route_notes_who_it_was(admin: HttpClient, pool: Pool) -> None:
    number = raise_alert(pool, register(admin, "m"), "f0", 1)
    assert admin.put("/scouter/alerts", {"id": number, "active": False, "space": "s"}).body == {"updated": True}
    told = detail(pool, number)
    assert (told.acknowledged_by, told.note) == ("admin", None)
    assert told.acknowledged_at > datetime.now(UTC) - timedelta(minutes=1)
    admin.put("/scouter/alerts", {"id": number, "active": True, "space": "s"})
    told = detail(pool, number)
    assert (told.active, told.acknowledged_by, told.acknowledged_at) == (True, None, None)


def test_an_acknowledgement_is_taken_back_as_a_whole(admin: HttpClient, pool: Pool) -> None:
    uid = register(admin, "m")
    ids = [raise_alert(pool, uid, "f0", hour) for hour in range(3)]
    with pool.connection() as connection:
        acknowledge(connection, ADA, AcknowledgeRequest(ids=ids[:1]), NOW - timedelta(hours=1))
        done = acknowledge(connection, ADA, AcknowledgeRequest(ids=ids, note="known"), NOW)
        assert (done.acknowledged, done.already, done.at) == (2, 1, NOW)
        assert reopen_together(connection, ADA, "ada", done.at, NOW) == 2
        reader = Caller("bob", frozenset({"read:s"}), frozenset())
        with pytest.raises(PermissionDenied):
            reopen(connection, reader, ids, NOW)
        assert reopen(connection, ADA, ids, NOW) == 1
    assert opened(admin)[0]["count"] == 3


def test_what_was_acknowledged_together_is_one_row(admin: HttpClient, pool: Pool) -> None:
    uid = register(admin, "m")
    ids = [raise_alert(pool, uid, feature, hour) for hour in range(2) for feature in ("a", "b")]
    with pool.connection() as connection:
        acknowledge(connection, ADA, AcknowledgeRequest(ids=ids[:3], note="known"), NOW)
        acknowledge(connection, ADA, AcknowledgeRequest(ids=ids[3:]), NOW + timedelta(hours=1))
        first = acknowledged_alerts(connection, AlertFilter(["s"]), limit=2)
        rest = acknowledged_alerts(connection, AlertFilter(["s"]), limit=2, cursor=first.next_cursor)
        assert acknowledged_alerts(connection, AlertFilter(["t"])).items == []
    told = [(item.feature, item.count, item.acknowledged_by, item.note) for item in (*first.items, *rest.items)]
    assert told == [("b", 1, "ada", None), ("a", 2, "ada", "known"), ("b", 1, "ada", "known")]
    assert (first.has_next, rest.has_next) == (True, False)
