"""Open and acknowledged alerts as people look at them, by the page."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from scouter.postgres.paging import Page, rows_to_fetch
from scouter.postgres.statements import Connection
from scouter.postgres.tables.open_alerts import (
    AcknowledgedGroup,
    AlertFilter,
    DetailedAlert,
    OpenGroup,
    acknowledged_alert_groups,
    detailed_alert,
    detailed_alerts_of_run,
    open_alert_groups,
)
from scouter.wire.alerts import Alert
from scouter.wire.cursors import cursor_at, position_at
from scouter.wire.open_alerts import (
    AcknowledgedAlertGroup,
    AcknowledgedAlertsPage,
    AcknowledgedPosition,
    AlertDetail,
    OpenAlertGroup,
    OpenAlertsPage,
)
from scouter.wire.profiles import DriftType

Shown = TypeVar("Shown", OpenAlertGroup, AcknowledgedAlertGroup, AlertDetail)

_decode = msgspec.json.Decoder(Alert).decode


def open_alerts(
    connection: Connection, wanted: AlertFilter, *, cursor: int | None = None, limit: int = 50
) -> OpenAlertsPage:
    """One row for each profile and feature that has open alerts, by the newest of them."""
    found = open_alert_groups(connection, wanted, below_id=cursor, maximum=rows_to_fetch(limit))
    page = Page.of(found, limit)
    items = [_filled(OpenAlertGroup, group) for group in page.rows]
    return OpenAlertsPage(items, page.has_next, page.next_cursor(lambda last: last.last_id))


def acknowledged_alerts(
    connection: Connection, wanted: AlertFilter, *, cursor: str | None = None, limit: int = 50
) -> AcknowledgedAlertsPage:
    """What was acknowledged together, by feature. Raises `InvalidInput` for a cursor of no page."""
    position = None if cursor is None else position_at(cursor, AcknowledgedPosition)
    below = None if position is None else (position.at, position.last_id)
    found = acknowledged_alert_groups(connection, wanted, below=below, maximum=rows_to_fetch(limit))
    page = Page.of(found, limit)
    items = [_filled(AcknowledgedAlertGroup, group) for group in page.rows]
    return AcknowledgedAlertsPage(items, page.has_next, page.next_cursor(_position_of))


def alert_by_id(connection: Connection, alert_id: int) -> AlertDetail | None:
    """Authorise its space before it is shown."""
    found = detailed_alert(connection, alert_id)
    return None if found is None else _filled(AlertDetail, found)


def alerts_of_run(connection: Connection, run_id: int) -> list[AlertDetail]:
    return [_filled(AlertDetail, alert) for alert in detailed_alerts_of_run(connection, run_id)]


def _filled(kind: type[Shown], row: OpenGroup | AcknowledgedGroup | DetailedAlert) -> Shown:
    """The members have the names of the columns."""
    members = {name: getattr(row, name) for name in kind.__struct_fields__}
    return kind(**{**members, "alert": _decode(row.alert), "drift_type": DriftType(row.drift_type)})


def _position_of(last: AcknowledgedGroup) -> str:
    return cursor_at(AcknowledgedPosition(last.acknowledged_at, last.last_id))
