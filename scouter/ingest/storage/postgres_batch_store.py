"""The one transaction that decides what becomes of every message of a batch: stored, a duplicate, or quarantined."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta

import msgspec
import psycopg

from scouter.errors import KeyReused, RefusedByDatabase, UnknownProfile
from scouter.ingest.arrivals import Arrivals
from scouter.ingest.messages.batch import Batch, ValidatedMessage
from scouter.ingest.messages.outcomes import Outcome
from scouter.ingest.messages.results import Accepted, Duplicate, Rejected, rejected
from scouter.ingest.storage.batch_finalizer import BatchFinalizer, BatchResult, totals_of
from scouter.ingest.storage.batch_metrics import count_stored
from scouter.ingest.storage.batch_store import BatchClaim, NotOurs, Stored
from scouter.metrics import COMMIT_SECONDS
from scouter.postgres.connections.contention import retried
from scouter.postgres.connections.errors import first_line, lacks_partition, refused_row, refuses_content
from scouter.postgres.connections.ingest_connection import IngestConnection
from scouter.postgres.schema.partitions import Partitions
from scouter.postgres.statements import Connection
from scouter.postgres.tables import records
from scouter.postgres.tables.idempotency import KeyUse, UserKey, claim_keys, known_keys, release_keys
from scouter.postgres.tables.late_arrivals import add_late_arrivals
from scouter.postgres.tables.records import Rows, from_microseconds
from scouter.postgres.tables.tags import add_tags

# A bad message seldom comes alone. Careful batches cost a little more, and do not have to be done twice.
_CAREFUL_SECONDS = 2.0


class PostgresBatchStore:
    """Stores batches over one connection. It belongs to one thread at a time."""

    def __init__(
        self,
        ingest_connection: IngestConnection,
        partitions: Partitions,
        finalizer: BatchFinalizer,
        arrivals: Arrivals,
        *,
        late_after: timedelta,
    ) -> None:
        self._ingest_connection = ingest_connection
        self._partitions = partitions
        self._finalizer = finalizer
        self._arrivals = arrivals
        self._late_after = late_after
        self._careful_until = 0.0  # on time.monotonic()

    def store(self, batch: Batch, *, seconds: float, claim: BatchClaim | None = None) -> Stored:
        """A message that Postgres rejects is found, and settled as bad in the same transaction as its neighbours are
        stored in.
        """
        deadline = time.monotonic() + seconds
        return retried(lambda: self._store(batch, max(deadline - time.monotonic(), 0.05), claim), seconds=seconds)

    def close(self) -> None:
        self._ingest_connection.close()

    def _store(self, batch: Batch, seconds: float, claim: BatchClaim | None) -> Stored:
        careful = time.monotonic() < self._careful_until
        try:
            return self._attempt(batch, seconds, claim, careful=careful)
        except psycopg.Error as problem:
            if lacks_partition(problem):
                self._partitions.forget()  # it went away after it was known to be there
                return self._attempt(batch, seconds, claim, careful=False)
            if refuses_content(problem):
                self._careful_until = time.monotonic() + _CAREFUL_SECONDS
                return self._attempt(batch, seconds, claim, careful=True)
            raise

    def _attempt(self, batch: Batch, seconds: float, claim: BatchClaim | None, *, careful: bool) -> Stored:
        good = [each.result for each in batch.messages if isinstance(each.result, Accepted)]
        self._partitions.ensure((part.table, day) for each in good for part in each.rows for day in part.days)
        with COMMIT_SECONDS.time(), self._ingest_connection.use(seconds) as connection:
            transaction = _Transaction(connection, batch, self._late_after, careful=careful)
            is_first = transaction.open(claim)
            if is_first:
                batch_result = transaction.store()
                self._finalizer(connection, batch_result)
                if batch_result.rejected_by_database:
                    self._careful_until = time.monotonic() + _CAREFUL_SECONDS
                batch.outcomes = batch_result.outcomes
        outcomes = batch.outcomes or transaction.outcomes()
        count_stored(outcomes, transaction.tables)
        self._arrivals.note(batch, outcomes, transaction.at)
        if is_first and transaction.rejected:
            self._finalizer.committed(transaction.rejected.values())
        return Stored(outcomes, totals_of(batch, outcomes), is_first)


class _Transaction:
    """What is known of each message of a batch while its transaction goes on."""

    def __init__(self, connection: Connection, batch: Batch, late_after: timedelta, *, careful: bool) -> None:
        self._connection = connection
        self._batch = batch
        self._late_after = late_after
        self.at = 0  # the database's time, microseconds since 2000-01-01 UTC
        self._late_before = 0
        self._sooner: Mapping[int, timedelta] = {}
        self._careful = careful
        self._outcomes: dict[int, Outcome] = {}  # by the message's place in the batch
        self.rejected: dict[int, Rejected] = {}
        self._refused: list[int] = []  # by Postgres
        self._stored = 0
        self.tables: Counter[str] = Counter()  # rows stored

    def open(self, claim: BatchClaim | None) -> bool:
        """Whether this batch is new. If it is not, it was stored as it would be now."""
        if claim is not None and not claim(self._connection):
            raise NotOurs
        entity_ids = frozenset(part.entity_id for _, good in self._accepted() for part in good.rows)
        opened = records.open_batch(self._connection, self._batch.id, entity_ids, self._late_after)
        self.at = opened.at
        self._late_before = opened.at - self._late_after // timedelta(microseconds=1)
        self._sooner = opened.sooner
        for place, message in enumerate(self._batch.messages):
            self._look_at(place, message, opened.gone)
        return opened.is_new

    def store(self) -> BatchResult:
        self._claim_keys()
        left = [(place, good) for place, good in self._accepted() if place not in self._outcomes]
        self._put_carefully(left) if self._careful else self._put(left)
        for place, good in left:
            self._outcomes.setdefault(place, Outcome.stored(good.count, good.skipped, len(good.tags)))
        self._release_keys()
        return BatchResult(self._batch, self.outcomes(), self.rejected, self._stored, len(self._refused))

    def outcomes(self) -> list[Outcome]:
        """In the order of the messages. Of a batch that is not new: what its senders are to be told."""
        return [self._outcomes.get(place) or _as_before(each) for place, each in enumerate(self._batch.messages)]

    def _accepted(self) -> list[tuple[int, Accepted]]:
        results = enumerate(message.result for message in self._batch.messages)
        return [(place, result) for place, result in results if isinstance(result, Accepted)]

    def _look_at(self, place: int, message: ValidatedMessage, gone: frozenset[int]) -> None:
        result = message.result
        if isinstance(result, Rejected):
            self._quarantine(place, result)
        elif isinstance(result, Duplicate):
            self._outcomes[place] = Outcome.duplicate(0, {})
        elif gone and any(part.entity_id in gone for part in result.rows):
            error = UnknownProfile("records.uid", None, "a registered profile; this one was deleted")
            self._quarantine(place, rejected(error))
        elif result.is_empty:
            self._outcomes[place] = Outcome.empty(result.skipped)

    def _quarantine(self, place: int, result: Rejected) -> None:
        self._outcomes[place] = Outcome.quarantined(result.error)
        self.rejected[place] = result

    def _claim_keys(self) -> None:
        """Claim the keys of messages that have one; what was sent under the same key before is a duplicate."""
        uses = [(place, use) for place, good in self._accepted() if (use := self._use(place, good)) is not None]
        if not uses:
            return
        new = claim_keys(self._connection, [use for _, use in uses])
        before = known_keys(self._connection, [use.user_key for _, use in uses if use.user_key not in new])
        for place, use in uses:
            if use.user_key in new:
                new.discard(use.user_key)
                before[use.user_key] = use
            else:
                self._meet_again(place, use, before[use.user_key])

    def _use(self, place: int, good: Accepted) -> KeyUse | None:
        inbound = self._batch.messages[place].inbound
        if inbound.key is None or place in self._outcomes:
            return None
        digest = hashlib.sha256(inbound.raw).digest()
        skipped = msgspec.json.encode(good.skipped).decode()
        return KeyUse(inbound.caller.username, inbound.key, digest, good.count + len(good.tags), skipped)

    def _meet_again(self, place: int, use: KeyUse, first: KeyUse) -> None:
        if use.digest == first.digest:
            self._outcomes[place] = Outcome.duplicate(first.stored, first.skips)
        else:
            self._quarantine(place, rejected(KeyReused("this Idempotency-Key came with another message before")))

    def _release_keys(self) -> None:
        """A message that was refused may be sent again under its key."""
        refused = [self._batch.messages[place].inbound for place in self._refused]
        keys: list[UserKey] = [(each.caller.username, each.key) for each in refused if each.key]
        if keys:
            release_keys(self._connection, keys)

    def _put_carefully(self, messages: Sequence[tuple[int, Accepted]]) -> None:
        """Store what Postgres takes, and refuse the others."""
        while messages and (problem := self._try_to_put(messages)) is not None:
            culprit = _culprit(messages, problem)
            if culprit is None:
                messages = self._put_up_to_a_bad_one(messages, problem)
            else:
                self._refuse(messages[culprit][0], problem)
                messages = [*messages[:culprit], *messages[culprit + 1 :]]

    def _put_up_to_a_bad_one(
        self, messages: Sequence[tuple[int, Accepted]], problem: psycopg.Error
    ) -> Sequence[tuple[int, Accepted]]:
        """Of messages among which some are bad: store the good ones before the first bad one, and refuse that.

        What is left over, of which nothing is known. Halving: it takes as many tries as the number has binary digits.
        """
        left: Sequence[tuple[int, Accepted]] = ()
        while len(messages) > 1:
            half = len(messages) // 2
            in_first_half = self._try_to_put(messages[:half])
            if in_first_half is None:
                messages = messages[half:]
            else:
                problem, left, messages = in_first_half, [*messages[half:], *left], messages[:half]
        self._refuse(messages[0][0], problem)
        return left

    def _try_to_put(self, messages: Sequence[tuple[int, Accepted]]) -> psycopg.Error | None:
        """What Postgres has against these messages; None when they are stored."""
        # Not released: that would be a third trip to the server, and the transaction is over in a moment.
        self._connection.execute("SAVEPOINT try")
        try:
            self._put(messages)
        except psycopg.Error as problem:
            if not refuses_content(problem):
                raise
            self._connection.execute("ROLLBACK TO SAVEPOINT try")
            return problem
        return None

    def _refuse(self, place: int, problem: psycopg.Error) -> None:
        error = RefusedByDatabase(f"the database refused this message: {first_line(problem)}")
        self._quarantine(place, rejected(error))
        self._refused.append(place)

    def _put(self, messages: Sequence[tuple[int, Accepted]]) -> None:
        rows = [part for _, good in messages for part in good.rows]
        records.copy_rows(self._connection, rows)
        tags = [tag for _, good in messages for tag in good.tags]
        if tags:
            add_tags(self._connection, tags)
        self._note_late(rows)
        for part in rows:
            self.tables[part.table] += part.count
        self._stored += len(messages)

    def _note_late(self, rows: Sequence[Rows]) -> None:
        """Note, with the rows, those that come after the check of their window may have been made."""
        late: dict[int, tuple[int, int]] = {}
        for part in rows:
            late_before = self._late_before_of(part.entity_id)
            if part.first < late_before and part.table != "observability_record":
                first, last = late.get(part.entity_id, (part.first, part.first))
                late[part.entity_id] = (min(first, part.first), max(last, min(part.last, late_before)))
        if late:
            spans = {entity: tuple(map(from_microseconds, span)) for entity, span in late.items()}
            add_late_arrivals(self._connection, spans)

    def _late_before_of(self, entity_id: int) -> int:
        sooner = self._sooner.get(entity_id)
        return self._late_before if sooner is None else self._late_before + sooner // timedelta(microseconds=1)


def _culprit(messages: Sequence[tuple[int, Accepted]], problem: psycopg.Error) -> int | None:
    """The place of the message that holds the row over which the COPY of its table stumbled."""
    row = refused_row(problem)
    if row is None:
        return None
    table, line = row
    for place, (_, good) in enumerate(messages):
        line -= sum(part.count for part in good.rows if part.table == table)
        if line <= 0:
            return place
    return None


def _as_before(message: ValidatedMessage) -> Outcome:
    """What the first commit of this batch made of a message, as far as it can be known now."""
    if isinstance(message.result, Rejected):
        return Outcome.quarantined(message.result.error)
    if isinstance(message.result, Duplicate):
        return Outcome.duplicate(0, {})
    good = message.result
    return Outcome.stored(good.count, good.skipped, len(good.tags))
