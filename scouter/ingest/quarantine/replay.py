"""Replays: messages in quarantine are validated again and stored, and leave it in the transaction that stores them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import cast
from uuid import UUID

from scouter.auth.permissions import ADMIN_GROUP, Caller
from scouter.errors import NotQuarantined, ReplayFailed, Unavailable
from scouter.ingest.messages.batch import Batch, ValidatedMessage
from scouter.ingest.messages.inbound import InboundMessage, Transport
from scouter.ingest.messages.outcomes import Outcome, Totals, totals_by_transport
from scouter.ingest.messages.results import Rejected
from scouter.ingest.quarantine.removal import newest
from scouter.ingest.storage.batch_finalizer import BatchFinalizer, BatchResult
from scouter.ingest.storage.batch_store import BatchStore, NotOurs
from scouter.ingest.validation.validator import Validator
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.statements import Connection
from scouter.postgres.tables import quarantine
from scouter.postgres.tables.ledger import add_to_shared_ledger
from scouter.postgres.tables.quarantine import QuarantineFilter, ReplayFailure, Span, WholeEntry

REPLAY_SECONDS = 20.0  # for a transaction

_MAX_MESSAGES = 500  # in a transaction
_MAX_BYTES = 8 * 2**20
_TURN_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class ReplayProgress:
    """What became of the messages that were tried: those up to and with `cursor`."""

    replayed: int = 0
    duplicates: int = 0
    failed: int = 0
    remaining: int = 0
    cursor: UUID | None = None

    def after(self, before: ReplayProgress) -> ReplayProgress:
        """This and what was done before it."""
        return replace(
            self,
            replayed=self.replayed + before.replayed,
            duplicates=self.duplicates + before.duplicates,
            failed=self.failed + before.failed,
        )


class Replay:
    """Safe to use from any thread, and beside other servers: whoever locks a message first stores it, nobody else.

    Admins may write everywhere; when a message was received, its transport and its key are those of the first time.
    """

    def __init__(
        self, connections: ConnectionSource, validator: Validator, store: Callable[[BatchFinalizer], BatchStore]
    ) -> None:
        """`store`: the way to store a batch that is settled like that. Used by one thread at a time."""
        self._connections = connections
        self._validator = validator
        self._store = store
        self._turn = threading.Lock()

    def one(self, entry_id: UUID) -> Outcome:
        """Raises `NotQuarantined`, and `ReplayFailed` for a message that is still bad and stays."""
        with self._connections.connection() as connection:
            entry = quarantine.quarantined_message(connection, entry_id)
        if entry is None:
            raise NotQuarantined(entry_id)
        try:
            (outcome,) = self._replay([entry])
        except NotOurs:
            raise NotQuarantined(entry_id) from None
        if outcome.error is not None:
            raise ReplayFailed(entry_id, outcome.error)
        return outcome

    def several(self, selection: QuarantineFilter, *, after: UUID | None = None, seconds: float) -> ReplayProgress:
        """Replay everything that is there now, behind `after`, oldest first, until the time is up."""
        deadline = time.monotonic() + seconds
        everything = newest(self._connections, selection)
        if everything is None:
            return ReplayProgress()
        span = Span(everything.last, after)
        outcomes: list[Outcome] = []
        while time.monotonic() < deadline and (entries := self._oldest(selection, span)):
            try:
                outcomes += self._replay(entries)
            except NotOurs:  # somebody else has replayed or deleted some of them: look again
                continue
            span = Span(span.last, entries[-1].id)
        return self._progress(selection, span, outcomes)

    def _oldest(self, selection: QuarantineFilter, span: Span) -> list[WholeEntry]:
        with self._connections.connection() as connection:
            return quarantine.oldest_quarantined(
                connection, selection, span, maximum=_MAX_MESSAGES, max_bytes=_MAX_BYTES
            )

    def _replay(self, entries: Sequence[WholeEntry]) -> Sequence[Outcome]:
        """In one transaction. Raises `NotOurs` when some of them are not there any more; then nothing was done."""
        inbound = [_as_it_came(entry) for entry in entries]
        messages = [ValidatedMessage(each, self._validator.result_of(each)) for each in inbound]
        batch = Batch(messages, has_waited=True)
        taken = _Taken([entry.id for entry in entries])
        with self._in_turn():
            return self._store(taken).store(batch, seconds=REPLAY_SECONDS, claim=taken.claim).outcomes

    def _progress(self, selection: QuarantineFilter, span: Span, outcomes: Sequence[Outcome]) -> ReplayProgress:
        with self._connections.connection() as connection:
            remaining = quarantine.count_quarantined(connection, selection, span)
        failed = sum(outcome.error is not None for outcome in outcomes)
        duplicates = sum(outcome.is_duplicate for outcome in outcomes)
        return ReplayProgress(len(outcomes) - failed - duplicates, duplicates, failed, remaining, span.after)

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=_TURN_SECONDS):
            raise Unavailable("other replays take long; nothing was done")
        try:
            yield
        finally:
            self._turn.release()


class _Taken:
    """Messages in quarantine, in the transaction that stores what is good of them."""

    def __init__(self, ids: Sequence[UUID]) -> None:
        self._ids = ids

    def claim(self, connection: Connection) -> bool:
        return len(quarantine.lock_quarantined(connection, self._ids)) == len(self._ids)

    def __call__(self, connection: Connection, batch_result: BatchResult) -> None:
        """What is still bad stays, under its id."""
        failed = [ReplayFailure(self._ids[n], bad.reason, bad.detail) for n, bad in batch_result.rejected.items()]
        done = [entry_id for n, entry_id in enumerate(self._ids) if n not in batch_result.rejected]
        if failed:
            quarantine.replays_failed(connection, failed)
        if done:
            quarantine.delete_quarantined(connection, done)
            add_to_shared_ledger(connection, _moves(batch_result))

    def committed(self, rejected: Iterable[Rejected]) -> None:
        """Whoever replays is told."""


def _moves(batch_result: BatchResult) -> dict[str, Totals]:
    """By transport: what every message is now, instead of quarantined. It was received before."""
    moves = totals_by_transport(
        (message.inbound.transport, outcome)
        for message, outcome in zip(batch_result.batch.messages, batch_result.outcomes, strict=True)
    )
    for totals in moves.values():
        totals.add(Totals(received=-totals.received, quarantined=-totals.received))
    return moves


def _as_it_came(entry: WholeEntry) -> InboundMessage:
    admin = Caller(entry.username, frozenset(), frozenset({ADMIN_GROUP}))
    return InboundMessage(
        cast("Transport", entry.transport), entry.raw, admin, entry.received_at, entry.idempotency_key
    )
