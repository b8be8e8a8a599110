"""Checks that somebody asks for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scouter.checks.asked_checks import AskedChecks
from scouter.checks.late_sweep import LateSweep
from scouter.errors import Conflict
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.deliveries import DeliveryFilter
from scouter.postgres.tables.windows import Window
from scouter.profiles.deliveries import delivery_items
from scouter.profiles.open_alerts import alerts_of_run
from scouter.server import Server, utc_now
from tests.http_client import HttpClient
from tests.integration.callers import LogIn, log_in  # noqa: F401  # a fixture
from tests.integration.checked_profiles import entity_id, state_of
from tests.integration.conftest import settings_for
from tests.profile_documents import custom_profile, registration

DAY = timedelta(days=1)


@pytest.fixture
def server(database: str, tmp_path: Path) -> Iterator[Server]:
    running = Server(settings_for(database, tmp_path, SCOUTER_ROLES="http"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def asked(pool: Pool, database: str, tmp_path: Path) -> AskedChecks:
    settings = settings_for(database, tmp_path)
    return AskedChecks(pool, settings.checks, settings.alerting)


@pytest.fixture
def midnight() -> datetime:
    """The end of the last daily window."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.fixture
def uid(admin: HttpClient, pool: Pool) -> str:
    """Checked at midnight, registered ten days ago."""
    made = str(admin.post("/scouter/profile", registration(custom_profile(), active=True)).body["uid"])
    with pool.connection() as connection:
        connection.execute("UPDATE profile SET created_at = created_at - interval '10 days'")
    return made


def send(admin: HttpClient, uid: str, at: datetime, value: float) -> None:
    record = {"created_at": at.isoformat(), "uid": uid, "metric": "mae", "value": value}
    assert admin.post("/scouter/message", {"records": [{"Custom": record}]}).body["stored"] == 1


def ask(admin: HttpClient, uid: str) -> dict[str, Any]:
    answer = admin.post("/scouter/runs", {"uid": uid})
    assert answer.status == 200, answer
    body: dict[str, Any] = answer.body
    return body


def test_the_last_window_that_is_over_is_checked_and_told_once(
    admin: HttpClient, pool: Pool, uid: str, midnight: datetime
) -> None:
    send(admin, uid, midnight - timedelta(hours=1), 9.0)
    send(admin, uid, midnight - timedelta(hours=30), 100.0)
    first = ask(admin, uid)
    assert first["window_end"] == midnight.isoformat().replace("+00:00", "Z")
    assert first["window_start"] == (midnight - DAY).isoformat().replace("+00:00", "Z")
    assert (first["outcome"], first["attempt"], first["asked_by"], first["row_count"]) == ("alert", 1, "admin", 1)
    assert len(admin.post("/scouter/alerts", {"uid": uid}).body["items"]) == 1
    again = ask(admin, uid)
    assert (again["outcome"], again["attempt"], again["late"]) == ("alert", 2, False)
    assert len(again["result"]["alerts"]) == 1
    assert len(admin.post("/scouter/alerts", {"uid": uid}).body["items"]) == 1, "what was told is not told again"
    with pool.connection() as connection:
        raised = [alert.id for alert in alerts_of_run(connection, first["id"])]
        [told] = delivery_items(connection, DeliveryFilter(entity_id=entity_id(pool, uid), alert_ids=raised)).items
        assert delivery_items(connection, DeliveryFilter(entity_id=entity_id(pool, uid), alert_ids=[987])).items == []
        assert delivery_items(connection, DeliveryFilter()).items == [told]
    stood = state_of(pool, uid)
    assert stood.last_run is not None
    assert (stood.state, stood.last_run.id, stood.recent_outcomes) == ("alert", again["id"], ["alert"])


def test_one_run_is_read_by_its_id(admin: HttpClient, uid: str, log_in: LogIn) -> None:  # noqa: F811
    made = ask(admin, uid)
    assert admin.get(f"/scouter/runs/{made['id']}").body == made
    assert admin.get("/scouter/runs", uid=uid).body["items"] == [made]
    assert log_in("eve", "read:t").get(f"/scouter/runs/{made['id']}").status == 403
    for unknown in ("987", "0", "x", "-1", "9" * 30, "%C2%B2"):
        assert admin.get(f"/scouter/runs/{unknown}").status == 404, unknown


def test_who_may_not_write_may_not_ask(uid: str, log_in: LogIn) -> None:  # noqa: F811
    assert log_in("eve", "read:all").post("/scouter/runs", {"uid": uid}).status == 403
    assert log_in("ada", "write:s").post("/scouter/runs", {"uid": "nobody"}).status == 404


