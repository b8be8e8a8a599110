"""Regular maintenance of the database, by one server at a time. What a pass does is in `maintenance_pass`."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import psycopg

from scouter.maintenance.run import TaskResult, maintain
from scouter.maintenance.tasks import Task
from scouter.metrics import MAINTENANCE_SUCCESS
from scouter.postgres.connections.errors import first_line
from scouter.postgres.connections.job_sessions import AlreadyUnderWay, sole_session
from scouter.postgres.connections.query_deadlines import QueryDeadlines
from scouter.runtime.health import HealthCheck, HealthState
from scouter.runtime.metrics_collector import Gauge, gauge
from scouter.runtime.part import ThreadPart
from scouter.runtime.polling_thread import PollingThread

log = logging.getLogger(__name__)

LOCK = "maintenance"
_EVERY_SECONDS = 3600.0
# Every try holds up writers for a moment when a long query is in the way, so it is not tried ever so often.
_AGAIN_AFTER_FAILURE_SECONDS = 30.0


class MaintenanceScheduler(ThreadPart):
    """Owns the thread `maintenance`. Records do not wait for it: a missing partition is made on demand."""

    def __init__(
        self,
        conninfo: str,
        deadlines: QueryDeadlines,
        tasks: Sequence[Task],
        now: Callable[[], datetime],
        *,
        is_alone: bool = False,
    ) -> None:
        """`is_alone`: this process has nothing else to do, and is not ready without it."""
        self._conninfo = conninfo
        self._deadlines = deadlines
        self._tasks = tasks
        self._now = now
        self._failures = 0  # passes that failed, one after the other
        self._state = HealthState(True, "not done yet")
        self._thread = PollingThread("maintenance", self._pass, retry_seconds=_AGAIN_AFTER_FAILURE_SECONDS)
        self.succeeded_at = 0.0  # seconds since 1970; 0: not yet
        super().__init__("maintenance", [self._thread], readiness=is_alone)

    def state(self) -> HealthState:
        """How the last pass went."""
        return self._state

    def health_checks(self) -> Iterable[HealthCheck]:
        yield HealthCheck("last maintenance", self.state)
        yield from super().health_checks()

    def metrics(self) -> Iterable[Gauge]:
        yield gauge(MAINTENANCE_SUCCESS, lambda: self.succeeded_at)

    def _pass(self) -> float:
        try:
            failed = self._maintain()
        except AlreadyUnderWay:
            log.debug("another server is at the maintenance of the database")
            self._state = HealthState(True, "left to another server")
            return _EVERY_SECONDS
        except psycopg.Error as problem:
            log.warning("maintenance lost the database: %s", first_line(problem))
            return self._concluded(["the database"])
        except BaseException:
            self._concluded(["everything"])
            raise
        return self._concluded(failed)

    def _maintain(self) -> list[str]:
        """The names of the tasks that failed."""
        with sole_session(self._conninfo, self._deadlines, LOCK) as session:
            passed = maintain(session, self._tasks, self._now(), self._thread.pause)
            return [each.task.name for each in passed if not _is_well(each)]

    def _concluded(self, failed: list[str]) -> float:
        """Seconds until the next pass."""
        if not failed:
            self._failures = 0
            self.succeeded_at = time.time()
            self._state = HealthState(True, f"done at {self._now():%Y-%m-%d %H:%M} UTC")
            return _EVERY_SECONDS
        pause = min(_AGAIN_AFTER_FAILURE_SECONDS * 2.0 ** min(self._failures, 10), _EVERY_SECONDS)
        self._failures += 1
        self._state = HealthState(False, f"failed: {', '.join(failed)}; the log says why")
        log.warning("maintenance is tried again in %g s", pause)
        return pause


def _is_well(result: TaskResult) -> bool:
    """Says in the log what there is to say."""
    if result.problem or result.count:
        log.log(logging.WARNING if result.problem else logging.INFO, "maintenance of %s", result)
    return result.problem is None
