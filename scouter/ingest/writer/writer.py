"""The writer: one thread that stores the messages of many senders together, in Postgres or in the spool."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Sequence

import psycopg

from scouter.errors import DatabaseAway, DiskFull, ScouterError
from scouter.ingest.ledger.ledger import Ledger
from scouter.ingest.messages.batch import Batch, ValidatedMessage
from scouter.ingest.messages.outcomes import Outcome
from scouter.ingest.messages.pending import PendingMessage
from scouter.ingest.messages.results import Rejected
from scouter.ingest.spool.spool_file import SpoolFile
from scouter.ingest.spool.spooled_message import SpooledMessage
from scouter.ingest.storage.batch_store import BatchStore
from scouter.ingest.storage.rejection_limit import TooManyRejections
from scouter.ingest.writer.write_queue import WriteQueue
from scouter.metrics import STORE_FAILURES
from scouter.postgres.connections.breaker import Breaker
from scouter.postgres.connections.contention import contention
from scouter.runtime.worker_thread import WorkerThread

log = logging.getLogger(__name__)

Messages = Sequence[PendingMessage]

_FIRST_PAUSE_SECONDS = 0.02
_CROWDED_SECONDS = 1.0  # to the spool, after somebody's lock was in the way for as long as a sender waits


class Writer:
    """Owns the thread `writer`, which ends when everything in the write queue has been answered."""

    def __init__(
        self,
        write_queue: WriteQueue,
        store: BatchStore,
        spool: SpoolFile,
        ledger: Ledger,
        breaker: Breaker,
        *,
        batch_rows: int,
        store_seconds: float,
    ) -> None:
        self._write_queue = write_queue
        self._store = store
        self._spool = spool
        self._ledger = ledger
        self._breaker = breaker
        self._batch_rows = batch_rows
        self._store_seconds = store_seconds
        self._crowded_until = 0.0  # on time.monotonic()
        self.thread = WorkerThread("writer", self._work, retry_seconds=0.0)

    def request_stop(self) -> None:
        """Call when nobody brings messages any more: the thread ends after the last one."""
        self._write_queue.close()

    def close(self) -> None:
        """Once the thread has ended."""
        self._store.close()

    def _work(self) -> float:
        messages = self._write_queue.take(self._batch_rows)
        if messages is None:
            self.thread.request_stop()
            return 0.0
        try:
            self._write(messages)
        except BaseException:  # nobody may wait for ever
            self._refuse(messages, ScouterError("the server failed to store this message"))
            raise
        return 0.0

    def _write(self, messages: Messages) -> None:
        """What is validated goes to Postgres while that works, everything else to the spool."""
        validated = [each for each in messages if each.result is not None]
        unvalidated = [each for each in messages if each.result is None]
        if validated and (self._breaker.is_open or time.monotonic() < self._crowded_until):
            unvalidated, validated = list(messages), []
        if validated:
            self._write_validated(validated)
        if unvalidated:
            self._spool_all(unvalidated, None)

    def _write_validated(self, messages: Messages) -> None:
        batch = Batch([ValidatedMessage(each.inbound, each.result) for each in messages if each.result is not None])
        try:
            self._store_in_time(batch, messages)
        except TooManyRejections:
            self._spool_all(messages, None)
        except (psycopg.Error, DatabaseAway, OSError) as problem:
            self._step_back(problem)
            # It may have been committed all the same, so it is kept whole, under its id.
            self._spool_all(messages, batch, is_disk_full=isinstance(problem, psycopg.errors.DiskFull))

    def _step_back(self, problem: Exception) -> None:
        """Nobody is to wait for what the last ones have waited for in vain."""
        if contention(problem) is None:
            STORE_FAILURES.labels("database_away").inc()
            self._breaker.trip(problem)
            return
        STORE_FAILURES.labels("locked").inc()
        self._crowded_until = time.monotonic() + _CROWDED_SECONDS
        log.warning(
            "others are in the way of what is sent, it goes to the spool for %g s: %s", _CROWDED_SECONDS, problem
        )

    def _store_in_time(self, batch: Batch, messages: Messages) -> None:
        """Try again while there is time: a server that restarts may be back in a moment."""
        deadline = time.monotonic() + self._store_seconds
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                stored = self._store.store(batch, seconds=max(deadline - time.monotonic(), 0.05))
                break
            except psycopg.Error as problem:
                # When others were in the way, the store has tried it as often as there is time for.
                if contention(problem) is not None or time.monotonic() + pause > deadline:
                    raise
            time.sleep(pause)
            pause *= 2
        self._ledger.settle(stored.totals)
        for message, outcome in zip(messages, stored.outcomes, strict=True):
            message.finish(outcome)

    def _spool_all(self, messages: Messages, batch: Batch | None, *, is_disk_full: bool = False) -> None:
        """Into the spool. When it is full, nobody is told that a message is safe."""
        try:
            self._spool.add(_for_spool(messages, batch))
        except ScouterError as full:
            STORE_FAILURES.labels("spool_full").inc()
            self._refuse(messages, DiskFull() if is_disk_full else full)
            return
        self._ledger.spool(Counter(each.inbound.transport for each in messages))
        for message in messages:
            error = message.result.error if isinstance(message.result, Rejected) else None
            message.finish(Outcome.spooled(error))

    def _refuse(self, messages: Messages, error: ScouterError) -> None:
        for message in messages:
            if not message.is_finished:
                outcome = Outcome.refused(error)
                self._ledger.add_unwritten(message.inbound.transport, outcome)
                message.finish(outcome)


def _for_spool(messages: Messages, batch: Batch | None) -> list[SpooledMessage]:
    outcomes = batch.outcomes if batch and batch.outcomes else [None] * len(messages)
    return [
        SpooledMessage(
            each.inbound,
            each.result if isinstance(each.result, Rejected) else None,
            batch.id if batch else None,
            outcome,
        )
        for each, outcome in zip(messages, outcomes, strict=True)
    ]
