"""By which moment it is judged what is old: a clock that was ahead for a while never counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from scouter.postgres.settled_time import beginning, following
from scouter.postgres.tables.clock import ClockHistory

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def after(history: ClockHistory, *readings: datetime) -> ClockHistory:
    for reading in readings:
        history = following(history, reading)
    return history


def every(step: timedelta, first: datetime, last: datetime) -> list[datetime]:
    return [first + step * n for n in range((last - first) // step + 1)]


def test_the_first_reading_counts_and_so_do_those_that_follow_as_time_does() -> None:
    history = beginning(NOON)
    assert history.settled_at == NOON
    assert after(history, NOON + SECOND).settled_at == NOON + SECOND
    assert after(history, *every(10 * MINUTE, NOON, NOON + 3 * DAY)).settled_at == NOON + 3 * DAY


def test_a_clock_that_is_ahead_for_seconds_counts_never() -> None:
    history = after(beginning(NOON), NOON + 30 * SECOND)
    ahead = after(history, *every(5 * SECOND, NOON + DAY + MINUTE, NOON + DAY + MINUTE + 20 * SECOND))
    assert ahead.settled_at <= NOON + 30 * SECOND
    right = after(ahead, NOON + 2 * MINUTE)
    assert (right.settled_at, right.was_ahead_by) == (NOON + 2 * MINUTE, DAY - 40 * SECOND)
    assert after(right, NOON + 3 * MINUTE).was_ahead_by == right.was_ahead_by, (
        "until somebody has set back what was stored"
    )


def test_a_clock_that_was_wrong_when_nobody_looked_counts_never() -> None:
    """A machine that starts with a wrong clock, which is put right after a moment."""
    down = beginning(NOON)
    started = after(down, NOON + 5 * DAY, NOON + 5 * DAY + 30 * SECOND)
    assert started.settled_at == NOON
    assert after(started, NOON + 2 * DAY).settled_at == NOON + 2 * DAY


def test_a_clock_that_has_jumped_counts_when_it_has_stood_for_an_hour() -> None:
    jumped = after(beginning(NOON), NOON + DAY)
    nearly = after(jumped, *every(MINUTE, NOON + DAY, NOON + DAY + 59 * MINUTE))
    assert nearly.settled_at == NOON
    assert after(nearly, NOON + DAY + HOUR).settled_at == NOON + DAY + HOUR


def test_tries_that_follow_a_jump_at_once_confirm_nothing() -> None:
    jumped = after(beginning(NOON), NOON + DAY)
    assert after(jumped, *every(30 * SECOND, NOON + DAY, NOON + DAY + 10 * MINUTE)).settled_at == NOON


def test_whoever_looks_once_a_day_is_a_day_behind() -> None:
    assert after(beginning(NOON), *(NOON + n * DAY for n in range(1, 5))).settled_at == NOON + 3 * DAY


def test_readings_of_servers_that_cross_each_other_are_no_jump() -> None:
    history = after(beginning(NOON), NOON + 10 * SECOND, NOON + 9 * SECOND, NOON + 11 * SECOND)
    assert (history.seen_at, history.settled_at, history.was_ahead_by) == (NOON + 11 * SECOND, NOON + 11 * SECOND, None)


def test_what_is_judged_by_never_goes_beyond_what_was_seen() -> None:
    history = beginning(NOON)
    for hours in (1, 30, 31, 2, 3, 100, -5, 0, 1):
        history = following(history, NOON + hours * HOUR)
        assert history.settled_at <= history.seen_at
