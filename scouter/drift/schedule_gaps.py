"""How close together the instants of a schedule come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise

from scouter.drift.schedules import Schedule
from scouter.errors import InvalidInput

_FROM = datetime(2024, 1, 1, tzinfo=UTC) - timedelta(seconds=1)
_LOOKED_AT = 64  # more than a schedule of a person has in an hour, and every one of a list of seconds


@lru_cache(maxsize=1000)
def shortest_gap(schedule: str) -> timedelta | None:
    """The shortest time between instants that follow each other, of the first ones from 2024 on.

    None: there is no second instant, or it cannot be read.
    """
    try:
        parsed = Schedule.parse(schedule)
    except InvalidInput:
        return None
    instants = [_FROM]
    while len(instants) <= _LOOKED_AT and (following := parsed.next_after(instants[-1])) is not None:
        instants.append(following)
    return min((later - sooner for sooner, later in pairwise(instants[1:])), default=None)
