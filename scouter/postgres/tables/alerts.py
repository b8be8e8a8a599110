"""Stored alerts: pages by key, and whether an alert is active."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime

from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("alerts")


@dataclass(frozen=True, slots=True)
class StoredAlert:
    """An alert and whose it is. `alert` is its JSON text, as `scouter.wire.alerts.Alert`."""

    id: int
    created_at: datetime
    entity_name: str
    alert: str
    active: bool
    uid: str
    space: str
    name: str
    version: str
    drift_type: str


@dataclass(frozen=True, slots=True)
class AlertSlice:
    """Which alerts to fetch: those between two exclusive bounds of (created_at, id), at most so many.

    Forward means newest first, from the upper bound; backward means oldest first, from the lower bound.
    """

    active: bool | None
    above_created_at: datetime | None
    above_id: int | None
    below_created_at: datetime | None
    below_id: int | None
    maximum: int


def alerts_of_entity(
    connection: Connection, entity_id: int, wanted: AlertSlice, *, backward: bool
) -> list[StoredAlert]:
    statement = _sql["alerts_of_entity_backward"] if backward else _sql["alerts_of_entity_forward"]
    return statement.all(connection, StoredAlert, entity_id=entity_id, **asdict(wanted))


def recent_alerts(
    connection: Connection,
    spaces: Collection[str] | None,
    drift_type: str | None,
    wanted: AlertSlice,
    *,
    backward: bool,
) -> list[StoredAlert]:
    """Over all profiles of these spaces; None: of every space."""
    statement = _sql["recent_alerts_backward"] if backward else _sql["recent_alerts_forward"]
    named = None if spaces is None else list(spaces)
    return statement.all(connection, StoredAlert, spaces=named, drift_type=drift_type, **asdict(wanted))


def alerts_of_version(
    connection: Connection,
    space: str,
    name: str,
    version: str,
    *,
    only_active: bool,
    start: datetime | None,
    maximum: int,
) -> list[StoredAlert]:
    """Over all drift types of one version, newest first."""
    return _sql["alerts_of_version"].all(
        connection,
        StoredAlert,
        space=space,
        name=name,
        version=version,
        only_active=only_active,
        start=start,
        maximum=maximum,
    )


def space_of_alert(connection: Connection, alert_id: int) -> str | None:
    spaces: list[str] = _sql["space_of_alert"].values(connection, id=alert_id)
    return spaces[0] if spaces else None


def set_alert_active(connection: Connection, alert_id: int, *, active: bool, now: datetime) -> bool:
    """False: there is no such alert."""
    return _sql["set_alert_active"].run(connection, id=alert_id, active=active, now=now) == 1
