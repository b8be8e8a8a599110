"""The archiver's passes, made by the server itself."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime

import psycopg

from scouter.archive.archiver import Archiver
from scouter.archive.interruption import Interrupted
from scouter.archive.stores.store import ObjectStore
from scouter.errors import ScouterError, Unavailable
from scouter.metrics import ARCHIVE_FAILURES
from scouter.postgres.connections.errors import first_line
from scouter.runtime.health import HealthState
from scouter.runtime.periodic import Periodic
from scouter.settings.settings import Settings

log = logging.getLogger(__name__)

_AGAIN_AFTER_FAILURE_SECONDS = 60.0


class Archiving:
    """Owns the thread `archive`. What fails is tried again; until then records are read where they are."""

    def __init__(self, conninfo: str, settings: Settings, store: ObjectStore, now: Callable[[], datetime]) -> None:
        self._conninfo = conninfo
        self._settings = settings
        self._store = store
        self._now = now
        self._stopping = threading.Event()
        self._problem = ""
        self.days_due = 0
        self.days_held = 0
        self.last_pass = 0.0  # Unix time
        self.thread = Periodic("archive", self._act)

    @property
    def state(self) -> HealthState:
        if self._problem:
            return HealthState(False, self._problem)
        held = f", {self.days_held} held for checks" if self.days_held else ""
        return HealthState(True, f"{self.days_due} days wait{held}")

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        """Return soon: a part that is under way is broken off, and made by the next pass."""
        self._stopping.set()
        self.thread.stop()

    def _act(self) -> float:
        archiver = Archiver(self._conninfo, self._settings, self._store, self._now, self._stopping.is_set)
        try:
            done = archiver.run(patient=True)
        except Interrupted:
            return self._settings.archive_every_seconds
        except (ScouterError, psycopg.Error, OSError) as problem:
            return self._failed(problem)
        self._problem = "; ".join(done.failed)
        if done.due is not None:
            self.days_due, self.days_held = len(done.due.days) - len(done.moved), len(done.due.held)
            self.last_pass = time.time()
        return _AGAIN_AFTER_FAILURE_SECONDS if done.failed else self._settings.archive_every_seconds

    def _failed(self, problem: Exception) -> float:
        self._problem = problem.message if isinstance(problem, ScouterError) else first_line(problem)
        ARCHIVE_FAILURES.labels("store" if isinstance(problem, Unavailable) else "other").inc()
        log.warning("archiving is tried again in %g s: %s", _AGAIN_AFTER_FAILURE_SECONDS, self._problem)
        return min(_AGAIN_AFTER_FAILURE_SECONDS, self._settings.archive_every_seconds)
