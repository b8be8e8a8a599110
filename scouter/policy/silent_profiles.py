"""Whether a profile that should send has stopped, or never began. Every time is the database's, at arrival.

Records of any time count when they arrive, so that a wrong clock of the sender makes nothing silent. Hours in which
this server could not have received anything say nothing either way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from scouter.policy.hour_set import HOUR, HourSet, hour_of
from scouter.policy.policy import Policy
from scouter.policy.usual_hours import is_usual, usual_hours_a_week

_FEW_HOURS = 12
_MORE_HOURS = 6  # that a profile of few usual hours is given beside the one that it missed


@dataclass(frozen=True, slots=True)
class Activity:
    """What is known of a profile's arrivals.

    `received`: hours in which records arrived. `watched`: hours throughout which the server could receive.
    `watched_from`: since when it can, without a gap up to now. `history_from`: when the profile began to send.
    """

    activated_at: datetime
    last_arrival: datetime | None
    history_from: datetime | None
    received: HourSet
    watched: HourSet
    watched_from: datetime


@dataclass(frozen=True, slots=True)
class Silent:
    """`since`: its last record, or when it was activated. `noticed_at`: when that became too long ago."""

    since: datetime
    noticed_at: datetime


def silent(activity: Activity, policy: Policy, now: datetime) -> Silent | None:
    """None: it sends, or nobody can tell."""
    if activity.last_arrival is None or not _has_sent(activity):
        return _never_sent(activity, policy, now)
    if policy.expect_every is not None:
        return _overdue(activity.last_arrival, policy.expect_every, activity, now)
    if policy.silent_after is None or activity.history_from is None:
        return None
    return _unusual(activity, activity.last_arrival, activity.history_from, policy.silent_after, now)


def is_over(since: datetime, activity: Activity, policy: Policy) -> bool:
    """Of a silence: with the first record, or when nobody wants to be told any more.

    Not when nothing is missed any more: after four weeks nothing is usual.
    """
    has_come = activity.last_arrival is not None and activity.last_arrival > since
    return has_come or is_unwanted(activity, policy)


def is_unwanted(activity: Activity, policy: Policy) -> bool:
    """The policy does not ask whether this profile is silent."""
    if not _has_sent(activity):
        return policy.never_sent_after is None
    return policy.expect_every is None and policy.silent_after is None


def _has_sent(activity: Activity) -> bool:
    return activity.last_arrival is not None and activity.last_arrival >= activity.activated_at


def _never_sent(activity: Activity, policy: Policy, now: datetime) -> Silent | None:
    """A server that has just come up gives what is under way an hour to arrive."""
    if policy.never_sent_after is None:
        return None
    noticed = activity.activated_at + policy.never_sent_after
    ready = activity.watched_from + min(HOUR, policy.never_sent_after)
    return Silent(activity.activated_at, noticed) if max(noticed, ready) <= now else None


def _overdue(last: datetime, every: timedelta, activity: Activity, now: datetime) -> Silent | None:
    """While the server could not receive the clock stood still; after it the sender has its whole time again."""
    noticed = max(last, activity.watched_from) + every
    return Silent(last, noticed) if noticed <= now else None


def _unusual(
    activity: Activity, last: datetime, history_from: datetime, silent_after: int, now: datetime
) -> Silent | None:
    watched = [hour for hour in _whole_hours(last, now) if hour in activity.watched]
    missed = [n for n, hour in enumerate(watched) if is_usual(hour, activity.received, history_from)]
    if not missed:
        return None
    is_sparse = usual_hours_a_week(activity.received, history_from, now) < _FEW_HOURS
    enough = missed[0] + _MORE_HOURS if is_sparse else _nth(missed, silent_after)
    return None if enough is None or enough >= len(watched) else Silent(last, watched[enough] + HOUR)


def _nth(items: Sequence[int], number: int) -> int | None:
    """Counted from one."""
    return items[number - 1] if len(items) >= number else None


def _whole_hours(last: datetime, now: datetime) -> Iterator[datetime]:
    """Those that began after the last arrival and have passed, of the last four weeks."""
    hour = max(hour_of(last) + HOUR, hour_of(now) - 28 * 24 * HOUR)
    while hour + HOUR <= now:
        yield hour
        hour += HOUR
