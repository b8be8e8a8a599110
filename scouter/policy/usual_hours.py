"""In which hours a profile usually sends: learned, so that nights, weekends and weekly batches need no setting."""

from __future__ import annotations

from datetime import datetime, timedelta

from scouter.policy.hour_set import HOUR, HourSet, hour_of

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
_LEARNED = 3 * WEEK
_HOURS_A_WEEK = 168


def is_usual(hour: datetime, received: HourSet, history_from: datetime) -> bool:
    """Whether records usually come in this hour, by what came before it.

    In at least 3 of the last 4 weeks at the same hour of the week; with less than three weeks of history on each of the
    last 7 days at the same hour (fewer would make a Saturday usual by five working days); with less than seven days
    nothing is usual. `received`: the hours that had records; `history_from`: when the profile began to send.
    """
    history = hour - hour_of(history_from)
    if history >= _LEARNED:
        return sum(hour - week * WEEK in received for week in range(1, 5)) >= 3
    return history >= WEEK and all(hour - day * DAY in received for day in range(1, 8))


def usual_hours_a_week(received: HourSet, history_from: datetime, now: datetime) -> int:
    """How many hours of the week that begins now will be usual."""
    start = hour_of(now)
    if start - hour_of(history_from) >= _LEARNED:
        hours = (start - back * HOUR for back in range(1, _HOURS_A_WEEK + 1))
        return sum(sum(hour - week * WEEK in received for week in range(4)) >= 3 for hour in hours)
    return 7 * sum(is_usual(start + ahead * HOUR, received, history_from) for ahead in range(24))
