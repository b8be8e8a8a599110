"""Out of quarantine for good: deleted by an admin, or expired by its limits. Each one is counted in the ledger."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

from scouter.ingest.messages.outcomes import Totals
from scouter.ingest.quarantine.fair_share import fair_share
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.settled_time import read_clock
from scouter.postgres.statements import Connection
from scouter.postgres.tables import quarantine
from scouter.postgres.tables.ledger import add_to_shared_ledger
from scouter.postgres.tables.quarantine import QuarantineFilter, Span
from scouter.wire.quarantine import Reason

Limit = Literal["age", "size", "unsupported"]

_AT_ONCE = 1000  # in a transaction
_EXPIRED_AT_ONCE = 5000  # more, because looking for them takes longer than deleting them


@dataclass(frozen=True, slots=True)
class Removed:
    """`remaining`: there was no time for them."""

    deleted: int
    remaining: int


def delete(connection: Connection, ids: Collection[UUID]) -> int:
    """Delete those of them that are there. How many there were."""
    there = quarantine.lock_quarantined(connection, ids)
    gone = quarantine.delete_quarantined(connection, there)
    _count(connection, {transport: Totals(deleted=count) for transport, count in Counter(gone).items()})
    return len(gone)


def delete_selected(connections: ConnectionSource, selection: QuarantineFilter, *, seconds: float) -> Removed:
    """Delete what is there now, oldest first, in a transaction for every thousand, until the time is up."""
    deadline = time.monotonic() + seconds
    span = newest(connections, selection)
    deleted = 0
    while span is not None and time.monotonic() < deadline:
        with connections.connection() as connection:
            ids = quarantine.quarantined_ids(connection, selection, span, maximum=_AT_ONCE)
            deleted += delete(connection, ids)
        if len(ids) < _AT_ONCE:
            span = None
    return Removed(deleted, _count_left(connections, selection, span) if span else 0)


def expire(connection: Connection, limit: Limit, maximum: int) -> int:
    """Delete some of what is over a limit: `maximum` days, or bytes of everything together, or of what is unsupported.
    How many there were.

    Call it until there are none; there are none, too, while another server is at it.
    """
    if not quarantine.try_lock_limits(connection):
        return 0
    gone = _expired(connection, limit, maximum)
    _count(connection, {transport: Totals(expired=count) for transport, count in Counter(gone).items()})
    return len(gone)


def newest(connections: ConnectionSource, selection: QuarantineFilter) -> Span | None:
    """Everything of that selection that is there now; None: nothing is."""
    with connections.connection() as connection:
        found = quarantine.quarantine_page(connection, selection, since=None, until=None, below=None, maximum=1)
    return Span(found[0].id) if found else None


def _expired(connection: Connection, limit: Limit, maximum: int) -> Sequence[str]:
    if limit == "age":
        before = read_clock(connection).settled_at - timedelta(days=maximum)
        return quarantine.expire_by_age(connection, before, maximum=_EXPIRED_AT_ONCE)
    if limit == "unsupported":
        return quarantine.expire_of_reason(connection, Reason.UNSUPPORTED, maximum, maximum=_EXPIRED_AT_ONCE)
    return _expired_by_size(connection, maximum)


def _expired_by_size(connection: Connection, max_bytes: int) -> Sequence[str]:
    """Some of the noisiest sender's, of the reason that takes most of his room: what others left stays."""
    totals = quarantine.quarantine_senders(connection)
    sizes: Counter[str] = Counter()
    for total in totals:
        sizes[total.username] += total.bytes
    noisiest = max(sizes, key=sizes.__getitem__, default="")
    too_much = sizes[noisiest] - fair_share(sizes.values(), max_bytes)
    if too_much <= 0:
        return []
    most = max((total for total in totals if total.username == noisiest), key=lambda total: total.bytes)
    return quarantine.expire_of_sender(connection, noisiest, most.reason, too_much, maximum=_EXPIRED_AT_ONCE)


def _count(connection: Connection, changes: dict[str, Totals]) -> None:
    if changes:
        add_to_shared_ledger(connection, changes)


def _count_left(connections: ConnectionSource, selection: QuarantineFilter, span: Span) -> int:
    with connections.connection() as connection:
        return quarantine.count_quarantined(connection, selection, span)
