"""How close together the instants of a schedule come, and how many there are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from statistics import median_low

from scouter.drift.schedules import Schedule
from scouter.errors import InvalidInput

_FROM = datetime(2024, 1, 1, tzinfo=UTC) - timedelta(seconds=1)
_LOOKED_AT = 64  # more than a schedule of a person has in an hour, and every one of a list of seconds


_YEAR = timedelta(days=364)  # of whole weeks


@lru_cache(maxsize=1000)
def shortest_gap(schedule: str) -> timedelta | None:
    """The shortest time between instants that follow each other, of the first ones from 2024 on.

    None: there is no second instant, or it cannot be read.
    """
    return min(_gaps(schedule), default=None)


@lru_cache(maxsize=1000)
def usual_gap(schedule: str) -> timedelta | None:
    """The median of the same times."""
    gaps = _gaps(schedule)
    return median_low(gaps) if gaps else None


@lru_cache(maxsize=1000)
def windows_a_day(schedule: str) -> float | None:
    """How many instants it has a day, on average over the 52 weeks that begin with its first one from 2024 on.

    None: it has none, or it cannot be read.
    """
    try:
        parsed = Schedule.parse(schedule)
    except InvalidInput:
        return None
    instant = first = parsed.next_after(_FROM)
    days = 0
    while first is not None and instant is not None and instant < first + _YEAR:
        days += 1
        instant = parsed.next_after(instant.replace(hour=23, minute=59, second=59))
    each_day = len(parsed.seconds) * len(parsed.minutes) * len(parsed.hours)
    return days * each_day / _YEAR.days or None


def _gaps(schedule: str) -> list[timedelta]:
    try:
        parsed = Schedule.parse(schedule)
    except InvalidInput:
        return []
    instants = [_FROM]
    while len(instants) <= _LOOKED_AT and (following := parsed.next_after(instants[-1])) is not None:
        instants.append(following)
    return [later - sooner for sooner, later in pairwise(instants[1:])]
