"""Times that were stored while the clock was ahead, put where they would be had it been right."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("set_back")


@dataclass(frozen=True, slots=True)
class RunToCome:
    """A profile that is to be checked at `next_run`, which is after `now`."""

    entity_id: int
    schedule: str
    next_run: datetime
    now: datetime


def set_back_checks(connection: Connection, *, tolerance: timedelta, grace: timedelta) -> int:
    """Profiles that were checked further ahead than `tolerance` are due at once. How many there were."""
    return _sql["set_back_checks"].run(connection, tolerance=tolerance, grace=grace)


def runs_to_come(connection: Connection) -> list[RunToCome]:
    return _sql["runs_to_come"].all(connection, RunToCome)


def set_back_next_run(connection: Connection, run: RunToCome, right: datetime) -> int:
    """0: it is another by now."""
    return _sql["set_back_next_run"].run(connection, entity_id=run.entity_id, wrong=run.next_run, right=right)


def set_back_leases(connection: Connection, lease: timedelta) -> int:
    """Leases of checks that end later than any that was taken now."""
    return _sql["set_back_leases"].run(connection, lease=lease)


def set_back_retries(connection: Connection) -> int:
    """Pauses of checks that failed."""
    return _sql["set_back_retries"].run(connection)


def set_back_deliveries(connection: Connection, lease: timedelta) -> int:
    """Alerts that wait for their next try, or for the end of somebody's claim that is longer than any."""
    return _sql["set_back_deliveries"].run(connection, lease=lease)


def set_back_problems(connection: Connection, tolerance: timedelta) -> int:
    """Problems with verdicts of windows that are further ahead than `tolerance`."""
    return _sql["set_back_problems"].run(connection, tolerance=tolerance)


def set_back_groups(connection: Connection, tolerance: timedelta) -> int:
    """Groups that spoke further ahead than `tolerance`, and what they told then. How many groups."""
    _sql["set_back_told"].run(connection, tolerance=tolerance)
    return _sql["set_back_groups"].run(connection, tolerance=tolerance)
