"""Regular upkeep of the database: partitions ahead of time, old receipts, keys and runs deleted."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

import psycopg
from psycopg_pool import PoolTimeout

from scouter.periodic import Periodic
from scouter.postgres.deliveries import forget_old_deliveries
from scouter.postgres.idempotency import forget_old_keys
from scouter.postgres.partitions import Partitions, forget_old_receipts
from scouter.postgres.pool import Pool
from scouter.postgres.rabbitmq_deliveries import forget_old_rabbitmq_deliveries
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
        self.thread = Periodic("upkeep", self._pass)

    def _pass(self) -> float:
        try:
            self._partitions.ensure_ahead(self._now(), self._days_ahead)
            with self._pool.connection() as connection:
                forget_old_receipts(connection)
                forget_old_keys(connection)
                forget_old_runs(connection, self._run_days)
                forget_old_rabbitmq_deliveries(connection)
                forget_old_deliveries(connection, self._now() - timedelta(days=self._run_days))
        except (psycopg.Error, PoolTimeout) as problem:
            log.warning("upkeep failed and is tried again in %g s: %s", _AGAIN_AFTER_FAILURE_SECONDS, problem)
            return _AGAIN_AFTER_FAILURE_SECONDS
        return _EVERY_SECONDS
