"""The poller: workers that look for profiles that are due, and a heartbeat that keeps their leases alive."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from scouter.checks.checker import Checker
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.connections.errors import AWAY
from scouter.postgres.tables.checks import claim_check, renew_leases, seconds_until_due
from scouter.runtime.health import HealthCheck, thread_check
from scouter.runtime.metrics_collector import Gauge
from scouter.runtime.polling_thread import PollingThread
from scouter.settings.checks import CheckSettings

log = logging.getLogger(__name__)

_LOOK_EVERY_SECONDS = 1.0
_SHORTEST_PAUSE_SECONDS = 0.05
_AWAY_SECONDS = 2.0
_MOMENT_SECONDS = 0.5


class Poller:
    """Owns the threads `check 1`, `check 2`, … and `check heartbeat`."""

    name = "checks"

    def __init__(self, connections: ConnectionSource, checker: Checker, settings: CheckSettings) -> None:
        self._connections = connections
        self._checker = checker
        self._grace = timedelta(seconds=settings.window_grace_seconds)
        self._lease = timedelta(seconds=settings.lease_seconds)
        self._held: set[UUID] = set()
        workers = range(1, settings.workers + 1)
        # What a worker had claimed when it failed is taken up again after the lease.
        self._workers = [PollingThread(f"check {n}", self._poll, retry_seconds=_AWAY_SECONDS) for n in workers]
        every = self._lease.total_seconds() / 3
        self._heartbeat = PollingThread("check heartbeat", self._keep_leases, retry_seconds=min(_AWAY_SECONDS, every))

    def start(self) -> None:
        for thread in (self._heartbeat, *self._workers):
            thread.start()

    def request_stop(self) -> None:
        for worker in self._workers:
            worker.request_stop()

    def join(self, deadline: float) -> bool:
        """Wait until the checks under way are recorded. Leases are kept as long as anybody may hold one."""
        are_done = all(worker.join(deadline) for worker in self._workers)
        self._heartbeat.request_stop()
        # It was asked only now, and another part may have used up the time until the deadline.
        return self._heartbeat.join(max(deadline, time.monotonic() + _MOMENT_SECONDS)) and are_done

    def health_checks(self) -> Iterable[HealthCheck]:
        yield thread_check(self.name, [self._heartbeat, *self._workers])

    def metrics(self) -> Iterable[Gauge]:
        return ()

    def _poll(self) -> float:
        """Check what is due, and come back when more will be."""
        try:
            return self._check_next()
        except AWAY as problem:
            log.warning("checks wait for the database: %s", type(problem).__name__)
        return _AWAY_SECONDS

    def _check_next(self) -> float:
        """Check one profile. The seconds to wait before the next look."""
        with self._connections.connection() as connection:
            claim = claim_check(connection, grace=self._grace, lease=self._lease)
            if claim is None:
                due = seconds_until_due(connection, self._grace)
                return min(max(due or _LOOK_EVERY_SECONDS, _SHORTEST_PAUSE_SECONDS), _LOOK_EVERY_SECONDS)
        self._held.add(claim.lease_token)
        try:
            self._checker.run(claim)
        finally:
            self._held.discard(claim.lease_token)
        return 0.0

    def _keep_leases(self) -> float:
        """A lease lapses only when its server is gone, however long the check takes."""
        try:
            with self._connections.connection() as connection:
                renew_leases(connection, list(self._held), self._lease)
        except AWAY as problem:
            log.warning("leases could not be renewed: %s", type(problem).__name__)
        return self._lease.total_seconds() / 3
