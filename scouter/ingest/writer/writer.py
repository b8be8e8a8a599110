"""The writer: one thread that stores the messages of many senders together, in Postgres or in the spool."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Sequence

import psycopg

from scouter.errors import DatabaseAway, DiskFull, ScouterError
from scouter.ingest.ledger.ledger import Ledger
from scouter.ingest.messages import outcomes
from scouter.ingest.messages.pending import Batch, Judged, Submission
from scouter.ingest.messages.results import Poison
from scouter.ingest.spool.spool_file import Spooled, SpoolFile
from scouter.ingest.storage.batch_store import Store
from scouter.ingest.storage.rejection_limit import TooManyRefusals
from scouter.ingest.writer.write_queue import Inlet
from scouter.metrics import STORE_FAILURES
from scouter.postgres.connections.breaker import Breaker

log = logging.getLogger(__name__)

_FIRST_PAUSE_SECONDS = 0.02


class Writer:
    """Owns the thread `writer`. `start` it once; `stop` returns when everything in the inlet has been answered."""

    def __init__(
        self,
        inlet: Inlet,
        store: Store,
        spool: SpoolFile,
        ledger: Ledger,
        breaker: Breaker,
        *,
        batch_rows: int,
        store_seconds: float,
    ) -> None:
        self._inlet = inlet
        self._store = store
        self._spool = spool
        self._ledger = ledger
        self._breaker = breaker
        self._batch_rows = batch_rows
        self._store_seconds = store_seconds
        self._thread = threading.Thread(target=self._run, name="writer")

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._inlet.close()
        self._thread.join()
        self._store.close()

    def _run(self) -> None:
        while (submissions := self._inlet.take(self._batch_rows)) is not None:
            try:
                self._write(submissions)
            except Exception:  # the thread must outlive any bug, and nobody may wait for ever
                log.exception("the writer failed in an unforeseen way")
                self._refuse(submissions, ScouterError("the server failed to store this message"))

    def _write(self, submissions: Sequence[Submission]) -> None:
        """What is judged goes to Postgres while that works, everything else to the spool."""
        judged = [each for each in submissions if each.verdict is not None]
        unjudged = [each for each in submissions if each.verdict is None]
        if judged and self._breaker.is_open:
            unjudged, judged = list(submissions), []
        if judged:
            self._write_judged(judged)
        if unjudged:
            self._keep(unjudged, None)

    def _write_judged(self, submissions: Sequence[Submission]) -> None:
        batch = Batch([Judged(each.incoming, each.verdict) for each in submissions if each.verdict is not None])
        try:
            self._store_in_time(batch, submissions)
        except TooManyRefusals:
            self._keep(submissions, None)
        except (psycopg.Error, DatabaseAway) as problem:
            STORE_FAILURES.labels("database_away").inc()
            self._breaker.trip(problem)
            # It may have been committed all the same, so it is kept whole, under its id.
            self._keep(submissions, batch, is_disk_full=isinstance(problem, psycopg.errors.DiskFull))

    def _store_in_time(self, batch: Batch, submissions: Sequence[Submission]) -> None:
        """Try again while there is time: a server that restarts may be back in a moment."""
        deadline = time.monotonic() + self._store_seconds
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                stored = self._store.store(batch, seconds=max(deadline - time.monotonic(), 0.05))
                break
            except psycopg.Error:
                if time.monotonic() + pause > deadline:
                    raise
            time.sleep(pause)
            pause *= 2
        self._ledger.settle(stored.totals)
        for submission, outcome in zip(submissions, stored.outcomes, strict=True):
            submission.finish(outcome)

    def _keep(self, submissions: Sequence[Submission], batch: Batch | None, *, is_disk_full: bool = False) -> None:
        """Into the spool. When it is full, nobody is told that a message is safe."""
        fates = batch.fates if batch and batch.fates else [None] * len(submissions)
        messages = [
            Spooled(
                each.incoming,
                each.verdict if isinstance(each.verdict, Poison) else None,
                batch.id if batch else None,
                fate,
            )
            for each, fate in zip(submissions, fates, strict=True)
        ]
        try:
            self._spool.add(messages)
        except ScouterError as full:
            STORE_FAILURES.labels("spool_full").inc()
            self._refuse(submissions, DiskFull() if is_disk_full else full)
            return
        self._ledger.spool(Counter(each.incoming.transport for each in submissions))
        for submission in submissions:
            error = submission.verdict.error if isinstance(submission.verdict, Poison) else None
            submission.finish(outcomes.spooled(error))

    def _refuse(self, submissions: Sequence[Submission], error: ScouterError) -> None:
        for submission in submissions:
            if not submission.is_finished:
                outcome = outcomes.refused(error)
                self._ledger.note(submission.incoming.transport, outcome)
                submission.finish(outcome)
