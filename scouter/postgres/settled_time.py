"""The moment by which it is judged what is old enough to go.

A clock that is ahead would delete what cannot be had back, if only for the seconds until somebody puts it right. So a
reading that does not follow from the one before, because the clock has jumped or because nobody was there to read it,
is believed only once it has stood for an hour. Until then the last moment counts that was believed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from scouter.postgres.connections.backend_sessions import database_time
from scouter.postgres.statements import Connection
from scouter.postgres.tables.clock import ClockHistory, clock_history, put_clock_history

_STEP = timedelta(minutes=1)  # readings of several servers cross each other, and NTP sets a clock by less
_SILENCE = timedelta(minutes=15)  # a server reads it twice a minute
_CONFIRMATION = timedelta(hours=1)
_KEPT_AFTER = timedelta(seconds=20)


def settled_time(connection: Connection, now: datetime) -> datetime:
    """In a transaction. Of this, and of `now` by the server's own clock, the one that is behind."""
    return min(now, read_clock(connection).settled_at)


def settled_time_unread(connection: Connection, now: datetime) -> datetime:
    """The same for a session that may change nothing: as of the last reading."""
    found = clock_history(connection, lock=False)
    return min(now, database_time(connection) if found is None else following(*found).settled_at)


def read_clock(connection: Connection) -> ClockHistory:
    """Read the database's clock, and keep what follows from it. In a transaction."""
    found = clock_history(connection, lock=False)
    if found is not None and timedelta(0) <= found[1] - found[0].seen_at < _KEPT_AFTER:
        return following(*found)
    found = clock_history(connection, lock=True)
    history = beginning(database_time(connection)) if found is None else following(*found)
    put_clock_history(connection, history)
    return history


def beginning(now: datetime) -> ClockHistory:
    """There is nothing to hold against the first reading."""
    return ClockHistory(seen_at=now, steady_since=now - _CONFIRMATION, settled_at=now)


def following(before: ClockHistory, now: datetime) -> ClockHistory:
    if now < before.seen_at - _STEP:
        ahead = max(before.seen_at - now, before.was_ahead_by or timedelta(0))
        return replace(beginning(now), was_ahead_by=ahead)
    if now > before.seen_at + _SILENCE:
        # What was seen so long ago has stood: time has gone on from it.
        stood = before.seen_at if now - before.seen_at > _CONFIRMATION else before.settled_at
        return replace(before, seen_at=now, steady_since=now, settled_at=max(before.settled_at, stood))
    seen_at = max(now, before.seen_at)
    is_settled = seen_at - before.steady_since >= _CONFIRMATION
    return replace(before, seen_at=seen_at, settled_at=seen_at if is_settled else before.settled_at)
