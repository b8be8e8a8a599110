"""The writer: one thread that stores the messages of many senders in one transaction."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import psycopg
from psycopg_pool import PoolTimeout

from scouter.errors import DiskFull, InvalidInput, ScouterError, Unavailable
from scouter.events.batch_metrics import count_stored
from scouter.events.inlet import Inlet
from scouter.events.submission import Batch
from scouter.metrics import COMMIT_SECONDS, STORE_FAILURES
from scouter.postgres.late_arrivals import add_late_arrival
from scouter.postgres.partitions import Partitions
from scouter.postgres.pool import Pool
from scouter.postgres.records import EntitiesGone, Rows, from_microseconds, store_batch, to_microseconds
from scouter.postgres.statements import Connection

log = logging.getLogger(__name__)

_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 1.0

# The connection is gone, or the server says that this try, not this batch, was unlucky.
_WORTH_ANOTHER_TRY = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout)


class Writer:
    """Owns the thread `writer`. `start` it once; `stop` returns when everything in the inlet has been answered."""

    def __init__(
        self,
        inlet: Inlet,
        pool: Pool,
        partitions: Partitions,
        *,
        batch_rows: int,
        late_after: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        self._inlet = inlet
        self._pool = pool
        self._partitions = partitions
        self._batch_rows = batch_rows
        self._late_after = late_after
        self._now = now
        self._thread = threading.Thread(target=self._run, name="writer")

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._inlet.close()
        self._thread.join()

    def _run(self) -> None:
        while (submissions := self._inlet.take(self._batch_rows)) is not None:
            batch = Batch(submissions)
            try:
                self._store(batch)
            except Exception:  # the thread must outlive any bug, and nobody may wait for ever
                log.exception("the writer failed in an unforeseen way")
                batch.failed(ScouterError("the server failed to store this message"))

    def _store(self, batch: Batch) -> None:
        """Store a batch, trying again while the database is away, until the first sender's time is up."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                self._store_once(batch)
                return
            except EntitiesGone as gone:
                self._store_without(batch, gone)
                return
            except psycopg.errors.CheckViolation:
                self._partitions.forget()  # a partition went away after it was known to be there
                problem: Exception | None = None
            except psycopg.errors.DiskFull as full:
                self._no_room(batch, full)
                return
            except _WORTH_ANOTHER_TRY as away:
                STORE_FAILURES.labels("database_away").inc()
                problem = away
            except psycopg.Error as refused:
                self._store_apart(batch, refused)
                return
            if time.monotonic() + pause > batch.deadline:
                self._give_up(batch, problem)
                return
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def _store_once(self, batch: Batch) -> None:
        rows = batch.rows
        self._partitions.ensure((part.table, day) for part in rows for day in part.days)
        with self._pool.connection() as connection, COMMIT_SECONDS.time():
            store_batch(connection, batch.id, rows, self._noting_late(rows))
        count_stored(batch, rows)
        batch.stored()

    def _noting_late(self, rows: Sequence[Rows]) -> Callable[[Connection], None] | None:
        """Note, with the rows, those that come after the check of their window may have been made."""
        bound = to_microseconds(self._now() - self._late_after)
        late = [part for part in rows if part.first < bound and part.table != "observability_record"]
        if not late:
            return None

        def note(connection: Connection) -> None:
            for part in late:
                first, last = from_microseconds(part.first), from_microseconds(min(part.last, bound))
                add_late_arrival(connection, part.entity_id, first, last)

        return note

    def _store_without(self, batch: Batch, gone: EntitiesGone) -> None:
        """Refuse the messages of deleted profiles and store the others."""
        kept = []
        for submission in batch.submissions:
            if submission.belongs_to(gone.entity_ids):
                submission.failed(InvalidInput("records.uid", None, "a registered profile; this one was deleted"))
            else:
                kept.append(submission)
        if kept:
            self._store(Batch(kept))

    def _store_apart(self, batch: Batch, refused: psycopg.Error) -> None:
        """Postgres refuses the batch itself: one bad message must not take its neighbours with it."""
        if len(batch.submissions) > 1:
            for submission in batch.submissions:
                self._store(Batch([submission]))
            return
        STORE_FAILURES.labels("refused").inc()
        why = refused.diag.message_primary or type(refused).__name__
        log.error("the database refused a message of %d rows: %s", batch.count, why)
        batch.failed(ScouterError("the database refused this message; the server's log says why"))

    def _no_room(self, batch: Batch, full: psycopg.Error) -> None:
        """Room may come back in hours: nobody waits for it, and the next message tries for itself."""
        STORE_FAILURES.labels("disk_full").inc()
        log.error("no room for %d messages with %d rows: %s", len(batch.submissions), batch.count, full)
        batch.failed(DiskFull())

    def _give_up(self, batch: Batch, problem: Exception | None) -> None:
        log.error("gave up storing %d messages with %d rows: %s", len(batch.submissions), batch.count, problem)
        batch.failed(Unavailable("the database is away; this message was not confirmed as stored"))
