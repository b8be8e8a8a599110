"""A batch store and a spool registry over lists: what was committed, in which order, and what went wrong with a commit.

They keep what `BatchStore` and `SpoolRegistry` promise, and know nothing of SQL.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum
from typing import cast
from uuid import UUID

import psycopg

from scouter.errors import RefusedByDatabase
from scouter.ingest.messages.batch import Batch, ValidatedMessage
from scouter.ingest.messages.outcomes import Outcome, Totals
from scouter.ingest.messages.results import Accepted, Duplicate, Rejected, ValidationResult, rejected
from scouter.ingest.spool.spool_registry import OpenedSpool
from scouter.ingest.storage.batch_finalizer import totals_of
from scouter.ingest.storage.batch_store import BatchClaim, NotOurs, Stored
from scouter.ingest.storage.rejection_limit import RejectionLimit
from scouter.postgres.statements import Connection
from scouter.wire.quarantine import Reason

_NO_CONNECTION = cast(Connection, None)  # claims on lists need none


class Trouble(Enum):
    """What becomes of one transaction. Whoever made it is told of a lost connection, but for the last two."""

    AWAY = "it is not even begun"
    ROLLED_BACK = "all is done but the commit"
    COMMITTED = "it is committed"
    LATE = "it is committed while the next batch waits for its locks"
    DISK_FULL = "the disk of the database is full"
    LOCKED = "others hold a lock that it needs"
    BUG = "nobody has foreseen it"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    instance: UUID
    transport: str
    totals: Totals


@dataclass(slots=True)
class Contents:
    """What is committed."""

    messages: list[bytes] = field(default_factory=list)
    batches: list[list[bytes]] = field(default_factory=list)  # the same messages, by transaction
    quarantine: dict[UUID, tuple[Reason, bytes]] = field(default_factory=dict)
    receipts: set[UUID] = field(default_factory=set)
    positions: dict[UUID, int] = field(default_factory=dict)  # of spools
    waiting: dict[UUID, dict[str, int]] = field(default_factory=dict)  # as reported, by spool
    ledger: list[LedgerEntry] = field(default_factory=list)

    def copy(self) -> Contents:
        return Contents(
            list(self.messages),
            list(self.batches),
            dict(self.quarantine),
            set(self.receipts),
            dict(self.positions),
            dict(self.waiting),
            list(self.ledger),
        )


class ListedDatabase:
    """`store_troubles` and `registry_troubles` meet the next transactions, one each; None: all is well."""

    def __init__(self) -> None:
        self.contents = Contents()
        self.changed = self.contents  # by the transaction under way
        self.is_away = False
        self.settled_time: datetime | None = None  # other than now
        self.refused: set[bytes] = set()  # messages that it does not take
        self.tries = 0  # of storing a batch
        self.written_deltas: list[UUID] = []  # as often as somebody tried
        self.store_troubles: deque[Trouble | None] = deque()
        self.registry_troubles: deque[Trouble | None] = deque()
        self._late: Contents | None = None
        self._lock = threading.RLock()

    @contextmanager
    def transaction(self, troubles: deque[Trouble | None]) -> Iterator[Contents]:
        with self._lock:
            trouble = troubles.popleft() if troubles else None
            if self.is_away or trouble is Trouble.AWAY:
                raise _lost()
            if trouble is Trouble.DISK_FULL:
                raise psycopg.errors.DiskFull("could not extend file")
            if trouble is Trouble.LOCKED:
                raise psycopg.errors.LockNotAvailable("canceling statement due to lock timeout")
            if trouble is Trouble.BUG:
                raise RuntimeError("nobody has foreseen this")
            self.changed = changed = self.contents.copy()
            yield changed  # an error that leaves this block has changed nothing
            if trouble is Trouble.LATE:
                self._late = changed
            elif trouble is not Trouble.ROLLED_BACK:
                self.contents = changed
            if trouble is not None:
                raise _lost()

    def commit_what_is_late(self) -> None:
        if self._late is not None:
            self.contents, self._late = self._late, None

    def totals(self, instance: UUID) -> dict[str, Totals]:
        """The stored ledger of one process, by transport."""
        found: dict[str, Totals] = {}
        for entry in self.contents.ledger:
            if entry.instance == instance:
                found.setdefault(entry.transport, Totals()).add(entry.totals)
        return found


class ListedStore:
    """The batch store of one process."""

    def __init__(self, database: ListedDatabase, rejection_limit: RejectionLimit, instance: UUID) -> None:
        self._database = database
        self._rejection_limit = rejection_limit
        self._instance = instance
        self.is_closed = False

    def store(self, batch: Batch, *, seconds: float, claim: BatchClaim | None = None) -> Stored:
        assert seconds > 0
        database = self._database
        database.tries += 1
        database.commit_what_is_late()
        with database.transaction(database.store_troubles) as contents:
            if claim is not None and not claim(_NO_CONNECTION):
                raise NotOurs
            is_first = batch.id not in contents.receipts
            if is_first:
                self._put(contents, batch)
        outcomes = batch.outcomes or [_outcome(each.result) for each in batch.messages]
        return Stored(outcomes, totals_of(batch, outcomes), is_first)

    def close(self) -> None:
        self.is_closed = True

    def _put(self, contents: Contents, batch: Batch) -> None:
        messages = [self._asked(each) for each in batch.messages]
        for message in messages:
            if isinstance(message.result, Rejected):
                contents.quarantine[message.result.id] = (message.result.reason, message.inbound.raw)
        stored = [each.inbound.raw for each in messages if isinstance(each.result, Accepted)]
        outcomes = [_outcome(each.result) for each in messages]
        contents.receipts.add(batch.id)
        contents.messages += stored
        contents.batches.append(stored)
        for transport, totals in totals_of(batch, outcomes).items():
            contents.ledger.append(LedgerEntry(self._instance, transport, totals))
        refused = sum(each.inbound.raw in self._database.refused for each in messages)
        self._rejection_limit.count(rejected=refused, stored=len(stored))
        batch.outcomes = outcomes

    def _asked(self, message: ValidatedMessage) -> ValidatedMessage:
        """What the database says to it."""
        if message.inbound.raw in self._database.refused:
            return replace(message, result=rejected(RefusedByDatabase("the database refused this message")))
        return message


class ListedRegistry:
    """The spool registry of one process."""

    def __init__(self, database: ListedDatabase, instance: UUID) -> None:
        self._database = database
        self._instance = instance
        self.is_closed = False

    def take_over(self, spool: UUID, ids: Collection[UUID], *, seconds: float) -> OpenedSpool:
        with self._transaction(seconds) as contents:
            contents.waiting[spool] = {}
            committed = [each for each in ids if each in contents.receipts]
            return OpenedSpool(contents.positions.setdefault(spool, 1), committed)

    def position(self, spool: UUID, *, seconds: float) -> int:
        with self._transaction(seconds) as contents:
            return contents.positions.setdefault(spool, 1)

    def claim(self, spool: UUID, *, expected: int, following: int) -> BatchClaim:
        def move(_: Connection) -> bool:
            positions = self._database.changed.positions
            is_expected = positions[spool] == expected
            if is_expected:
                positions[spool] = following
            return is_expected

        return move

    def report(self, spool: UUID, waiting: Mapping[str, int], *, seconds: float) -> None:
        with self._transaction(seconds) as contents:
            contents.waiting[spool] = dict(waiting)

    def settled_time(self, *, seconds: float) -> datetime:
        with self._transaction(seconds):
            return self._database.settled_time or datetime.now(UTC)

    def write_delta(self, delta_id: UUID, changes: Mapping[str, Totals], *, seconds: float) -> None:
        self._database.written_deltas.append(delta_id)
        with self._transaction(seconds) as contents:
            if delta_id not in contents.receipts:
                contents.receipts.add(delta_id)
                for transport, totals in changes.items():
                    contents.ledger.append(LedgerEntry(self._instance, transport, replace(totals)))

    def close(self) -> None:
        self.is_closed = True

    def _transaction(self, seconds: float) -> AbstractContextManager[Contents]:
        assert seconds > 0
        return self._database.transaction(self._database.registry_troubles)


def _outcome(result: ValidationResult) -> Outcome:
    if isinstance(result, Rejected):
        return Outcome.quarantined(result.error)
    if isinstance(result, Duplicate):
        return Outcome.duplicate(0, {})
    return Outcome.empty(result.skipped) if result.is_empty else Outcome.stored(result.count, result.skipped)


def _lost() -> psycopg.OperationalError:
    return psycopg.OperationalError("the connection to the database was lost")
