"""Times that a clock which was ahead has left: each is found and set back, and none that is as it should be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from scouter.maintenance.future_times import FutureTimes
from scouter.postgres.connections.pool import Pool, connect
from scouter.postgres.connections.stale_transactions import end_stale_transactions
from scouter.postgres.embedded.server import EmbeddedPostgres
from scouter.postgres.schema.migrations import migrate
from scouter.postgres.tables.late_arrivals import quiet_entities
from scouter.postgres.tables.runs import add_run, runs_touched
from scouter.postgres.tables.windows import Window
from scouter.server import Server
from tests.availability import cannot_run
from tests.http_client import HttpClient
from tests.integration.conftest import settings_for
from tests.profile_documents import custom_profile, registration
from tests.server_process import let_others_enter
from tests.shifted_clock import NoShiftedClock, ShiftedClock, shifted_postgres

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
TIMES = FutureTimes(grace=MINUTE, check_lease=MINUTE, delivery_lease=MINUTE)


@pytest.fixture
def server(database: str, tmp_path: Path) -> Iterator[Server]:
    """Without workers, and without a watch over the clock."""
    running = Server(settings_for(database, tmp_path, SCOUTER_ROLES="http"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def entity_id(admin: HttpClient, pool: Pool) -> int:
    """A profile that is checked every hour and was checked at the last one."""
    profile = custom_profile()
    profile["config"]["alert_config"]["schedule"] = "0 0 * * * *"
    assert admin.post("/scouter/profile", registration(profile, active=True)).status == 200
    change(pool, "UPDATE profile SET created_at = %s, previous_run = %s, next_run = %s", hour(-3), hour(0), hour(1))
    return int(look(pool, "SELECT entity_id FROM profile")[0])


def hour(number: int) -> datetime:
    """So many whole hours after the last one."""
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + number * HOUR


def change(pool: Pool, statement: str, *parameters: Any) -> None:
    with pool.connection() as connection:
        connection.execute(statement.encode(), parameters)


def look(pool: Pool, statement: str) -> tuple[Any, ...]:
    with pool.connection() as connection:
        row: tuple[Any, ...] | None = connection.execute(statement.encode()).fetchone()
    assert row is not None
    return row


def checked(pool: Pool, entity_id: int, start: datetime, end: datetime) -> int:
    with pool.connection() as connection:
        window = Window(start, end)
        return add_run(connection, entity_id, window, attempt=1, outcome="ok", row_count=1, started_at=end)


def test_times_that_are_as_they_should_be_stay(entity_id: int, pool: Pool) -> None:
    checked(pool, entity_id, hour(-1), hour(0))
    before = look(pool, "SELECT previous_run, next_run FROM profile")
    with pool.connection() as connection:
        assert TIMES.set_back_checks(connection) == {}
        assert TIMES.set_back_next_runs(connection) == {}
        assert TIMES.set_back_waits(connection) == {}
    assert look(pool, "SELECT previous_run, next_run FROM profile") == before


def test_windows_that_were_checked_too_early_are_checked_again_and_in_time(entity_id: int, pool: Pool) -> None:
    checked(pool, entity_id, hour(-1), hour(0))
    first = checked(pool, entity_id, hour(0), hour(24))
    checked(pool, entity_id, hour(24), hour(25))
    change(pool, "UPDATE profile SET previous_run = %s, next_run = %s", hour(25), hour(26))
    with pool.connection() as connection:
        assert TIMES.set_back_checks(connection) == {"checks": 1}
    previous, is_due = look(pool, "SELECT previous_run, next_run <= now() - interval '1 minute' FROM profile")
    assert (previous, is_due) == (hour(0), True)
    (note,) = look(pool, f"SELECT note FROM check_run WHERE id = {first}")
    assert (
        note == f"the clock was ahead: the window from {hour(0):%Y-%m-%d %H:%M:%S} to {hour(24):%Y-%m-%d %H:%M:%S} "
        "is checked again"
    )
    with pool.connection() as connection:
        assert [run.window_end for run in runs_touched(connection, entity_id, hour(-1), hour(30))] == [hour(0)]
    # They come about in their turn.
    checked(pool, entity_id, hour(0), hour(24))
    checked(pool, entity_id, hour(24), hour(25))


def test_a_profile_that_was_never_checked_begins_when_it_was_made(entity_id: int, pool: Pool) -> None:
    change(pool, "UPDATE profile SET previous_run = %s, next_run = %s", hour(24), hour(25))
    with pool.connection() as connection:
        assert TIMES.set_back_checks(connection) == {"checks": 1}
    assert look(pool, "SELECT previous_run FROM profile") == (hour(-3),)


def test_a_next_run_is_set_to_where_the_schedule_has_it(entity_id: int, pool: Pool) -> None:
    change(pool, "UPDATE profile SET next_run = %s", hour(25))
    with pool.connection() as connection:
        assert TIMES.set_back_next_runs(connection) == {"next_runs": 1}
        assert TIMES.set_back_next_runs(connection) == {}
    assert look(pool, "SELECT previous_run, next_run FROM profile") == (hour(0), hour(1))


def test_leases_pauses_and_deliveries_end_now(entity_id: int, pool: Pool) -> None:
    change(
        pool,
        "UPDATE profile SET lease_token = gen_random_uuid(), lease_until = now() + interval '1 day', "
        "retry_at = now() + interval '1 day'",
    )
    change(
        pool,
        "INSERT INTO alert_delivery (entity_id, alert_ids, channel, destination, payload, created_at, next_attempt_at, "
        "claim_until) SELECT entity_id, '{1}', 'console', '{}', '{}', now(), now() + interval '1 day', "
        "now() + interval '1 day' FROM profile",
    )
    with pool.connection() as connection:
        assert TIMES.set_back_waits(connection) == {"leases": 1, "retries": 1, "deliveries": 1}
        assert TIMES.set_back_waits(connection) == {}
    assert look(pool, "SELECT lease_until, retry_at FROM profile") == (None, None)
    assert look(pool, "SELECT next_attempt_at <= now(), claim_until FROM alert_delivery") == (True, None)


def test_problems_and_their_messages_of_the_future_are_of_now(entity_id: int, pool: Pool) -> None:
    change(
        pool,
        "INSERT INTO problem (entity_id, signal, subject, direction, state, episode, followed, windows, verdicts, "
        "settled_until, bad_at) SELECT entity_id, 'psi', 'f', '', 'firing', 1, true, "
        "ARRAY[now() - interval '1 hour', now() + interval '1 day'], ARRAY[true, false], now() + interval '1 hour', "
        "now() + interval '1 day' FROM profile",
    )
    change(
        pool,
        "INSERT INTO message_group (key, space, channel, destination, notify_at, last_sent_at) "
        "VALUES ('k', 's', 'console', '{}', now() + interval '2 days', now() + interval '1 day')",
    )
    change(
        pool,
        "INSERT INTO message_group_problem (group_id, problem_id, told_state, told_episode, told_at, first_at) "
        "SELECT message_group.id, problem.id, 'firing', 1, now() + interval '1 day', now() FROM message_group, problem",
    )
    with pool.connection() as connection:
        assert TIMES.set_back_waits(connection) == {"problems": 1, "message_groups": 1}
        assert TIMES.set_back_waits(connection) == {}
    kept = "SELECT verdicts, settled_until, bad_at <= now(), windows[1] < now() FROM problem"
    assert look(pool, kept) == ([True], None, True, True)
    assert look(pool, "SELECT notify_at <= now(), last_sent_at <= now() FROM message_group") == (True, True)
    assert look(pool, "SELECT told_at <= now() FROM message_group_problem") == (True,)


def test_notes_of_late_records_that_were_made_in_the_future_are_swept(entity_id: int, pool: Pool) -> None:
    change(
        pool,
        "INSERT INTO late_arrival (entity_id, first_created_at, last_created_at, stored_at) "
        "SELECT entity_id, now(), now(), now() + interval '1 day' FROM profile",
    )
    with pool.connection() as connection:
        assert quiet_entities(connection, MINUTE) == [entity_id]


def test_a_record_is_late_by_the_clock_by_which_windows_are_checked(database: str, tmp_path: Path, pool: Pool) -> None:
    """The server's own is behind it by an hour."""
    behind = Server(settings_for(database, tmp_path, SCOUTER_ROLES="http"), lambda: datetime.now(UTC) - HOUR)
    behind.start()
    try:
        client = HttpClient(behind.address).login()
        uid = client.post("/scouter/profile", registration(custom_profile(), active=True)).body["uid"]
        record = {
            "created_at": (datetime.now(UTC) - 10 * MINUTE).isoformat(),
            "uid": uid,
            "metric": "mae",
            "value": 1.0,
        }
        assert client.post("/scouter/message", {"records": [{"Custom": record}]}).body["stored"] == 1
    finally:
        behind.stop()
    assert look(pool, "SELECT count(*) FROM late_arrival") == (1,)


def test_a_transaction_that_was_begun_in_the_future_is_ended(tmp_path: Path) -> None:
    try:
        clock = ShiftedClock(tmp_path / "clock")
    except NoShiftedClock as problem:
        cannot_run(str(problem))
    binaries = shifted_postgres(clock, tmp_path / "programs")
    with EmbeddedPostgres(let_others_enter(tmp_path / "database"), binaries=binaries) as postgres:
        conninfo = postgres.start()
        migrate(conninfo)
        with psycopg.connect(conninfo, application_name="scouter consumer 1") as frozen, connect(conninfo) as other:
            with clock.ahead(DAY):
                frozen.execute("SELECT 1")
            assert end_stale_transactions(other, "scouter consumer", 60.0) == 1
            with pytest.raises(psycopg.OperationalError):
                frozen.execute("SELECT 1")
