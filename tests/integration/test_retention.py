"""What maintenance makes go, and what it keeps: to the day, to the second, and in small steps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from scouter.maintenance.run import maintain
from scouter.maintenance.tasks import ExpiredPartitions, ExpiredRows, tasks_of
from scouter.postgres.connections.job_sessions import sole_session
from scouter.postgres.connections.pool import Pool
from scouter.postgres.connections.query_deadlines import QueryDeadlines
from scouter.postgres.schema.partitions import RECORD_TABLES, partition_name
from scouter.postgres.schema.row_expiry import delete_expired_rows
from scouter.settings.settings import Settings
from tests.integration.old_data import TABLES, add_days, add_rows, ago, attached, count_rows, counts
from tests.stopping import running_deadlines

AGING = [task for task in tasks_of(Settings()) if isinstance(task, ExpiredRows)]


@pytest.fixture
def deadlines() -> Iterator[QueryDeadlines]:
    with running_deadlines() as running:
        yield running


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


def pass_over(
    database: str, deadlines: QueryDeadlines, now: datetime, settings: Settings | None = None
) -> dict[str, int]:
    """One pass of everything. What was done, by task."""
    with sole_session(database, deadlines, "maintenance") as session:
        settled = list(maintain(session, tasks_of(settings or Settings()), now, lambda seconds: False))
    assert [each.problem for each in settled if each.problem] == []
    return {each.task.name: each.count for each in settled}


# --- rows


def test_there_is_a_task_for_every_table_whose_rows_age() -> None:
    assert {task.name for task in AGING} == set(TABLES)


@pytest.mark.parametrize("task", AGING, ids=lambda task: task.name)
def test_rows_go_when_they_are_older_than_their_period_and_not_before(
    pool: Pool, task: ExpiredRows, now: datetime
) -> None:
    edge = now - timedelta(days=task.days)
    add_rows(pool, task.name, edge - timedelta(seconds=1), 3)
    add_rows(pool, task.name, edge, 2)
    add_rows(pool, task.name, now, 2)
    assert task.due(pool, now) == 3
    assert sum(task.run(pool, now)) == 3
    assert count_rows(pool, task.name) == 4


def test_the_periods_are_those_of_the_settings() -> None:
    settings = Settings.from_environment(
        {"SCOUTER_ALERT_DAYS": "20", "SCOUTER_RUN_DAYS": "30", "SCOUTER_LATE_DAYS": "10"}
    )
    periods = {task.name: task.days for task in tasks_of(settings) if isinstance(task, ExpiredRows)}
    assert (periods["alerts"], periods["check_runs"], periods["late_arrivals"]) == (20, 30, 11)
    assert periods["alert_deliveries"] == 20, "receipts of alerts that are gone say nothing"


def test_an_alert_goes_by_its_age_though_nobody_ever_ended_it(pool: Pool, now: datetime) -> None:
    add_rows(pool, "alerts", now - timedelta(days=366), 1)
    assert sum(ExpiredRows("alerts", 365).run(pool, now)) == 1


def test_an_alert_that_somebody_touched_lately_is_kept(pool: Pool, now: datetime) -> None:
    add_rows(pool, "alerts", now - timedelta(days=366), 1)
    with pool.connection() as connection:
        connection.execute("UPDATE alert SET active = false, updated_at = %s", (now - timedelta(days=3),))
    assert ExpiredRows("alerts", 365).due(pool, now) == sum(ExpiredRows("alerts", 365).run(pool, now)) == 0


def test_a_notification_that_still_waits_is_kept_however_old(pool: Pool, now: datetime) -> None:
    add_rows(pool, "alert_deliveries", now - timedelta(days=900), 2)
    with pool.connection() as connection:
        connection.execute(
            "UPDATE alert_delivery SET state = 'pending' WHERE id = (SELECT min(id) FROM alert_delivery)"
        )
    assert sum(ExpiredRows("alert_deliveries", 90).run(pool, now)) == 1
    assert count_rows(pool, "alert_deliveries") == 1


def test_an_alert_outlives_the_run_that_raised_it(pool: Pool, now: datetime) -> None:
    add_rows(pool, "check_runs", now - timedelta(days=100), 1)
    add_rows(pool, "alerts", now - timedelta(days=100), 1)
    with pool.connection() as connection:
        connection.execute("UPDATE alert SET run_id = (SELECT id FROM check_run)")
    assert sum(ExpiredRows("check_runs", 90).run(pool, now)) == 1
    assert (count_rows(pool, "alerts"), count_rows(pool, "check_runs")) == (1, 0)


@pytest.mark.parametrize("task", AGING, ids=lambda task: task.name)
def test_a_first_pass_over_many_rows_goes_in_steps(pool: Pool, task: ExpiredRows, now: datetime) -> None:
    for days in range(4):  # some of one moment, some of others
        add_rows(pool, task.name, now - timedelta(days=task.days + 1 + days), 3)
    steps = delete_expired_rows(pool, task.name, now - timedelta(days=task.days), maximum=5)
    assert next(steps) == 5
    assert count_rows(pool, task.name) == 7, "the first step is committed before the second begins"
    assert list(steps) == [5, 2]
    assert count_rows(pool, task.name) == 0


def test_twenty_thousand_rows_are_no_single_transaction(pool: Pool, now: datetime) -> None:
    add_rows(pool, "batch_receipts", now - timedelta(days=9), 20_000)
    assert list(ExpiredRows("batch_receipts", 2).run(pool, now)) == [5000, 5000, 5000, 5000, 0]


def test_a_row_that_somebody_is_at_work_on_is_not_waited_for(pool: Pool, now: datetime) -> None:
    add_rows(pool, "alerts", now - timedelta(days=400), 10)
    with pool.connection() as other:
        other.execute("SELECT FROM alert ORDER BY id LIMIT 1 FOR UPDATE")
        assert sum(ExpiredRows("alerts", 365).run(pool, now)) == 9
    assert sum(ExpiredRows("alerts", 365).run(pool, now)) == 1


# --- days


MIDNIGHT = datetime(2026, 3, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "oldest_kept"),
    [
        (MIDNIGHT, date(2026, 1, 30)),
        (MIDNIGHT - timedelta(microseconds=1), date(2026, 1, 29)),
        (MIDNIGHT + timedelta(hours=23, minutes=59), date(2026, 1, 30)),
        (MIDNIGHT.astimezone(timezone(timedelta(hours=-11))), date(2026, 1, 30)),
    ],
    ids=["at midnight", "a moment before", "in the evening", "in another zone"],
)
def test_request_metrics_are_dropped_when_all_of_their_day_is_older(
    pool: Pool, now: datetime, oldest_kept: date
) -> None:
    days = [date(2026, 1, 27) + timedelta(days=n) for n in range(6)]
    add_days(pool, "observability_record", *days)
    task = ExpiredPartitions("observability", "observability_record", 60)
    gone = [day for day in days if day < oldest_kept]
    assert task.due(pool, now) == sum(task.run(pool, now)) == len(gone)
    left = attached(pool)
    for day in days:
        assert (partition_name("observability_record", day) in left) == (day >= oldest_kept)


def test_a_dropped_day_is_gone_with_its_table(pool: Pool, now: datetime) -> None:
    day = ago(now, 70)
    add_days(pool, "observability_record", day)
    assert sum(ExpiredPartitions("observability", "observability_record", 60).run(pool, now)) == 1
    with pool.connection() as connection:
        found = connection.execute("SELECT to_regclass(%s)", (partition_name("observability_record", day),)).fetchone()
    assert found == (None,)


# --- a whole pass


def test_a_pass_does_everything_and_another_one_nothing(
    pool: Pool, database: str, deadlines: QueryDeadlines, now: datetime
) -> None:
    for task in TABLES:
        add_rows(pool, task, now - timedelta(days=1000), 7)
        add_rows(pool, task, now, 1)
    add_days(pool, "observability_record", ago(now, 70), ago(now, 61))
    done = pass_over(database, deadlines, now)
    ahead = {name: done[name] for name in ("partitions_ahead", "profile_standings")}
    assert done == {**dict.fromkeys(TABLES, 7), "observability": 2, **ahead}
    assert counts(pool) == dict.fromkeys(TABLES, 1)
    assert set(pass_over(database, deadlines, now).values()) == {0}


def test_a_pass_makes_the_partitions_ahead_that_are_missing(
    pool: Pool, database: str, deadlines: QueryDeadlines, now: datetime
) -> None:
    settings = Settings.from_environment({"SCOUTER_PARTITION_DAYS_AHEAD": "9"})
    assert pass_over(database, deadlines, now, settings)["partitions_ahead"] >= 4 * 5
    assert {partition_name(table, ago(now, -9)) for table in RECORD_TABLES} <= attached(pool)


def test_records_are_never_dropped_however_old(
    pool: Pool, database: str, deadlines: QueryDeadlines, now: datetime
) -> None:
    kept = [(table, ago(now, 3000)) for table in RECORD_TABLES if table != "observability_record"]
    for table, day in kept:
        add_days(pool, table, day)
    pass_over(database, deadlines, now, Settings.from_environment({"DATA_RETENTION_PERIOD": "10"}))
    assert {partition_name(*each) for each in kept} <= attached(pool)


def test_a_server_whose_clock_is_ahead_deletes_nothing_early(
    pool: Pool, database: str, deadlines: QueryDeadlines, now: datetime
) -> None:
    for task in TABLES:
        add_rows(pool, task, now - timedelta(days=1), 1)
    add_days(pool, "observability_record", ago(now, 59))
    done = pass_over(database, deadlines, now + timedelta(days=3650))
    assert sum(count for task, count in done.items() if task != "partitions_ahead") == 0


def test_a_pass_that_is_to_stop_stops_after_the_step_under_way(
    pool: Pool, database: str, deadlines: QueryDeadlines, now: datetime
) -> None:
    add_rows(pool, "batch_receipts", now - timedelta(days=9), 15_000)
    with sole_session(database, deadlines, "maintenance") as session:
        [settled] = maintain(
            session, [ExpiredRows("batch_receipts", 2), ExpiredRows("alerts", 2)], now, lambda seconds: True
        )
    assert (settled.count, settled.problem) == (5000, None)
    assert count_rows(pool, "batch_receipts") == 10_000
