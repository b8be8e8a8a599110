"""Alerts as people look at them: those of one feature of one profile together."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("open_alerts")

_LARGEST_ID = 2**31 - 1


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """Whose alerts; None: anybody's. `spaces` holds what may be seen, None: every space. `since`: not older."""

    spaces: Collection[str] | None
    entity_id: int | None = None
    drift_type: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class OpenGroup:
    """`alert` is the JSON text of the newest one, `kinds` those of SPC."""

    uid: str
    space: str
    name: str
    version: str
    drift_type: str
    feature: str
    first_id: int
    last_id: int
    first_at: datetime
    last_at: datetime
    count: int
    last_run_id: int | None
    alert: str
    still: bool
    kinds: list[str]


@dataclass(frozen=True, slots=True)
class AcknowledgedGroup:
    """What one person acknowledged at one moment. `alert` is the JSON text of the newest one."""

    uid: str
    space: str
    name: str
    version: str
    drift_type: str
    feature: str
    first_id: int
    last_id: int
    first_at: datetime
    last_at: datetime
    count: int
    acknowledged_at: datetime
    acknowledged_by: str
    note: str | None
    last_run_id: int | None
    alert: str


@dataclass(frozen=True, slots=True)
class DetailedAlert:
    """One alert with everything about it. `alert` is its JSON text."""

    id: int
    created_at: datetime
    feature: str
    alert: str
    active: bool
    late: bool
    run_id: int | None
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    note: str | None
    uid: str
    space: str
    name: str
    version: str
    drift_type: str


def open_alert_groups(
    connection: Connection, wanted: AlertFilter, *, below_id: int | None, maximum: int
) -> list[OpenGroup]:
    """By their newest alert, newest first, from below that id."""
    first, last = (0, _LARGEST_ID) if wanted.entity_id is None else (wanted.entity_id, wanted.entity_id)
    return _sql["open_alert_groups"].all(
        connection, OpenGroup, **_parameters(wanted), first=first, last=last, below_id=below_id, maximum=maximum
    )


def acknowledged_alert_groups(
    connection: Connection, wanted: AlertFilter, *, below: tuple[datetime, int] | None, maximum: int
) -> list[AcknowledgedGroup]:
    """The latest first, from below that moment and newest id. `since` is about the acknowledgement."""
    below_at, below_id = below or (None, None)
    return _sql["acknowledged_alert_groups"].all(
        connection,
        AcknowledgedGroup,
        **_parameters(wanted),
        entity_id=wanted.entity_id,
        below_at=below_at,
        below_id=below_id,
        maximum=maximum,
    )


def detailed_alert(connection: Connection, alert_id: int) -> DetailedAlert | None:
    return _sql["alert_details"].one(connection, DetailedAlert, id=alert_id, run_id=None)


def detailed_alerts_of_run(connection: Connection, run_id: int) -> list[DetailedAlert]:
    """In the order in which they were raised."""
    return _sql["alert_details"].all(connection, DetailedAlert, id=None, run_id=run_id)


def _parameters(wanted: AlertFilter) -> dict[str, object]:
    return {
        "spaces": None if wanted.spaces is None else list(wanted.spaces),
        "drift_type": wanted.drift_type,
        "since": wanted.since,
    }
