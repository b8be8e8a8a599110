"""Records that came when the check of their window could not have waited for them any more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("late_arrivals")


@dataclass(frozen=True, slots=True)
class LateArrival:
    first_created_at: datetime
    last_created_at: datetime


@dataclass(frozen=True, slots=True)
class SweptProfile:
    entity_id: int
    uid: str
    space: str
    name: str
    version: str
    drift_type: str
    document: str


def add_late_arrivals(connection: Connection, spans: Mapping[int, tuple[datetime, ...]]) -> None:
    """By entity, the first and the last moment of its late records."""
    _sql["add_late_arrivals"].run(
        connection,
        entity_ids=list(spans),
        first=[span[0] for span in spans.values()],
        last=[span[1] for span in spans.values()],
    )


def quiet_entities(connection: Connection, quiet: timedelta) -> list[int]:
    """Entities with late records, to which none has come for `quiet`."""
    return _sql["quiet_entities"].values(connection, quiet=quiet)


def take_late_arrivals(connection: Connection, entity_id: int) -> list[LateArrival]:
    """What there is of one entity; gone with the end of this transaction."""
    return _sql["take_late_arrivals"].all(connection, LateArrival, entity_id=entity_id)


def profile_for_sweep(connection: Connection, entity_id: int) -> SweptProfile | None:
    """Locked until the end of the transaction; None while it is being checked."""
    return _sql["profile_for_sweep"].one(connection, SweptProfile, entity_id=entity_id)
