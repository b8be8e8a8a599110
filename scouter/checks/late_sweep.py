"""Late records: windows that had been checked are checked again when records of theirs arrive afterwards."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from scouter.checks.evaluation import evaluate
from scouter.checks.record_again import record_again
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.connections.contention import retried
from scouter.postgres.connections.errors import AWAY
from scouter.postgres.settled_time import settled_time
from scouter.postgres.statements import Connection
from scouter.postgres.tables.late_arrivals import SweptProfile, profile_for_sweep, quiet_entities, take_late_arrivals
from scouter.postgres.tables.runs import CheckedWindow, runs_touched
from scouter.profiles.standings import refresh_standing
from scouter.runtime.part import ThreadPart
from scouter.runtime.polling_thread import PollingThread
from scouter.settings.alerting import AlertingSettings
from scouter.settings.checks import CheckSettings

log = logging.getLogger(__name__)

_LONGEST_PAUSE_SECONDS = 30.0


class LateSweep(ThreadPart):
    """Owns the thread `late sweep`."""

    def __init__(
        self,
        connections: ConnectionSource,
        settings: CheckSettings,
        alerting: AlertingSettings,
        now: Callable[[], datetime],
        alerts_raised: Callable[[], None] = lambda: None,
    ) -> None:
        """`alerts_raised` is called when alerts are committed."""
        self._connections = connections
        self._alerting = alerting
        self._now = now
        self._alerts_raised = alerts_raised
        self._quiet = timedelta(seconds=settings.window_grace_seconds)
        self._oldest = timedelta(days=settings.late_days)
        self._every_seconds = min(max(self._quiet.total_seconds() / 2, 0.5), _LONGEST_PAUSE_SECONDS)
        # What failed is taken up again: the notes of late records stay where they are.
        self._thread = PollingThread("late sweep", self._pass, retry_seconds=self._every_seconds)
        super().__init__("late sweep", [self._thread])

    def _pass(self) -> float:
        try:
            self.sweep()
        except AWAY as problem:
            log.warning("the sweep for late records waits for the database: %s", type(problem).__name__)
        return self._every_seconds

    def sweep(self) -> None:
        """Look once at every profile whose late records have stopped coming."""
        with self._connections.connection() as connection:
            entity_ids = quiet_entities(connection, self._quiet)
        for entity_id in entity_ids:
            try:
                if retried(partial(self._sweep_profile, entity_id)):
                    self._alerts_raised()
            except AWAY:
                raise
            except Exception:  # one profile's trouble must not keep the others from being looked at
                log.exception("late records of entity %d could not be checked", entity_id)

    def _sweep_profile(self, entity_id: int) -> int:
        """How many alerts were raised."""
        now = self._now()
        with self._connections.connection() as connection:
            profile = profile_for_sweep(connection, entity_id)
            if profile is None:
                return 0
            arrivals = take_late_arrivals(connection, entity_id)
            if not arrivals:
                return 0
            oldest = settled_time(connection, now) - self._oldest
            first = max(min(arrival.first_created_at for arrival in arrivals), oldest)
            last = max(arrival.last_created_at for arrival in arrivals)
            touched = runs_touched(connection, entity_id, first, last)
            raised = sum(self._check_again(connection, profile, checked, now) for checked in touched)
            if touched:
                refresh_standing(connection, entity_id)
            return raised

    def _check_again(self, connection: Connection, profile: SweptProfile, checked: CheckedWindow, now: datetime) -> int:
        seen = evaluate(connection, profile, checked.window)
        if seen.row_count == checked.row_count:
            return 0
        again = record_again(
            connection,
            profile,
            checked.window,
            seen,
            self._alerting,
            attempt=checked.attempt + 1,
            now=now,
            late=True,
        )
        return again.alerts