def test_nothing_is_checked_before_a_window_is_over(admin: HttpClient) -> None:
    fresh = admin.post("/scouter/profile", registration(custom_profile(), active=True)).body["uid"]
    answer = admin.post("/scouter/runs", {"uid": fresh})
    assert (answer.status, answer.body["error"]) == (409, "no window of it is over yet")


def test_what_is_due_is_left_to_its_schedule(admin: HttpClient, pool: Pool, uid: str) -> None:
    with pool.connection() as connection:
        connection.execute("UPDATE profile SET next_run = now() - interval '10 seconds'")
    answer = admin.post("/scouter/runs", {"uid": uid})
    assert answer.status == 409
    assert "is over; its last records may be on their way until" in answer.body["error"]
    with pool.connection() as connection:
        connection.execute("UPDATE profile SET lease_until = now() + interval '1 minute', next_run = now() + '1 day'")
    assert admin.post("/scouter/runs", {"uid": uid}).body["error"] == "a check of it is under way"


def test_a_profile_that_is_off_is_checked_when_asked(
    admin: HttpClient, pool: Pool, uid: str, midnight: datetime
) -> None:
    send(admin, uid, midnight - timedelta(hours=1), 1.0)
    with pool.connection() as connection:
        connection.execute("UPDATE profile SET active = false, next_run = now() - interval '3 days'")
    assert (ask(admin, uid)["outcome"], state_of(pool, uid).state) == ("ok", "off")


def test_given_windows_are_checked_as_if_they_were_over_now(
    admin: HttpClient, pool: Pool, uid: str, midnight: datetime, asked: AskedChecks
) -> None:
    owner = entity_id(pool, uid)
    for day, value in ((3, 1.0), (2, 9.0), (1, 1.5)):
        send(admin, uid, midnight - day * DAY + timedelta(hours=2), value)
        end = midnight - (day - 1) * DAY
        asked.of_window(owner, Window(end - DAY, end), at=end)
    stood = state_of(pool, uid)
    assert (stood.state, stood.recent_outcomes) == ("ok", ["ok", "alert", "ok"])
    [alert] = admin.post("/scouter/alerts", {"uid": uid}).body["items"]
    assert alert["created_at"] == (midnight - DAY).isoformat().replace("+00:00", "Z")


def test_a_check_that_fails_is_a_run_that_says_why(
    admin: HttpClient, pool: Pool, uid: str, midnight: datetime, asked: AskedChecks
) -> None:
    with pool.connection() as connection:
        connection.execute("""UPDATE profile SET document = '{"metrics": {"mae": "x"}}'""")
    failed = ask(admin, uid)
    assert (failed["outcome"], failed["result"], failed["asked_by"]) == ("failed", None, "admin")
    assert "metrics" in failed["error"]
    assert state_of(pool, uid).state == "failed"


def test_late_records_are_still_found_after_somebody_asked(
    admin: HttpClient, pool: Pool, uid: str, midnight: datetime, database: str, tmp_path: Path
) -> None:
    settings = settings_for(database, tmp_path, SCOUTER_WINDOW_GRACE_SECONDS="0")
    send(admin, uid, midnight - timedelta(hours=1), 1.0)
    ask(admin, uid)
    with pool.connection() as connection:
        connection.execute("UPDATE profile SET previous_run = %s", (midnight,))
    send(admin, uid, midnight - timedelta(hours=2), 99.0)
    with pool.connection() as connection:
        connection.execute("DELETE FROM late_arrival")
        connection.execute(
            "INSERT INTO late_arrival (entity_id, first_created_at, last_created_at) VALUES (%s, %s, %s)",
            (entity_id(pool, uid), midnight - timedelta(hours=2), midnight - timedelta(hours=2)),
        )
    LateSweep(pool, settings.checks, settings.alerting, utc_now).sweep()
    newest, asked_for = admin.get("/scouter/runs", uid=uid).body["items"]
    assert (newest["late"], newest["asked_by"], newest["attempt"], newest["outcome"]) == (True, None, 2, "alert")
    assert asked_for["asked_by"] == "admin"
    assert state_of(pool, uid).state == "alert"


def test_two_at_once_take_turns(pool: Pool, uid: str, midnight: datetime, asked: AskedChecks) -> None:
    owner = entity_id(pool, uid)
    with pool.connection() as connection:
        connection.execute("UPDATE profile SET lease_until = now() + interval '1 minute'")
    with pytest.raises(Conflict):
        asked.of_window(owner, Window(midnight - DAY, midnight), at=midnight)
