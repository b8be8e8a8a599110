"""When a profile is checked next."""

from __future__ import annotations

from datetime import datetime

from scouter.drift.schedules import Schedule
from scouter.errors import InvalidInput


def next_run_of(schedule: str, now: datetime) -> datetime:
    """The first instant of a schedule after `now`. Raises `InvalidInput` when there is none any more."""
    instant = Schedule.parse(schedule).next_after(now)
    if instant is None:
        raise InvalidInput("schedule", schedule, "a schedule that fires again")
    return instant
