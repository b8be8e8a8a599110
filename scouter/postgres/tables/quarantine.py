"""Quarantine as stored: messages that cannot be stored elsewhere, as they arrived."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("quarantine")

_COPY = (
    b"COPY quarantine (id, received_at, transport, reason, detail, username, idempotency_key, size, raw) "
    b"FROM STDIN (FORMAT BINARY)"
)
_TYPES = ("uuid", "timestamptz", "text", "text", "text", "text", "text", "int4", "bytea")


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A message on its way into quarantine."""

    id: UUID
    received_at: datetime
    transport: str
    reason: str
    detail: str
    username: str
    idempotency_key: str | None
    raw: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """A message in quarantine, without its bytes. `replays`: how often a replay was tried in vain."""

    id: UUID
    received_at: datetime
    quarantined_at: datetime
    transport: str
    reason: str
    detail: str
    username: str
    idempotency_key: str | None
    size: int
    replays: int


@dataclass(frozen=True, slots=True)
class WholeEntry(Entry):
    raw: bytes


@dataclass(frozen=True, slots=True)
class QuarantineTotal:
    transport: str
    reason: str
    messages: int
    bytes: int


@dataclass(frozen=True, slots=True)
class SenderTotal:
    username: str
    reason: str
    bytes: int


@dataclass(frozen=True, slots=True)
class QuarantineFilter:
    """Some of the messages in quarantine. None: whatever it is."""

    transport: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """From the oldest, or from behind `after`, up to and with `last`."""

    last: UUID
    after: UUID | None = None


@dataclass(frozen=True, slots=True)
class ReplayFailure:
    """A message that is still bad, and why."""

    id: UUID
    reason: str
    detail: str


def add_entries(connection: Connection, entries: Sequence[NewEntry]) -> None:
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.set_types(_TYPES)
        for each in entries:
            about = (each.reason, each.detail, each.username, each.idempotency_key)
            copy.write_row((each.id, each.received_at, each.transport, *about, len(each.raw), each.raw))


def quarantine_page(
    connection: Connection,
    selection: QuarantineFilter,
    *,
    since: datetime | None,
    until: datetime | None,
    below: UUID | None,
    maximum: int,
) -> list[Entry]:
    """Newest first; `since` and `until` are about when messages were received."""
    return _sql["quarantine_page"].all(
        connection,
        Entry,
        transport=selection.transport,
        reason=selection.reason,
        since=since,
        until=until,
        below=below,
        maximum=maximum,
    )


def quarantined_message(connection: Connection, entry_id: UUID) -> WholeEntry | None:
    return _sql["quarantined_message"].one(connection, WholeEntry, id=entry_id)


def beginning_of_quarantined(connection: Connection, entry_id: UUID, maximum: int) -> WholeEntry | None:
    """With the first `maximum` of its bytes."""
    return _sql["beginning_of_quarantined"].one(connection, WholeEntry, id=entry_id, maximum=maximum)


def oldest_quarantined(
    connection: Connection, selection: QuarantineFilter, span: Span, *, maximum: int, max_bytes: int
) -> list[WholeEntry]:
    """Oldest first; at least one if there is any, and then as many as stay below about `most_bytes`."""
    return _sql["oldest_quarantined"].all(
        connection,
        WholeEntry,
        transport=selection.transport,
        reason=selection.reason,
        after=span.after,
        last=span.last,
        maximum=maximum,
        max_bytes=max_bytes,
    )


def lock_quarantined(connection: Connection, ids: Collection[UUID]) -> list[UUID]:
    """Those of them that are there (still). Nobody else replays or deletes them until the end of this transaction."""
    return _sql["lock_quarantined"].values(connection, ids=list(ids))


def replays_failed(connection: Connection, failures: Sequence[ReplayFailure]) -> None:
    """They stay, with what was wrong this time."""
    _sql["replays_failed"].run(
        connection,
        id=[each.id for each in failures],
        reason=[each.reason for each in failures],
        detail=[each.detail for each in failures],
    )


def quarantined_ids(connection: Connection, selection: QuarantineFilter, span: Span, *, maximum: int) -> list[UUID]:
    """Oldest first."""
    return _sql["quarantined_ids"].values(
        connection,
        transport=selection.transport,
        reason=selection.reason,
        after=span.after,
        last=span.last,
        maximum=maximum,
    )


def count_quarantined(connection: Connection, selection: QuarantineFilter, span: Span) -> int:
    counted: int = _sql["count_quarantined"].values(
        connection, transport=selection.transport, reason=selection.reason, after=span.after, last=span.last
    )[0]
    return counted


def delete_quarantined(connection: Connection, ids: Collection[UUID]) -> list[str]:
    """The transport of each one that was there."""
    return _sql["delete_quarantined"].values(connection, ids=list(ids))


def quarantine_totals(connection: Connection) -> list[QuarantineTotal]:
    return _sql["quarantine_totals"].all(connection, QuarantineTotal)


def try_lock_limits(connection: Connection) -> bool:
    """Whether this transaction may enforce the limits: no other server does meanwhile."""
    allowed: bool = _sql["try_lock_limits"].values(connection)[0]
    return allowed


def expire_by_age(connection: Connection, before: datetime, *, maximum: int) -> list[str]:
    """Delete some of those that are older; the transport of each."""
    return _sql["expire_by_age"].values(connection, before=before, maximum=maximum)


def quarantine_senders(connection: Connection) -> list[SenderTotal]:
    """Who takes how much room, and what for."""
    return _sql["quarantine_senders"].all(connection, SenderTotal)


def expire_of_reason(connection: Connection, reason: str, max_bytes: int, *, maximum: int) -> list[str]:
    """Delete some of the oldest of a reason if it takes more bytes; the transport of each."""
    too_much = sum(total.bytes for total in quarantine_totals(connection) if total.reason == reason) - max_bytes
    if too_much <= 0:
        return []
    return _sql["expire_of_reason"].values(connection, reason=reason, too_much=too_much, maximum=maximum)


def expire_of_sender(connection: Connection, username: str, reason: str, too_much: int, *, maximum: int) -> list[str]:
    """Delete the oldest of a sender and reason, about `too_much` bytes of them; the transport of each."""
    return _sql["expire_of_sender"].values(
        connection, username=username, reason=reason, too_much=too_much, maximum=maximum
    )
