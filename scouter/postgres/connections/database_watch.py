"""Does Postgres answer, and are today's and tomorrow's partitions there: asked once a second, whoever wants to know."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from datetime import datetime

import psycopg

from scouter.postgres.connections.pool import connect
from scouter.postgres.connections.query_deadlines import QueryDeadlines
from scouter.postgres.connections.session import Session
from scouter.postgres.connections.session_settings import Limits
from scouter.postgres.schema.partitions import missing_partitions
from scouter.runtime.health import HealthCheck, HealthState
from scouter.runtime.part import ThreadPart
from scouter.runtime.worker_thread import WorkerThread

log = logging.getLogger(__name__)

_EVERY_SECONDS = 1.0
_AWAY_EVERY_SECONDS = 0.25
_TIMEOUT_SECONDS = 2
# Whatever hangs, and however: an answer older than this counts no more.
_STALE_SECONDS = _EVERY_SECONDS + _TIMEOUT_SECONDS


class DatabaseWatch(ThreadPart):
    """Owns the thread `database watch` and a connection of its own: busy pools say nothing about the database."""

    def __init__(
        self, conninfo: str, deadlines: QueryDeadlines, now: Callable[[], datetime], *, is_needed: bool
    ) -> None:
        """`is_needed`: without Postgres this process can accept nothing; else there is the spool."""
        self._is_needed = is_needed
        self._conninfo = conninfo
        self._deadlines = deadlines
        self._now = now
        self._connection: Session | None = None
        self._answered_at = float("-inf")  # on time.monotonic()
        self._last_answer: datetime | None = None
        self._missing: list[str] = []
        self._problem: str | None = None
        self._thread = WorkerThread("database watch", self._watch, retry_seconds=_EVERY_SECONDS)
        super().__init__("database watch", [self._thread])

    def start(self) -> None:
        self._look()
        super().start()

    def join(self, deadline: float) -> bool:
        if not super().join(deadline):  # a connection into nowhere
            return False
        self._hang_up()
        return True

    def health_checks(self) -> Iterable[HealthCheck]:
        yield HealthCheck("database", self.database, readiness=self._is_needed)
        yield HealthCheck("partitions", self.partitions)
        yield from super().health_checks()

    def database(self) -> HealthState:
        """Whether Postgres answered lately."""
        age = time.monotonic() - self._answered_at
        if self._problem is not None or age > _STALE_SECONDS:
            return HealthState(False, f"does not answer ({self._problem or 'no reply in time'})")
        return HealthState(True, "answers")

    @property
    def is_away(self) -> bool:
        return self._problem is not None or time.monotonic() - self._answered_at > _STALE_SECONDS

    @property
    def last_answer(self) -> datetime | None:
        """When Postgres last answered; it is asked every second. None: not yet."""
        return self._last_answer

    def partitions(self) -> HealthState:
        """Whether today's and tomorrow's partitions exist. Writing makes what is missing; it only costs time."""
        if self._answered_at == float("-inf"):
            return HealthState(False, "not known")
        missing = ", ".join(self._missing)
        return HealthState(not missing, f"missing: {missing}" if missing else "today's and tomorrow's exist")

    def _watch(self) -> float:
        self._look()
        return _EVERY_SECONDS if self._problem is None else _AWAY_EVERY_SECONDS

    def _look(self) -> None:
        try:
            connection = self._connected()
            with self._deadlines.limit(connection, _TIMEOUT_SECONDS), connection.one_transaction():
                self._missing = missing_partitions(connection, self._now())
        except psycopg.Error as problem:
            self._lost(problem)
            return
        if self._problem is not None:
            log.warning("the database answers again")
        self._problem, self._answered_at, self._last_answer = None, time.monotonic(), self._now()

    def _lost(self, problem: psycopg.Error) -> None:
        if self._problem is None:
            log.warning("the database does not answer: %s", str(problem).strip().replace("\n", " "))
        self._problem = type(problem).__name__
        self._hang_up()

    def _connected(self) -> Session:
        if self._connection is None:
            self._connection = connect(
                self._conninfo,
                purpose="watch",
                limits=Limits(statement=_TIMEOUT_SECONDS, lock=_TIMEOUT_SECONDS, idle=_TIMEOUT_SECONDS),
                deadlines=self._deadlines,
                seconds=_TIMEOUT_SECONDS,
                autocommit=True,
                connect_timeout=_TIMEOUT_SECONDS,
            )
        return self._connection

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
