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
    statement = _sql["alerts_of_entity"].ordered(backward=backward)
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
    statement = _sql["recent_alerts"].ordered(backward=backward)
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


def set_alert_active(connection: Connection, alert_id: int, *, active: bool, username: str, now: datetime) -> bool:
    """False: there is no such alert. `username` is who acknowledges it."""
    return _sql["set_alert_active"].run(connection, id=alert_id, active=active, username=username, now=now) == 1


def add_alert(
    connection: Connection,
    entity_id: int,
    feature: str,
    alert: str,
    *,
    created_at: datetime,
    run_id: int,
    late: bool,
) -> int:
    """`feature`: or the metric that it is about. `alert` is its JSON text. The id of the stored alert."""
    stored: int = _sql["add_alert"].values(
        connection,
        entity_id=entity_id,
        entity_name=feature,
        alert=alert,
        created_at=created_at,
        run_id=run_id,
        late=late,
    )[0]
    return stored


def alerts_of_window(connection: Connection, entity_id: int, window_end: datetime) -> list[str]:
    """The JSON texts of what earlier checks of the same window have raised."""
    return _sql["alerts_of_window"].values(connection, entity_id=entity_id, window_end=window_end)
