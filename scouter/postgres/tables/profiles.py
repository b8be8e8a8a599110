"""Stored profiles: their documents, whether they are active, and when they are checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("profiles")


@dataclass(frozen=True, slots=True)
class ProfileState:
    entity_id: int
    active: bool
    schedule: str


@dataclass(frozen=True, slots=True)
class _Active:
    active: bool


@dataclass(frozen=True, slots=True)
class _Document:
    document: str


def lock_profile_name(connection: Connection, space: str, name: str) -> None:
    """Until the end of the transaction nobody else registers or switches profiles of that name."""
    _sql["lock_profile_name"].run(connection, key=f"{space}/{name}")


def put_profile(
    connection: Connection,
    entity_id: int,
    document: str,
    *,
    active: bool,
    schedule: str,
    schedule_gap: timedelta | None,
    now: datetime,
    next_run: datetime,
) -> bool:
    """Store a new profile, or the new document of one that is there and keeps its state. Whether it is active."""
    row = _sql["put_profile"].one(
        connection,
        _Active,
        entity_id=entity_id,
        document=document,
        active=active,
        schedule=schedule,
        schedule_gap=schedule_gap,
        now=now,
        next_run=next_run,
    )
    return row is not None and row.active


def replace_profile(
    connection: Connection,
    entity_id: int,
    document: str,
    *,
    schedule: str,
    schedule_gap: timedelta | None,
    now: datetime,
    next_run: datetime,
) -> bool:
    """Whether there is such a profile. It keeps its state and its last run."""
    count = _sql["replace_profile"].run(
        connection,
        entity_id=entity_id,
        document=document,
        schedule=schedule,
        schedule_gap=schedule_gap,
        now=now,
        next_run=next_run,
    )
    return count == 1


def deactivate_other_versions(
    connection: Connection, space: str, name: str, version: str, drift_types: Sequence[str], now: datetime
) -> list[int]:
    """The entities of those that were active."""
    return _sql["deactivate_other_versions"].values(
        connection, space=space, name=name, version=version, drift_types=list(drift_types), now=now
    )


def profiles_for_status(
    connection: Connection, space: str, name: str, version: str, drift_types: Sequence[str]
) -> list[ProfileState]:
    """The profiles of exactly that version, locked until the end of the transaction."""
    return _sql["profiles_for_status"].all(
        connection, ProfileState, space=space, name=name, version=version, drift_types=list(drift_types)
    )


def activate(connection: Connection, entity_id: int, *, now: datetime, next_run: datetime) -> None:
    _sql["activate_profile"].run(connection, entity_id=entity_id, now=now, next_run=next_run)


def deactivate(connection: Connection, entity_id: int, *, now: datetime) -> None:
    _sql["deactivate_profile"].run(connection, entity_id=entity_id, now=now)


def document_of(connection: Connection, entity_id: int) -> str | None:
    """The stored JSON text, numbers as they were written."""
    row = _sql["profile_document"].one(connection, _Document, entity_id=entity_id)
    return row.document if row else None
