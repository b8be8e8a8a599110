"""What the archive says of itself: which days are where, and what waits for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from scouter.archive.due import Due, due_days
from scouter.archive.periods import ArchivePeriods
from scouter.errors import InvalidInput
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.paging import Page, rows_to_fetch
from scouter.postgres.tables.manifest import ArchiveDay, archive_days, archive_totals
from scouter.wire.archive import ArchiveDayItem, ArchiveQuery, ArchiveReply, ArchiveStateTotal, ArchiveWaiting


class ArchivedDays:
    """`store` is what people call it."""

    def __init__(
        self, connections: ConnectionSource, periods: ArchivePeriods, store: str, now: Callable[[], datetime]
    ) -> None:
        self._connections = connections
        self._periods = periods
        self._store = store
        self._now = now

    def page(self, query: ArchiveQuery) -> ArchiveReply:
        """Raises `InvalidInput` for a cursor that is none."""
        with self._connections.connection() as connection:
            found = archive_days(connection, query.kind, _place(query.cursor), rows_to_fetch(query.limit))
            totals = [
                ArchiveStateTotal(each.state, each.parts, each.rows, each.bytes) for each in archive_totals(connection)
            ]
            waiting = _waiting(due_days(connection, self._periods, self._now(), patient=True))
        page = Page.of(found, query.limit)
        items = [_item(each) for each in page.rows]
        return ArchiveReply(self._store, totals, waiting, items, page.has_next, page.next_cursor(_cursor))


def _place(cursor: str | None) -> list[str] | None:
    if cursor is None:
        return None
    day, kind, state = cursor.split(",")
    try:
        return [date.fromisoformat(day).isoformat(), kind, state]
    except ValueError:
        raise InvalidInput("cursor", cursor, "the next_cursor of a reply") from None


def _cursor(last: ArchiveDay) -> str:
    return f"{last.day},{last.kind},{last.state}"


def _item(each: ArchiveDay) -> ArchiveDayItem:
    return ArchiveDayItem(each.day, each.kind, each.state, each.parts, each.rows, each.bytes, each.archived_at)


def _waiting(due: Due) -> ArchiveWaiting:
    need = due.need
    return ArchiveWaiting(len(due.days), len(due.held), need.uid if need else None, need.moment if need else None)
