"""Regular upkeep of the database: partitions ahead of time, old receipts and old runs deleted."""

from __future__ import annotations

import logging
import sched
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import psycopg
from psycopg_pool import PoolTimeout

from scouter.postgres.deliveries import forget_old_deliveries
from scouter.postgres.partitions import Partitions, forget_old_receipts
from scouter.postgres.pool import Pool
from scouter.postgres.runs import forget_old_runs

log = logging.getLogger(__name__)

_EVERY_SECONDS = 3600.0
_AGAIN_AFTER_FAILURE_SECONDS = 30.0


class Upkeep:
    """Owns the thread `upkeep`. Records do not wait for it: a missing partition is made on demand."""

    def __init__(
        self, pool: Pool, partitions: Partitions, days_ahead: int, run_days: int, now: Callable[[], datetime]
    ) -> None:
        self._pool = pool
        self._partitions = partitions
        self._days_ahead = days_ahead
        self._run_days = run_days
        self._now = now
        self._stopping = threading.Event()
        self._scheduler = sched.scheduler(time.monotonic, self._wait)
        self._thread = threading.Thread(target=self._run, name="upkeep")

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        self._scheduler.enter(0, 0, self._pass)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            delay = self._scheduler.run(blocking=False)
            self._stopping.wait(delay)

    def _wait(self, seconds: float) -> None:
        self._stopping.wait(seconds)

    def _pass(self) -> None:
        pause = _EVERY_SECONDS
        try:
            self._partitions.ensure_ahead(self._now(), self._days_ahead)
            with self._pool.connection() as connection:
                forget_old_receipts(connection)
                forget_old_runs(connection, self._run_days)
                forget_old_deliveries(connection, self._now() - timedelta(days=self._run_days))
        except (psycopg.Error, PoolTimeout) as problem:
            log.warning("upkeep failed and is tried again in %g s: %s", _AGAIN_AFTER_FAILURE_SECONDS, problem)
            pause = _AGAIN_AFTER_FAILURE_SECONDS
        self._scheduler.enter(pause, 0, self._pass)
