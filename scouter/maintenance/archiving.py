"""The archiver's passes, made by the server itself."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable

import psycopg

from scouter.archive.archiver import Archiver
from scouter.archive.interruption import Interrupted
from scouter.errors import ScouterError, Unavailable
from scouter.metrics import ARCHIVE_DAYS_DUE, ARCHIVE_DAYS_HELD, ARCHIVE_FAILURES, ARCHIVE_LAST_PASS
from scouter.postgres.connections.errors import first_line
from scouter.runtime.health import HealthCheck, HealthState
from scouter.runtime.metrics_collector import Gauge, gauge
from scouter.runtime.part import ThreadPart
from scouter.runtime.polling_thread import PollingThread

log = logging.getLogger(__name__)

_AGAIN_AFTER_FAILURE_SECONDS = 60.0


class Archiving(ThreadPart):
    """Owns the thread `archive`. What fails is tried again; until then records are read where they are."""

    def __init__(self, archiver: Archiver, every_seconds: float) -> None:
        self._archiver = archiver
        self._every_seconds = every_seconds
        self._retry_seconds = min(_AGAIN_AFTER_FAILURE_SECONDS, every_seconds)
        self._problem = ""
        self.days_due = 0
        self.days_held = 0
        self.last_pass = 0.0  # Unix time
        self._thread = PollingThread("archive", self._act, retry_seconds=self._retry_seconds)
        super().__init__("archive", [self._thread], check_name="archive thread")

    def state(self) -> HealthState:
        if self._problem:
            return HealthState(False, self._problem)
        held = f", {self.days_held} held for checks" if self.days_held else ""
        return HealthState(True, f"{self.days_due} days wait{held}")

    def request_stop(self) -> None:
        """A part of the archive that is under way is broken off, and made by the next pass."""
        self._archiver.request_stop()
        super().request_stop()

    def health_checks(self) -> Iterable[HealthCheck]:
        yield from super().health_checks()
        yield HealthCheck("archive", self.state)

    def metrics(self) -> Iterable[Gauge]:
        yield gauge(ARCHIVE_DAYS_DUE, lambda: self.days_due)
        yield gauge(ARCHIVE_DAYS_HELD, lambda: self.days_held)
        yield gauge(ARCHIVE_LAST_PASS, lambda: self.last_pass)

    def _act(self) -> float:
        try:
            done = self._archiver.run(patient=True)
        except Interrupted:
            return self._every_seconds
        except (ScouterError, psycopg.Error, OSError) as problem:
            return self._failed(problem)
        except BaseException:
            self._problem = "failed in an unforeseen way; the log says why"
            ARCHIVE_FAILURES.labels("other").inc()
            raise
        self._problem = "; ".join(done.failed)
        if done.due is not None:
            self.days_due, self.days_held = len(done.due.days) - len(done.moved), len(done.due.held)
            self.last_pass = time.time()
        return self._retry_seconds if done.failed else self._every_seconds

    def _failed(self, problem: Exception) -> float:
        self._problem = problem.message if isinstance(problem, ScouterError) else first_line(problem)
        ARCHIVE_FAILURES.labels("store" if isinstance(problem, Unavailable) else "other").inc()
        log.warning("archiving is tried again in %g s: %s", self._retry_seconds, self._problem)
        return self._retry_seconds
