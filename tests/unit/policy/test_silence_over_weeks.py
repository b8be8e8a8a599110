"""Weeks of traffic and of looks at it, with a clock of the test's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from scouter.policy.hour_set import empty_set
from scouter.policy.policy import DEFAULTS
from scouter.policy.reception import LONGEST_PAUSE, Reception, after_look
from scouter.policy.silent_profiles import Activity, is_over, silent
from tests.unit.policy.moments import START

LOOK = timedelta(minutes=3)
FOUR_WEEKS = timedelta(weeks=4)
TUESDAY = START + FOUR_WEEKS + timedelta(days=1)
Span = tuple[datetime, datetime]
Traffic = Callable[[datetime], bool]


def office(moment: datetime) -> bool:
    return moment.weekday() < 5 and 8 <= moment.hour < 18


def always(moment: datetime) -> bool:
    return True


def nightly(moment: datetime) -> bool:
    return moment.hour == 2 and moment.minute < 30


@dataclass
class Weeks:
    """`down`: no server is up, and what is sent is lost. `spooled`: the database is away, and what is sent waits."""

    traffic: Traffic
    stop: Span | None = None
    down: Span | None = None
    spooled: Span | None = None
    said: list[tuple[str, datetime]] = field(default_factory=list)

    def run(self, until: datetime) -> list[tuple[str, datetime]]:
        """What a look every three minutes says: `silent` or `heard`, and when."""
        received, last, now = empty_set(START), None, START
        reception = Reception(START, START, empty_set(START))
        waiting: list[datetime] = []
        since: datetime | None = None
        while now < until:
            now += LOOK
            if self.traffic(now) and not _within(now, self.stop) and not _within(now, self.down):
                waiting.append(now)
            if _within(now, self.down) or _within(now, self.spooled):
                continue
            for arrival in waiting:
                received, last = received.with_hour(arrival), arrival
            waiting.clear()
            reception = after_look(reception, now, receives=True)
            activity = Activity(START, last, START, received, reception.watched, reception.without_gap_since or now)
            since = self._look(activity, since, now)
        return self.said

    def _look(self, activity: Activity, since: datetime | None, now: datetime) -> datetime | None:
        if since is None:
            found = silent(activity, DEFAULTS, now)
            if found is not None:
                self.said.append(("silent", now))
                return found.since
        elif is_over(since, activity, DEFAULTS):
            self.said.append(("heard", now))
            return None
        return since


def _within(moment: datetime, span: Span | None) -> bool:
    return span is not None and span[0] <= moment < span[1]


@pytest.mark.parametrize("traffic", [office, always, nightly])
def test_nights_and_weekends_are_learned(traffic: Traffic) -> None:
    assert Weeks(traffic).run(START + FOUR_WEEKS) == []


def test_a_stop_on_a_tuesday_morning_is_one_silence_with_one_end() -> None:
    stop = TUESDAY + timedelta(hours=10, minutes=5), TUESDAY + timedelta(hours=15, minutes=20)
    (began, ended) = Weeks(office, stop=stop).run(TUESDAY + timedelta(days=2))
    assert (began[0], ended[0]) == ("silent", "heard")
    assert TUESDAY + timedelta(hours=12) <= began[1] <= TUESDAY + timedelta(hours=13, minutes=1)
    assert stop[1] <= ended[1] <= stop[1] + LOOK


def test_a_server_that_is_down_for_five_hours_makes_nothing_silent() -> None:
    for hours in (6, 9):
        down = TUESDAY + timedelta(hours=hours, minutes=20), TUESDAY + timedelta(hours=hours + 5, minutes=20)
        assert Weeks(office, down=down).run(TUESDAY + timedelta(days=2)) == []


def test_a_database_that_is_away_for_three_hours_makes_nothing_silent() -> None:
    away = TUESDAY + timedelta(hours=10, minutes=5), TUESDAY + timedelta(hours=13, minutes=5)
    assert Weeks(office, spooled=away).run(TUESDAY + timedelta(days=9)) == []


def test_a_profile_that_stops_for_good_is_told_once() -> None:
    stop = TUESDAY + timedelta(hours=10), TUESDAY + timedelta(days=90)
    assert [what for what, _ in Weeks(office, stop=stop).run(TUESDAY + timedelta(days=45))] == ["silent"]


def test_only_whole_hours_without_a_gap_are_watched() -> None:
    looks = Reception(START, START, empty_set(START))
    for minutes in range(1, 200):
        looks = after_look(looks, START + timedelta(minutes=minutes), receives=minutes != 70)
    hours = [START + timedelta(hours=hours) for hours in range(4)]
    assert [hour in looks.watched for hour in hours] == [True, False, True, False]
    assert looks.without_gap_since == START + timedelta(minutes=71)


def test_a_pause_or_a_clock_that_goes_back_is_a_gap() -> None:
    looks = Reception(START, START, empty_set(START))
    late = START + LONGEST_PAUSE + timedelta(seconds=1)
    assert after_look(looks, late, receives=True).without_gap_since == late
    before = START - timedelta(seconds=1)
    assert after_look(looks, before, receives=True).without_gap_since == before
    assert after_look(looks, START + LONGEST_PAUSE, receives=True).without_gap_since == START
