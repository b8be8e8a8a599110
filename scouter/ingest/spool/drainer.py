"""The drainer: stores what waits in spools, and finds out when Postgres is back."""

from __future__ import annotations

import logging
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg

from scouter.errors import DatabaseAway, ScouterError
from scouter.ingest.ledger.ledger import Ledger
from scouter.ingest.messages.batch import Batch, ValidatedMessage
from scouter.ingest.messages.outcomes import Outcome, Totals
from scouter.ingest.messages.results import Rejected, ValidationResult
from scouter.ingest.quarantine.unsupported import UnsupportedMessages
from scouter.ingest.spool.pending_ledger import PendingLedger
from scouter.ingest.spool.spool_directory import SpoolDirectory
from scouter.ingest.spool.spool_file import SpoolFile
from scouter.ingest.spool.spool_registry import SpoolRegistry
from scouter.ingest.spool.spooled_message import SpooledMessage, SpoolEntry
from scouter.ingest.storage.batch_finalizer import totals_of
from scouter.ingest.storage.batch_store import BatchClaim, BatchStore, NotOurs
from scouter.ingest.storage.rejection_limit import RejectionLimit, TooManyRejections
from scouter.ingest.validation.validator import Validator
from scouter.postgres.connections.breaker import Breaker
from scouter.postgres.connections.contention import contention
from scouter.postgres.statements import Connection
from scouter.postgres.tables.records import RECEIPT_DAYS
from scouter.runtime.polling_thread import PollingThread
from scouter.wire.quarantine import Reason

log = logging.getLogger(__name__)

_CHUNK_BYTES = 4 * 2**20
STORE_SECONDS = 30.0  # nobody waits for it
_PROBE_SECONDS = 1.0
_REST_SECONDS = 0.25
_LONGEST_REST_SECONDS = 2.0
_STOPPED_SECONDS = 30.0
_ORPHANS_SECONDS = 30.0
_FAILED_SECONDS = 5.0
_SETTLING_SECONDS = 10.0  # a breaker that opens again this soon is closed more carefully


