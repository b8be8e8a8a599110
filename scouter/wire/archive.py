"""What the archive says of itself."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

CURSOR = r"^\d{4}-\d{2}-\d{2},(spc|psi|custom),(hot|frozen|archived|expired)$"

ArchiveKind = Literal["spc", "psi", "custom"]


class ArchiveQuery(Struct, frozen=True):
    kind: ArchiveKind | None = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    cursor: Annotated[str, Meta(pattern=CURSOR)] | None = None


class ArchiveDayItem(Struct, frozen=True):
    """One UTC day of one kind, as far as it is in one state; records that came late for an archived day are hot again.

    `hot`: in the tables; rows are an estimate, bytes include indexes. `frozen`: on the way, in a table of its own.
    `archived`: in files, one for each part. `expired`: gone. Charts read all but the last.
    """

    day: date
    kind: str
    state: str
    parts: int
    rows: int
    bytes: int
    archived_at: datetime | None


class ArchiveStateTotal(Struct, frozen=True):
    state: str
    parts: int
    rows: int
    bytes: int


class ArchiveWaiting(Struct, frozen=True):
    """Days that are old enough: `due` ones go with the next pass, `held` ones may still be needed by checks."""

    due: int
    held: int
    held_for: str | None
    """The uid of a profile whose checks may need records since `needed_since`."""

    needed_since: datetime | None


class ArchiveReply(Struct, frozen=True):
    """Newest day first; ask again with `next_cursor` as `cursor`."""

    store: str
    totals: list[ArchiveStateTotal]
    waiting: ArchiveWaiting
    items: list[ArchiveDayItem]
    has_next: bool
    next_cursor: str | None


def accepted_by_archive(name: str, _: object) -> str | None:
    return {"cursor": "the next_cursor of a reply", "kind": "one of spc, psi, custom"}.get(name)
