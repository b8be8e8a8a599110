"""The poller: workers that look for profiles that are due, and a heartbeat that keeps their leases alive."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from scouter.checks.checker import DATABASE_AWAY, Checker
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.checks import claim_check, renew_leases, seconds_until_due
from scouter.runtime.periodic import Periodic
from scouter.settings.settings import Settings

log = logging.getLogger(__name__)

_LOOK_EVERY_SECONDS = 1.0
_SHORTEST_PAUSE_SECONDS = 0.05
_PAUSE_WHILE_AWAY_SECONDS = 2.0


class Poller:
    """Owns the threads `check 1`, `check 2`, … and `check heartbeat`."""

    def __init__(self, pool: Pool, checks: Checker, settings: Settings) -> None:
        self._pool = pool
        self._checks = checks
        self._grace = timedelta(seconds=settings.window_grace_seconds)
        self._lease = timedelta(seconds=settings.check_lease_seconds)
        self._held: set[UUID] = set()
        workers = range(1, settings.polling_worker_count + 1)
        self._threads = [Periodic(f"check {n}", self._poll) for n in workers]
        # First to start and last to stop: as long as anybody may hold a lease.
        self._heartbeat = Periodic("check heartbeat", self._keep_leases)

    @property
    def alive(self) -> bool:
        return all(thread.alive for thread in (self._heartbeat, *self._threads))

    def start(self) -> None:
        for thread in (self._heartbeat, *self._threads):
            thread.start()

    def stop(self) -> None:
        """Return when the checks under way are recorded."""
        for thread in (*self._threads, self._heartbeat):
            thread.stop()

    def _poll(self) -> float:
        """Check what is due, and come back when more will be."""
        try:
            return self._check_next()
        except DATABASE_AWAY as problem:
            log.warning("checks wait for the database: %s", type(problem).__name__)
        except Exception:  # the worker must outlive any bug; what it had claimed is taken up again after the lease
            log.exception("a check failed in an unforeseen way")
        return _PAUSE_WHILE_AWAY_SECONDS

    def _check_next(self) -> float:
        """Check one profile. The seconds to wait before the next look."""
        with self._pool.connection() as connection:
            claim = claim_check(connection, grace=self._grace, lease=self._lease)
            if claim is None:
                due = seconds_until_due(connection, self._grace)
                return min(max(due or _LOOK_EVERY_SECONDS, _SHORTEST_PAUSE_SECONDS), _LOOK_EVERY_SECONDS)
        self._held.add(claim.lease_token)
        try:
            self._checks.run(claim)
        finally:
            self._held.discard(claim.lease_token)
        return 0.0

    def _keep_leases(self) -> float:
        """A lease lapses only when its server is gone, however long the check takes."""
        try:
            with self._pool.connection() as connection:
                renew_leases(connection, list(self._held), self._lease)
        except DATABASE_AWAY as problem:
            log.warning("leases could not be renewed: %s", type(problem).__name__)
        return self._lease.total_seconds() / 3