class Drainer:
    """Owns the thread `drainer`. A pass: probe, drain, write what is not written of the ledger, look for orphans.

    It owns the thread `drainer ahead` too, which reads and validates messages while others are stored.

    While the breaker is open, a pass is a probe: one small transaction, committed in time, closes it.
    """

    def __init__(
        self,
        spool_directory: SpoolDirectory,
        own: SpoolFile,
        store: BatchStore,
        registry: SpoolRegistry,
        validator: Validator,
        ledger: Ledger,
        breaker: Breaker,
        rejection_limit: RejectionLimit,
        unsupported: UnsupportedMessages,
    ) -> None:
        self._spool_directory = spool_directory
        self._own = own
        self._store = store
        self._registry = registry
        self._validator = validator
        self._ledger = ledger
        self._breaker = breaker
        self._rejection_limit = rejection_limit
        self._unsupported = unsupported
        self._try_again_at = 0.0  # on time.monotonic()
        self._pending_ledger = PendingLedger(ledger, own)
        self._positions: dict[UUID, int] = {}  # of the spools at hand, as far as they are known
        self._files = [own]
        self._unsure: _Chunk | None = None  # the last one whose commit may have gone through
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="drainer ahead")
        self._ahead: _Ahead | None = None
        self._reported: dict[str, int] = {}
        self._settled_time = datetime.min.replace(tzinfo=UTC)  # when Postgres was last asked
        self._look_for_orphans_at = 0.0  # on time.monotonic()
        self._orphans: deque[SpoolFile] = deque()  # that are locked for this process, and not taken over yet
        self._closed_at = float("-inf")
        self._rest = _REST_SECONDS
        self.state = "idle"
        self.thread = PollingThread("drainer", self.one_pass, retry_seconds=_FAILED_SECONDS)

    @property
    def held(self) -> list[SpoolFile]:
        """The spools that this process has: its own, and those that it has taken over."""
        return list(self._files)

    def bytes(self) -> int:
        return sum(file.size() for file in self._files)

    def one_pass(self) -> float:
        """What the thread does again and again. Seconds until the next pass."""
        self._spool_directory.disk.look()
        self._own.try_again()
        self._unsupported.say()
        try:
            if self._breaker.is_open:
                self._probe()
            return self._pass()
        except TooManyRejections:
            self.state = "stopped: Postgres refuses everything"
            self._unsure = None
            self._try_again_at = time.monotonic() + _STOPPED_SECONDS
            return _REST_SECONDS
        except (psycopg.Error, DatabaseAway) as problem:
            if contention(problem) is None:
                self._breaker.trip(problem)
            self.state = "waits for Postgres"
            self._positions.clear()  # a commit may have gone through
            self._pending_ledger.save()
            return self._rest
        except BaseException:  # whatever it is, messages wait and are tried again
            self.state = "failed, the log says why"
            self._positions.clear()
            raise

    def close(self) -> None:
        """Once the thread has ended: write what is left to write, if Postgres lets us, and say what stays."""
        self._unsupported.say(last=True)
        self._reader.shutdown(cancel_futures=True)
        try:
            if not self._breaker.is_open:
                self._pending_ledger.write(self._registry, _PROBE_SECONDS)
        except psycopg.Error as problem:
            log.warning("the last counts are kept on the disk: %s", problem)
        self._pending_ledger.save()
        self._registry.close()
        self._store.close()
        for file in self._files:
            if waiting := sum(file.waiting().values()):
                log.warning("%d messages wait in %s; the next start stores them", waiting, file.path)

    def adopt(self, file: SpoolFile) -> None:
        """Open a spool that was left behind: forget what was stored, count what was not."""
        deltas = file.saved_deltas()
        self._settled_time = self._registry.settled_time(seconds=STORE_SECONDS)
        opened = self._registry.take_over(file.id, [*file.undecided(), *deltas], seconds=STORE_SECONDS)
        self._positions[file.id] = opened.position
        file.remove_before(opened.position)
        file.remove_batches(opened.committed)
        self._pending_ledger.adopt(deltas, opened.committed)
        waiting = file.waiting()
        self._ledger.spool(waiting)
        if waiting:
            log.warning("%d messages wait in the spool %s and are stored now", sum(waiting.values()), file.path)

    def _probe(self) -> None:
        """Raises when Postgres cannot commit in time. A breaker that flaps is closed ever more slowly."""
        is_flapping = time.monotonic() - self._closed_at < _SETTLING_SECONDS
        self._rest = min(2 * self._rest, _LONGEST_REST_SECONDS) if is_flapping else _REST_SECONDS
        self._report()
        self._settled_time = self._registry.settled_time(seconds=_PROBE_SECONDS)
        self._breaker.close()
        self._closed_at = time.monotonic()

    def _pass(self) -> float:
        self._pending_ledger.write(self._registry, _PROBE_SECONDS)
        if self._waiting() != self._reported:
            self._report()
        if self._rejection_limit.is_stopped and time.monotonic() < self._try_again_at:
            return _REST_SECONDS
        for file in list(self._files):
            if self._drain(file):
                self.state = "drains"
                return 0.0
            if file is not self._own:
                self._ahead = None
                self._spool_directory.give_up(file)
                self._files.remove(file)
        self.state = "idle"
        if not any(self._reported.values()):  # with the file goes the name under which it was said what waits in it
            self._own.begin_anew()
        self._take_over_orphans()
        return _REST_SECONDS

    def _drain(self, file: SpoolFile) -> bool:
        """Store the oldest messages of a spool. Whether there were any."""
        chunk = self._next_chunk(file, self._position(file))
        if chunk is None:
            return False
        # While these are stored, the next ones are read and validated.
        self._ahead = _Ahead(file, chunk.following, self._reader.submit(self._read, file, chunk.following))
        try:
            stored = self._store.store(chunk.batch, seconds=STORE_SECONDS, claim=self._claim(chunk))
        except NotOurs:
            self._positions.pop(file.id)
            log.warning("%s is at another place than expected; looking again", file.path)
            return True
        self._is_drained(chunk, stored.totals)
        return True

    def _claim(self, chunk: _Chunk) -> BatchClaim:
        move = self._registry.claim(chunk.file.id, expected=chunk.position, following=chunk.following)

        def claim(connection: Connection) -> bool:
            is_ours = move(connection)
            if is_ours:
                # Until its commit is confirmed. An earlier try has come to nothing; without the claim it may have gone
                # through just now: the server goes on for a while after its client has given up.
                self._unsure = chunk
            return is_ours

        return claim

    def _next_chunk(self, file: SpoolFile, position: int) -> _Chunk | None:
        ahead, self._ahead = self._ahead, None
        if ahead is None:
            return self._read(file, position)
        wait([ahead.chunk])
        if ahead.file is file and ahead.position == position and ahead.chunk.exception() is None:
            return ahead.chunk.result() or self._read(file, position)
        return self._read(file, position)  # again: this time an error is raised here

    def _read(self, file: SpoolFile, position: int) -> _Chunk | None:
        kept = file.head(position, _CHUNK_BYTES)
        if not kept:
            return None
        batch = Batch(
            [ValidatedMessage(each.message.inbound, self._result(each.message)) for each in kept],
            _batch_id(kept),
            has_waited=True,
        )
        batch.outcomes = _outcomes_if_committed(kept)
        return _Chunk(file, position, kept[-1].number + 1, batch)

    def _is_drained(self, chunk: _Chunk, totals: Mapping[str, Totals]) -> None:
        self._unsure = None
        self._positions[chunk.file.id] = chunk.following
        self._ledger.drain(chunk.counts, totals)
        chunk.file.remove_before(chunk.following)

    def _position(self, file: SpoolFile) -> int:
        """Where the spool is. After a commit that nobody confirmed, Postgres says whether it went through."""
        if file.id not in self._positions:
            position = self._registry.position(file.id, seconds=_PROBE_SECONDS)
            self._settle_before(file, position)
            self._positions[file.id] = position
        return self._positions[file.id]

    def _settle_before(self, file: SpoolFile, position: int) -> None:
        unsure = self._unsure
        if unsure is not None and unsure.file is file and unsure.following == position and unsure.batch.outcomes:
            self._is_drained(unsure, totals_of(unsure.batch, unsure.batch.outcomes))
        elif taken := file.waiting(before=position):
            log.warning("%d messages of %s were stored by another process", sum(taken.values()), file.path)
            self._ledger.drain(taken, {})  # they are in its books
            file.remove_before(position)

    def _result(self, message: SpooledMessage) -> ValidationResult:
        if message.rejected is not None:
            return message.rejected
        if message.batch is not None and self._is_older_than_receipts(message.inbound.received_at):
            said = "it may have been stored when its server lost the database; too long ago to know"
            return Rejected(ScouterError(said), Reason.OUTCOME_UNKNOWN)
        return self._validator.result_of(message.inbound)

    def _is_older_than_receipts(self, moment: datetime) -> bool:
        # A day short of it: the clock of whoever received it is another. By this one they are deleted.
        return self._settled_time - moment > timedelta(days=RECEIPT_DAYS - 1)

    def _report(self) -> None:
        waiting = self._waiting()
        self._registry.report(self._own.id, waiting, seconds=_PROBE_SECONDS)
        self._reported = waiting

    def _waiting(self) -> dict[str, int]:
        return {transport: account.spooled for transport, account in self._ledger.accounts().items()}

    def _take_over_orphans(self) -> None:
        if time.monotonic() >= self._look_for_orphans_at:
            self._look_for_orphans_at = time.monotonic() + _ORPHANS_SECONDS
            self._orphans.extend(self._spool_directory.orphans())
        while self._orphans:
            file = self._orphans[0]
            self._orphans.rotate(-1)  # should it fail, the others have their turn first
            self.adopt(file)
            self._files.append(self._orphans.pop())


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Messages on their way from a spool to Postgres."""

    file: SpoolFile
    position: int
    following: int
    batch: Batch

    @property
    def counts(self) -> Counter[str]:
        return Counter(message.inbound.transport for message in self.batch.messages)


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What is being read while something else is stored."""

    file: SpoolFile
    position: int
    chunk: Future[_Chunk | None]


def _batch_id(kept: Sequence[SpoolEntry]) -> UUID | None:
    return kept[0].message.batch


def _outcomes_if_committed(kept: Sequence[SpoolEntry]) -> Sequence[Outcome] | None:
    """What has become of a batch that may have been committed under its id."""
    outcomes = [each.message.outcome for each in kept if each.message.outcome is not None]
    return outcomes if len(outcomes) == len(kept) else None
