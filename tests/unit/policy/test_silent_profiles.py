"""Profiles that have stopped sending: four weeks of traffic, and what is made of a stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scouter.policy.hour_set import HOUR, SIZE, HourSet, empty_set, hour_of
from scouter.policy.policy import DEFAULTS, Policy
from scouter.policy.silent_profiles import Activity, Silent, silent
from scouter.policy.usual_hours import is_usual, usual_hours_a_week

START = datetime(2026, 10, 5, tzinfo=UTC)  # a Monday
WEEK = timedelta(weeks=1)
Traffic = Callable[[datetime], bool]


def always(moment: datetime) -> bool:
    return True


def office(moment: datetime) -> bool:
    return moment.weekday() < 5 and 8 <= moment.hour < 18


def weekly(moment: datetime) -> bool:
    return moment.weekday() == 0 and moment.hour == 3


def activity(
    traffic: Traffic, now: datetime, *, stop: datetime | None = None, down: tuple[datetime, datetime] | None = None
) -> Activity:
    """Traffic in each of its hours since START, until it stops; a server that is down receives and watches nothing."""
    received = watched = empty_set(START)
    last: datetime | None = None
    hour = START
    while hour <= now:
        up = down is None or not down[0] <= hour < down[1]
        sends = traffic(hour) and (stop is None or hour < stop)
        if up and hour + HOUR <= now:
            watched = watched.with_hour(hour)
        if up and sends:
            received = received.with_hour(hour)
            last = min(hour + timedelta(minutes=59), stop or now, now)
        hour += HOUR
    watched_from = START if down is None or now < down[1] else down[1]
    return Activity(START, last, START, received, watched, watched_from)


def noticed(traffic: Traffic, stop: datetime, policy: Policy = DEFAULTS) -> datetime | None:
    """The first whole hour at which the stop is seen, within two weeks."""
    for hours in range(24 * 14):
        now = hour_of(stop) + hours * HOUR
        if silent(activity(traffic, now, stop=stop), policy, now) is not None:
            return now
    return None


@pytest.mark.parametrize("traffic", [always, office, weekly])
@pytest.mark.parametrize("weeks", [0, 1, 3, 5])
def test_usual_traffic_is_never_silent(traffic: Traffic, weeks: int) -> None:
    for hours in range(0, 168, 3):
        now = START + weeks * WEEK + hours * HOUR + timedelta(minutes=5)
        assert silent(activity(traffic, now), DEFAULTS, now) is None


def test_a_stop_on_a_tuesday_morning_is_seen_after_two_whole_hours() -> None:
    stop = START + 4 * WEEK + timedelta(days=1, hours=10, minutes=5)
    assert noticed(office, stop) == START + 4 * WEEK + timedelta(days=1, hours=13)


def test_a_stop_in_the_evening_is_seen_when_it_should_have_gone_on() -> None:
    stop = START + 4 * WEEK + timedelta(days=4, hours=18)  # Friday evening
    assert noticed(office, stop) == START + 5 * WEEK + timedelta(hours=10)


def test_a_weekly_batch_is_given_six_hours_more() -> None:
    stop = START + 4 * WEEK + timedelta(days=1)
    assert noticed(weekly, stop) == START + 5 * WEEK + timedelta(hours=3 + 1 + 6)


def test_a_week_is_enough_to_learn_hours_of_the_day_and_less_is_not() -> None:
    assert noticed(always, START + timedelta(days=8)) == START + timedelta(days=8, hours=2)
    assert (
        silent(activity(always, START + timedelta(days=5), stop=START + HOUR), DEFAULTS, START + 5 * 24 * HOUR) is None
    )


def test_hours_in_which_the_server_could_not_receive_say_nothing() -> None:
    began = START + 4 * WEEK + timedelta(days=1, hours=10)
    back = began + timedelta(hours=5)
    for minutes in range(0, 60, 10):
        now = back + timedelta(minutes=minutes)
        assert silent(activity(always, now, stop=began, down=(began, back)), DEFAULTS, now) is None
    gone = activity(always, back + 2 * HOUR, stop=began, down=(began, back))
    assert silent(gone, DEFAULTS, back + 2 * HOUR) == Silent(began - timedelta(minutes=1), back + 2 * HOUR)


def test_a_silence_says_since_when() -> None:
    stop = START + 4 * WEEK + timedelta(hours=10, minutes=5)
    now = stop + timedelta(hours=8)
    assert silent(activity(always, now, stop=stop), DEFAULTS, now) == Silent(stop, hour_of(stop) + 3 * HOUR)


def test_what_is_expected_works_at_once_and_instead_of_what_is_usual() -> None:
    policy = replace(DEFAULTS, expect_every=timedelta(minutes=20))
    now, last = START + timedelta(hours=2), START + timedelta(hours=1, minutes=30)
    seen = replace(activity(always, now), last_arrival=last)
    assert silent(seen, policy, now) == Silent(last, last + timedelta(minutes=20))
    assert silent(seen, policy, last + timedelta(minutes=19)) is None
    back = replace(seen, watched_from=now - timedelta(minutes=5))
    assert silent(back, policy, now) is None
    stop = START + 4 * WEEK
    patient = replace(DEFAULTS, expect_every=timedelta(days=3))
    assert silent(activity(always, stop + timedelta(days=2), stop=stop), patient, stop + timedelta(days=2)) is None


def test_a_profile_that_never_sent_is_silent_after_a_day() -> None:
    seen = Activity(START, None, None, empty_set(START), empty_set(START), START)
    assert silent(seen, DEFAULTS, START + timedelta(hours=23)) is None
    assert silent(seen, DEFAULTS, START + timedelta(hours=24)) == Silent(START, START + timedelta(hours=24))
    assert silent(seen, replace(DEFAULTS, never_sent_after=None), START + timedelta(days=9)) is None
    just_up = replace(seen, watched_from=START + timedelta(hours=47, minutes=30))
    assert silent(just_up, DEFAULTS, START + timedelta(hours=48)) is None


def test_what_came_before_it_was_activated_again_counts_as_never_sent() -> None:
    again = START + 5 * WEEK
    seen = replace(activity(always, START + 4 * WEEK), activated_at=again, watched_from=START)
    assert silent(seen, DEFAULTS, again + timedelta(hours=20)) is None
    assert silent(seen, DEFAULTS, again + timedelta(hours=25)) == Silent(again, again + timedelta(hours=24))


def test_it_can_be_switched_off() -> None:
    off = replace(DEFAULTS, silent_after=None)
    now = START + 5 * WEEK
    assert silent(activity(always, now, stop=START + 4 * WEEK), off, now) is None


def test_a_silence_of_a_month_is_still_one() -> None:
    now, stop = START + 9 * WEEK, START + 4 * WEEK
    kept = activity(always, stop + WEEK, stop=stop)
    watched = empty_set(now)
    for hours in range(SIZE):
        watched = watched.with_hour(now - hours * HOUR)
    policy = replace(DEFAULTS, expect_every=timedelta(days=1))
    assert silent(replace(kept, watched=watched), policy, now) is not None


def test_which_hours_are_usual() -> None:
    now = START + 4 * WEEK
    received = activity(office, now).received
    assert is_usual(now + 10 * HOUR, received, START)
    assert not is_usual(now + 3 * HOUR, received, START)
    assert not is_usual(now + timedelta(days=5, hours=10), received, START)
    assert usual_hours_a_week(received, START, now) == 50
    assert usual_hours_a_week(activity(weekly, now).received, START, now) == 1


@given(hours=st.lists(st.integers(0, 2000), max_size=50))
def test_a_set_of_hours_keeps_the_last_four_weeks(hours: list[int]) -> None:
    kept = HourSet(START)
    for hour in hours:
        kept = kept.with_hour(START + hour * HOUR + timedelta(minutes=17))
    newest = max(hours, default=0)
    for hour in hours:
        in_reach = hour > newest - SIZE
        assert (START + hour * HOUR in kept) == in_reach
    assert len(kept.text()) <= SIZE
    assert HourSet.parse(kept.first, kept.text()) == kept
    assert "an hour" not in kept
