"""What is where: days of records in Postgres and in files, and what waits to go there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from msgspec import Meta, Struct

from scouter.archive.days import ArchivedDays
from scouter.archive.periods import ArchivePeriods
from scouter.archive.reads import ArchiveReads
from scouter.pages.site.page import Page
from scouter.pages.site.visit import Answer, Shown, Visit
from scouter.pages.text.times import TimeText, moment
from scouter.pages.wording.archive import KINDS_OF_RECORDS, STATES_OF_DAYS, kept_in_words, waiting_in_words
from scouter.postgres.tables.entities import Entities
from scouter.wire.archive import CURSOR, ArchiveDayItem, ArchiveKind, ArchiveQuery, ArchiveWaiting, accepted_by_archive

_ADDRESS = "/archive"
_ROWS = 100


class ArchivePageQuery(Struct, frozen=True):
    kind: ArchiveKind | None = None
    after: Annotated[str, Meta(pattern=CURSOR)] | None = None


@dataclass(frozen=True, slots=True)
class DayRow:
    day: ArchiveDayItem
    kind: str
    state: str
    archived: TimeText | None


@dataclass(frozen=True, slots=True)
class Holding:
    """The profile whose checks may need records that are old enough to go."""

    name: str
    address: str
    since: TimeText


class ArchivePage:
    def __init__(self, days: ArchivedDays, periods: ArchivePeriods, reads: ArchiveReads, entities: Entities) -> None:
        self._days = days
        self._periods = periods
        self._reads = reads
        self._entities = entities

    def pages(self) -> list[Page]:
        return [
            Page(
                _ADDRESS,
                self.show,
                who="admin",
                query=ArchivePageQuery,
                accepted=_accepted,
                summary="What is where: days, rows, bytes, and what waits for the archive.",
            )
        ]

    def show(self, visit: Visit) -> Answer:
        query = visit.query
        reply = self._days.page(ArchiveQuery(query.kind, _ROWS, query.after))
        return Shown(
            "archive.html",
            {
                "store": reply.store,
                "trouble": self._reads.trouble(),
                "kept": kept_in_words(self._periods, reply.store),
                "waiting": waiting_in_words(reply.waiting),
                "holding": self._holding(reply.waiting, visit),
                "totals": reply.totals,
                "states": STATES_OF_DAYS,
                "rows": [_row(each, visit) for each in reply.items],
                "kinds": KINDS_OF_RECORDS,
                "query": query,
                "first": _address(query) if query.after else None,
                "next": _address(query, after=reply.next_cursor) if reply.next_cursor else None,
            },
        )

    def _holding(self, waiting: ArchiveWaiting, visit: Visit) -> Holding | None:
        if waiting.held_for is None or waiting.needed_since is None:
            return None
        found = self._entities.find(waiting.held_for)
        name = waiting.held_for if found is None else f"{found.space}/{found.name} {found.version}"
        since: datetime = waiting.needed_since
        address = f"/profile?{urlencode({'uid': waiting.held_for})}"
        return Holding(name, address, moment(since, visit.now, visit.reader.zone_info))


def _row(each: ArchiveDayItem, visit: Visit) -> DayRow:
    archived = None if each.archived_at is None else moment(each.archived_at, visit.now, visit.reader.zone_info)
    kind, state = KINDS_OF_RECORDS.get(each.kind, each.kind), STATES_OF_DAYS.get(each.state, each.state)
    return DayRow(each, kind, state, archived)


def _address(query: ArchivePageQuery, **more: str) -> str:
    parameters = urlencode({**({"kind": query.kind} if query.kind else {}), **more})
    return f"{_ADDRESS}?{parameters}" if parameters else _ADDRESS


def _accepted(name: str, value: object) -> str | None:
    """Here the cursor is called otherwise."""
    return accepted_by_archive("cursor" if name == "after" else name, value)
