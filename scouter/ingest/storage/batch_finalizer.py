"""How a batch is settled at the end of its transaction: how it is counted, and where that goes which is bad in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from scouter.ingest.messages import outcomes
from scouter.ingest.messages.outcomes import Outcome, Totals
from scouter.ingest.messages.pending import Batch, Judged
from scouter.ingest.messages.results import Poison
from scouter.ingest.storage.rejection_limit import Refusals
from scouter.postgres.statements import Connection
from scouter.postgres.tables.ledger import add_to_ledger
from scouter.postgres.tables.quarantine import NewEntry, add_entries


@dataclass(frozen=True, slots=True)
class Decided:
    """A batch whose fate is decided, but not committed yet.

    `fates` are in the order of the messages; `poisoned` are those that are bad, by their place in it.
    """

    batch: Batch
    fates: Sequence[Outcome]
    poisoned: Mapping[int, Poison]
    stored: int
    refused: int  # by Postgres


class Settlement(Protocol):
    """Called in the transaction, last. What it raises rolls everything back."""

    def __call__(self, connection: Connection, decided: Decided) -> None: ...


class Arrivals:
    """For messages that have just been received: what is bad goes to quarantine, and all of them are counted."""

    def __init__(self, refusals: Refusals, *, instance: UUID, lane: str) -> None:
        self._refusals = refusals
        self._instance = instance
        self._lane = lane

    def __call__(self, connection: Connection, decided: Decided) -> None:
        """Raises `TooManyRefusals`."""
        messages = decided.batch.messages
        if decided.poisoned:
            add_entries(connection, [_entry(messages[place], bad) for place, bad in decided.poisoned.items()])
        add_to_ledger(connection, self._instance, self._lane, totals_of(decided.batch, decided.fates))
        self._refusals.note(decided.refused, decided.stored)


def totals_of(batch: Batch, fates: Sequence[Outcome]) -> dict[str, Totals]:
    """By transport."""
    return outcomes.sums(zip((message.incoming.transport for message in batch.messages), fates, strict=True))


def _entry(message: Judged, bad: Poison) -> NewEntry:
    incoming = message.incoming
    return NewEntry(
        bad.id,
        incoming.received_at,
        incoming.transport,
        bad.reason.value,
        bad.detail,
        incoming.caller.username,
        incoming.key,
        incoming.raw,
    )
