"""The end of a batch's transaction: how the batch is counted, and where that goes which is bad in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from scouter.ingest.messages.batch import Batch, ValidatedMessage
from scouter.ingest.messages.outcomes import Outcome, Totals, totals_by_transport
from scouter.ingest.messages.results import Rejected
from scouter.ingest.quarantine.unsupported import UnsupportedMessages
from scouter.ingest.storage.rejection_limit import RejectionLimit
from scouter.postgres.statements import Connection
from scouter.postgres.tables.ledger import add_to_ledger
from scouter.postgres.tables.quarantine import NewEntry, add_entries


@dataclass(frozen=True, slots=True)
class BatchResult:
    """A batch whose outcomes are decided, but not committed yet.

    `outcomes` are in the order of the messages; `rejected` are those that are bad, by their place in it.
    """

    batch: Batch
    outcomes: Sequence[Outcome]
    rejected: Mapping[int, Rejected]
    stored: int
    rejected_by_database: int


class BatchFinalizer(Protocol):
    def __call__(self, connection: Connection, batch_result: BatchResult) -> None:
        """In the transaction, last. What it raises rolls everything back."""

    def committed(self, rejected: Iterable[Rejected]) -> None:
        """A batch with these in it has just been committed, for the first time."""


class ArrivalFinalizer:
    """For messages that have just been received: what is bad goes to quarantine, and all of them are counted."""

    def __init__(
        self, rejection_limit: RejectionLimit, unsupported: UnsupportedMessages, *, instance: UUID, lane: str
    ) -> None:
        self._rejection_limit = rejection_limit
        self._unsupported = unsupported
        self._instance = instance
        self._lane = lane

    def __call__(self, connection: Connection, batch_result: BatchResult) -> None:
        """Raises `TooManyRejections`."""
        messages = batch_result.batch.messages
        if batch_result.rejected:
            add_entries(connection, [_entry(messages[place], bad) for place, bad in batch_result.rejected.items()])
        add_to_ledger(connection, self._instance, self._lane, totals_of(batch_result.batch, batch_result.outcomes))
        self._rejection_limit.count(rejected=batch_result.rejected_by_database, stored=batch_result.stored)

    def committed(self, rejected: Iterable[Rejected]) -> None:
        self._unsupported.count(rejected)


def totals_of(batch: Batch, outcomes: Sequence[Outcome]) -> dict[str, Totals]:
    """By transport."""
    return totals_by_transport(zip((message.inbound.transport for message in batch.messages), outcomes, strict=True))


def _entry(message: ValidatedMessage, bad: Rejected) -> NewEntry:
    inbound = message.inbound
    return NewEntry(
        bad.id,
        inbound.received_at,
        inbound.transport,
        bad.reason.value,
        bad.detail,
        inbound.caller.username,
        inbound.key,
        inbound.raw,
    )
