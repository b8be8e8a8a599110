"""Since when, and in which hours, everything that is sent could be received. Other hours say nothing of a profile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from scouter.policy.hour_set import HOUR, HourSet, hour_of

# Two looks that are farther apart leave a gap: a look a minute, and one may be late or a server be started again.
LONGEST_PAUSE = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Reception:
    """`looked_at`: when it was last looked. `without_gap_since` None: not everything could be received then.

    `watched`: the hours throughout which everything could.
    """

    looked_at: datetime
    without_gap_since: datetime | None
    watched: HourSet


def after_look(before: Reception, now: datetime, *, receives: bool) -> Reception:
    """`receives`: everything can be received now."""
    if not receives:
        return replace(before, looked_at=now, without_gap_since=None)
    if before.without_gap_since is None or not timedelta(0) <= now - before.looked_at <= LONGEST_PAUSE:
        return replace(before, looked_at=now, without_gap_since=now)
    return replace(before, looked_at=now, watched=_with_whole_hours(before, before.without_gap_since, now))


def _with_whole_hours(before: Reception, since: datetime, now: datetime) -> HourSet:
    """With those that have passed between the two looks."""
    watched, hour = before.watched, hour_of(before.looked_at)
    while hour + HOUR <= now:
        if since <= hour:
            watched = watched.with_hour(hour)
        hour += HOUR
    return watched
