"""Pages of alerts by key: what to fetch for a request, and what the fetched rows say about the pages around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from scouter.errors import InvalidInput
from scouter.postgres.tables.alerts import AlertSlice, StoredAlert
from scouter.wire.alerts import AlertCursor, AlertsRequest, Direction, RecentAlertsQuery

DEFAULT_LIMIT = 50
_BEFORE_ALL_IDS = -(2**63)

Paged = AlertsRequest | RecentAlertsQuery
_Key = tuple[datetime, int]
_NO_BOUND = (None, None)


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
    """What to fetch for start <= created_at < end: one more than the page holds, to know whether more follow.

    Raises `InvalidInput` for half a cursor and for a window that ends before it starts.
    """
    if start is not None and end is not None and start > end:
        raise InvalidInput(start_field, start.isoformat(), f"a moment before the end, {end.isoformat()}")
    above = [(start, _BEFORE_ALL_IDS)] if start is not None else []
    below = [(end, _BEFORE_ALL_IDS)] if end is not None else []
    (above if is_backward(request) else below).extend(_given_cursor(request))
    above_created_at, above_id = max(above, default=_NO_BOUND)
    below_created_at, below_id = min(below, default=_NO_BOUND)
    maximum = (request.limit or DEFAULT_LIMIT) + 1
    return AlertSlice(request.active, above_created_at, above_id, below_created_at, below_id, maximum)


def stretch_of(fetched: Sequence[StoredAlert], request: Paged) -> AlertStretch:
    """The page in `fetched`, which came newest first, or oldest first for a page backward."""
    limit = request.limit or DEFAULT_LIMIT
    kept, more = list(fetched[:limit]), len(fetched) > limit
    came_from_a_page = request.cursor_id is not None
    if is_backward(request):
        kept.reverse()
        first = _cursor(kept[:1]) if more else None
        return AlertStretch(kept, came_from_a_page, _cursor(kept[-1:]), more, first)
    last = _cursor(kept[-1:]) if more else None
    return AlertStretch(kept, more, last, came_from_a_page, _cursor(kept[:1]))


def _given_cursor(request: Paged) -> list[_Key]:
    if request.cursor_created_at is not None and request.cursor_id is not None:
        return [(request.cursor_created_at, request.cursor_id)]
    if request.cursor_created_at is not None or request.cursor_id is not None:
        missing = "cursor_id" if request.cursor_id is None else "cursor_created_at"
        raise InvalidInput(missing, None, "both parts of a cursor, or neither")
    return []


def _cursor(at: Sequence[StoredAlert]) -> AlertCursor | None:
    return AlertCursor(at[0].created_at, at[0].id) if at else None
