"""Checks that somebody asks for: of the last window that is over, or of one that is given."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

import psycopg

from scouter.checks.evaluation import evaluate
from scouter.checks.record_again import record_again
from scouter.drift.schedules import Schedule
from scouter.errors import Conflict, NotFound
from scouter.metrics import CHECKS
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.statements import Connection
from scouter.postgres.tables.checks import Scheduled, WaitingCheck, schedule_of, waiting_check
from scouter.postgres.tables.late_arrivals import SweptProfile, profile_for_sweep
from scouter.postgres.tables.runs import add_run, checked_window, newest_window
from scouter.postgres.tables.windows import Window
from scouter.profiles.standings import refresh_standing
from scouter.profiles.waiting_run import waiting_run
from scouter.settings.alerting import AlertingSettings
from scouter.settings.checks import CheckSettings

log = logging.getLogger(__name__)

_MOMENT = timedelta(microseconds=1)


class AskedChecks:
    """Each is a run of its own, marked with who asked for it, and tells nothing that was told before of that window."""

    def __init__(
        self,
        connections: ConnectionSource,
        settings: CheckSettings,
        alerting: AlertingSettings,
        alerts_raised: Callable[[], None] = lambda: None,
    ) -> None:
        """`alerts_raised` is called when alerts are committed."""
        self._connections = connections
        self._grace = timedelta(seconds=settings.window_grace_seconds)
        self._alerting = alerting
        self._alerts_raised = alerts_raised

    def now(self, entity_id: int, asked_by: str) -> int:
        """Check the last window that is over; the id of the run. What is due is left to its schedule, which waits for
        the last records: raises `Conflict` then, when a check is under way, and when no window is over yet.
        """
        with self._connections.connection() as connection:
            waiting = waiting_check(connection, entity_id, self._grace)
            if waiting is None:
                raise _gone()
            window = self._last_window(connection, entity_id, waiting)
        return self.of_window(entity_id, window, asked_by=asked_by, at=waiting.now)

    def of_window(self, entity_id: int, window: Window, *, at: datetime, asked_by: str | None = None) -> int:
        """Check that window; the id of the run. `at`: when it is made. Raises `Conflict` when one is under way."""
        with self._connections.connection() as connection:
            profile = profile_for_sweep(connection, entity_id)
            if profile is None:
                raise _under_way()
            last = checked_window(connection, entity_id, window.end)
            attempt = 1 if last is None else last.attempt + 1
            run_id, alerts = self._check(connection, profile, window, attempt, at, asked_by)
            refresh_standing(connection, entity_id)
        if alerts:
            self._alerts_raised()
        return run_id

    def _check(
        self,
        connection: Connection,
        profile: SweptProfile,
        window: Window,
        attempt: int,
        at: datetime,
        asked_by: str | None,
    ) -> tuple[int, int]:
        """The id of the run, and how many alerts it raised."""
        try:
            seen = evaluate(connection, profile, window)
        except psycopg.Error:
            raise
        except Exception as problem:  # whatever an unusable profile runs into is what its check comes to
            log.exception("the check of profile %s that %r asked for failed", profile.uid, asked_by)
            return self._failed(connection, profile, window, attempt, at, asked_by, problem), 0
        again = record_again(
            connection, profile, window, seen, self._alerting, attempt=attempt, now=at, asked_by=asked_by
        )
        return again.id, again.alerts

    def _failed(
        self,
        connection: Connection,
        profile: SweptProfile,
        window: Window,
        attempt: int,
        at: datetime,
        asked_by: str | None,
        problem: Exception,
    ) -> int:
        CHECKS.labels("failed").inc()
        return add_run(
            connection,
            profile.entity_id,
            window,
            attempt=attempt,
            outcome="failed",
            row_count=0,
            started_at=at,
            error=f"{type(problem).__name__}: {problem}"[:2000].replace("\x00", ""),  # as Checker writes it
            asked_by=asked_by,
        )

    def _last_window(self, connection: Connection, entity_id: int, waiting: WaitingCheck) -> Window:
        """That of the newest check or, when the schedule went on without checks, the last one that it closed."""
        profile = schedule_of(connection, entity_id)
        if profile is None:
            raise _gone()
        if waiting.is_under_way:
            raise _under_way()
        if waiting.active and waiting.next_run <= waiting.now:
            raise Conflict(waiting_run(waiting).message, action="it is made by itself; look again in a moment")
        grace = waiting.due_at - waiting.next_run  # no longer than the schedule takes to fire again
        closed = _closed_window(profile, waiting.now - grace)
        newest = newest_window(connection, entity_id)
        if newest is not None and (closed is None or newest.window_end >= closed.end):
            return newest.window
        if closed is None:
            raise Conflict("no window of it is over yet", action=f"ask after {waiting.next_run:%Y-%m-%d %H:%M} UTC")
        return closed


def _closed_window(profile: Scheduled, moment: datetime) -> Window | None:
    """The last window of the schedule that was over then; None: there has been none since the registration."""
    schedule = Schedule.parse(profile.schedule)
    end = schedule.latest_at_or_before(moment)
    start = None if end is None else schedule.latest_at_or_before(end - _MOMENT)
    return None if end is None or start is None or end <= profile.created_at else Window(start, end)


def _gone() -> NotFound:
    return NotFound("the profile is gone")


def _under_way() -> Conflict:
    return Conflict("a check of it is under way", action="look at its runs in a moment")
