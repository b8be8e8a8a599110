"""Who ended which alerts, and when."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("acknowledgements")


@dataclass(frozen=True, slots=True)
class AlertSpace:
    id: int
    space: str


@dataclass(frozen=True, slots=True)
class Signature:
    """Who acknowledges, when, and what they have to say of it."""

    username: str
    now: datetime
    note: str | None = None


def spaces_of_alerts(connection: Connection, ids: Collection[int]) -> list[AlertSpace]:
    """Those that exist, in no order."""
    return _sql["spaces_of_alerts"].all(connection, AlertSpace, ids=list(ids))


def alerts_of_run(connection: Connection, run_id: int) -> list[int]:
    return _sql["alerts_of_run"].values(connection, run_id=run_id)


def acknowledge_alerts(connection: Connection, ids: Collection[int], by: Signature) -> int:
    """How many of them were open."""
    return _sql["acknowledge_alerts"].run(connection, ids=list(ids), username=by.username, now=by.now, note=by.note)


def acknowledge_until(
    connection: Connection, entity_id: int, feature: str | None, until: datetime, by: Signature
) -> int:
    """Those of a profile, or of one of its features, that were raised until then. How many were open."""
    return _sql["acknowledge_until"].run(
        connection,
        entity_id=entity_id,
        feature=feature,
        until=until,
        username=by.username,
        now=by.now,
        note=by.note,
    )


def take_problems(connection: Connection, by: Signature) -> int:
    """Who acknowledged alerts at that moment has taken the problems that they belong to. How many."""
    return _sql["take_problems"].run(connection, username=by.username, now=by.now, note=by.note)


def give_problems_back(connection: Connection, ids: Collection[int]) -> int:
    """Of these alerts, which are open again. How many problems."""
    return _sql["give_problems_back"].run(connection, ids=list(ids))


def alerts_acknowledged_together(connection: Connection, username: str, at: datetime) -> list[AlertSpace]:
    return _sql["alerts_acknowledged_together"].all(connection, AlertSpace, username=username, at=at)


def reopen_alerts(connection: Connection, ids: Collection[int], now: datetime) -> int:
    """How many of them were not open."""
    return _sql["reopen_alerts"].run(connection, ids=list(ids), now=now)
