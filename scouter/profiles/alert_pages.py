"""Pages of alerts by key: what to fetch for a request, and what the fetched rows say about the pages around it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from scouter.errors import InvalidInput
from scouter.postgres.paging import Page, rows_to_fetch
from scouter.postgres.statements import Connection
from scouter.postgres.tables.alerts import AlertSlice, StoredAlert, alerts_of_entity, recent_alerts
from scouter.postgres.tables.entities import Entity
from scouter.wire.alerts import (
    Alert,
    AlertCursor,
    AlertItem,
    AlertPage,
    AlertsRequest,
    Direction,
    RecentAlert,
    RecentAlertPage,
    RecentAlertsQuery,
)
from scouter.wire.profiles import DriftType

DEFAULT_LIMIT = 50
_BEFORE_ALL_IDS = -(2**63)

Paged = AlertsRequest | RecentAlertsQuery
_Key = tuple[datetime, int]
_NO_BOUND = (None, None)

_decode_alert = msgspec.json.Decoder(Alert).decode


def alert_page(connection: Connection, entity: Entity, request: AlertsRequest) -> AlertPage:
    """Alerts of one profile. Raises `InvalidInput` for half a cursor and for a window that ends before it starts."""
    wanted = slice_of(request, request.start_datetime, request.end_datetime, start_field="start_datetime")
    fetched = alerts_of_entity(connection, entity.id, wanted, backward=is_backward(request))
    page = stretch_of(fetched, request)
    items = [_item(alert) for alert in page.alerts]
    return AlertPage(items, page.has_next, page.next_cursor, page.has_previous, page.previous_cursor)


def recent_alert_page(
    connection: Connection, spaces: Collection[str] | None, query: RecentAlertsQuery
) -> RecentAlertPage:
    """Over all profiles in these spaces (None: in every one). Raises as `alert_page`."""
    wanted = slice_of(query, query.since, query.until, start_field="since")
    drift_type = query.drift_type.value if query.drift_type else None
    fetched = recent_alerts(connection, spaces, drift_type, wanted, backward=is_backward(query))
    page = stretch_of(fetched, query)
    items = [_recent_item(alert) for alert in page.alerts]
    return RecentAlertPage(items, page.has_next, page.next_cursor, page.has_previous, page.previous_cursor)


@dataclass(frozen=True, slots=True)
class AlertStretch:
    """One page of alerts, newest first. A cursor points at the alert beyond which the neighbouring page begins."""

    alerts: list[StoredAlert]
    has_next: bool
    next_cursor: AlertCursor | None
    has_previous: bool
    previous_cursor: AlertCursor | None


def is_backward(request: Paged) -> bool:
    return request.direction is Direction.previous


def slice_of(request: Paged, start: datetime | None, end: datetime | None, *, start_field: str) -> AlertSlice:
    """What to fetch for start <= created_at < end.

    Raises `InvalidInput` for half a cursor and for a window that ends before it starts.
    """
    if start is not None and end is not None and start > end:
        raise InvalidInput(start_field, start.isoformat(), f"a moment before the end, {end.isoformat()}")
    above = [(start, _BEFORE_ALL_IDS)] if start is not None else []
    below = [(end, _BEFORE_ALL_IDS)] if end is not None else []
    (above if is_backward(request) else below).extend(_given_cursor(request))
    above_created_at, above_id = max(above, default=_NO_BOUND)
    below_created_at, below_id = min(below, default=_NO_BOUND)
    maximum = rows_to_fetch(request.limit or DEFAULT_LIMIT)
    return AlertSlice(request.active, above_created_at, above_id, below_created_at, below_id, maximum)


def stretch_of(fetched: Sequence[StoredAlert], request: Paged) -> AlertStretch:
    """The page in `fetched`, which came newest first, or oldest first for a page backward."""
    page = Page.of(fetched, request.limit or DEFAULT_LIMIT)
    alerts, further = page.rows, page.next_cursor(_cursor)
    came_from_a_page = request.cursor_id is not None
    back = _cursor(alerts[0]) if alerts else None  # to where the page came from
    if is_backward(request):
        alerts.reverse()
        return AlertStretch(alerts, came_from_a_page, back, page.has_next, further)
    return AlertStretch(alerts, page.has_next, further, came_from_a_page, back)


def _given_cursor(request: Paged) -> list[_Key]:
    if request.cursor_created_at is not None and request.cursor_id is not None:
        return [(request.cursor_created_at, request.cursor_id)]
    if request.cursor_created_at is not None or request.cursor_id is not None:
        missing = "cursor_id" if request.cursor_id is None else "cursor_created_at"
        raise InvalidInput(missing, None, "both parts of a cursor, or neither")
    return []


def _cursor(at: StoredAlert) -> AlertCursor:
    return AlertCursor(at.created_at, at.id)


def _item(stored: StoredAlert) -> AlertItem:
    return AlertItem(stored.created_at, stored.entity_name, _decode_alert(stored.alert), stored.id, stored.active)


def _recent_item(stored: StoredAlert) -> RecentAlert:
    return RecentAlert(
        created_at=stored.created_at,
        entity_name=stored.entity_name,
        alert=_decode_alert(stored.alert),
        id=stored.id,
        active=stored.active,
        uid=stored.uid,
        space=stored.space,
        name=stored.name,
        version=stored.version,
        drift_type=DriftType(stored.drift_type),
    )
