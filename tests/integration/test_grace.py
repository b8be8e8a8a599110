"""How long a check waits for the last records of its window: no longer than its schedule leaves it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.checks import seconds_until_due
from scouter.server import Server
from tests.conditions import eventually
from tests.http_client import HttpClient
from tests.integration.conftest import settings_for
from tests.integration.test_checks import claim, execute, register, runs, send
from tests.profile_documents import registration, spc_profile

GRACE = timedelta(seconds=60)
GRACES = {"SCOUTER_WINDOW_GRACE_SECONDS": "60"}


def every(seconds: int) -> dict[str, Any]:
    profile = spc_profile()
    profile["config"]["alert_config"]["schedule"] = f"*/{seconds} * * * * *"
    return profile


@pytest.fixture
def server(database: str, tmp_path: Path) -> Iterator[Server]:
    """Without workers: the tests make the checks themselves."""
    running = Server(settings_for(database, tmp_path, POLLING_WORKER_COUNT="0", **GRACES))
    running.start()
    yield running
    running.stop()


def waiting(admin: HttpClient, uid: str) -> dict[str, Any]:
    found: dict[str, Any] = admin.get("/scouter/runs", uid=uid).body["waiting"]
    return found


def set_next_run(database: str, ago: float) -> None:
    execute(database, "UPDATE profile SET next_run = clock_timestamp() - %s * interval '1 second'", ago)


def test_a_five_second_schedule_waits_five_seconds(admin: HttpClient, pool: Pool, database: str) -> None:
    register(admin, every(5))
    set_next_run(database, 4)
    assert claim(pool, GRACE) is None
    with pool.connection() as connection:
        due = seconds_until_due(connection, GRACE)
    assert due is not None
    assert 0 < due <= 1
    set_next_run(database, 5)
    claimed = claim(pool, GRACE)
    assert claimed is not None
    assert claimed.grace == timedelta(seconds=5)


def test_a_quarter_hours_schedule_waits_as_before(admin: HttpClient, pool: Pool, database: str) -> None:
    register(admin, spc_profile())
    set_next_run(database, 59)
    assert claim(pool, GRACE) is None
    set_next_run(database, 60)
    claimed = claim(pool, GRACE)
    assert claimed is not None
    assert claimed.grace == GRACE


def test_a_profile_from_before_waits_as_before_until_it_is_registered_again(
    admin: HttpClient, pool: Pool, database: str
) -> None:
    uid = register(admin, every(5))
    execute(database, "UPDATE profile SET schedule_gap = NULL")
    set_next_run(database, 30)
    assert claim(pool, GRACE) is None
    again = every(5)
    again["config"]["uid"] = uid
    assert admin.put("/scouter/profile", registration(again)).status == 200
    assert execute(database, "SELECT schedule_gap FROM profile") == [(timedelta(seconds=5),)]
    assert claim(pool, GRACE) is not None


def test_a_newcomer_sees_a_first_run_within_two_intervals(database: str, tmp_path: Path) -> None:
    running = Server(settings_for(database, tmp_path, **GRACES))
    running.start()
    try:
        admin = HttpClient(running.address).login()
        uid = register(admin, every(2))
        send(admin, "Spc", uid, {"feature": "f0", "value": 1.0})
        began = time.monotonic()
        eventually(lambda: any(run["row_count"] == 1 for run in runs(admin, uid=uid)), seconds=15)
        assert time.monotonic() - began < 10
    finally:
        running.stop()


def test_what_comes_after_such_a_check_is_noted_as_late(admin: HttpClient, database: str) -> None:
    """A check that waits five seconds has missed records that are two seconds old, if storing them takes long."""
    for schedule, age, late in ((5, 0.0, 0), (5, 2.0, 1), (30, 5.0, 0), (30, 9.0, 1)):
        uid = register(admin, every(schedule))
        execute(database, "DELETE FROM late_arrival")
        stamp = (datetime.now(UTC) - timedelta(seconds=age)).isoformat()
        send(admin, "Spc", uid, {"feature": "f0", "value": 1.0, "created_at": stamp})
        assert execute(database, "SELECT count(*) FROM late_arrival") == [(late,)], (schedule, age)
        assert admin.delete(f"/scouter/profile?uid={uid}").status == 200


def test_the_next_check_says_what_it_waits_for(admin: HttpClient, pool: Pool, database: str) -> None:
    uid = register(admin, every(30))
    now = waiting(admin, uid)
    assert now["state"] == "window"
    assert datetime.fromisoformat(now["due_at"]) - datetime.fromisoformat(now["window_end"]) == timedelta(seconds=30)
    assert "is not over; it is checked at" in now["message"]
    set_next_run(database, 10)
    assert (waiting(admin, uid)["state"], "its last records" in waiting(admin, uid)["message"]) == ("grace", True)
    set_next_run(database, 100)
    assert waiting(admin, uid)["state"] == "due"
    execute(database, "UPDATE profile SET retry_at = clock_timestamp() + interval '1 minute'")
    assert waiting(admin, uid)["state"] == "retry"
    execute(database, "UPDATE profile SET retry_at = NULL")
    assert claim(pool, GRACE) is not None
    assert waiting(admin, uid)["state"] == "under_way"
    execute(database, "UPDATE profile SET active = false")
    assert (waiting(admin, uid)["state"], waiting(admin, uid)["due_at"]) == ("inactive", None)
    assert "PUT /scouter/profile/status" in waiting(admin, uid)["message"]
    assert admin.get("/scouter/runs").body["waiting"] is None, "that is about one profile"
