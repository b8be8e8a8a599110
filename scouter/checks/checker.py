"""One check of one profile, from the claim to the record."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from scouter.alerting.channels.lacking import missing_settings
from scouter.checks.decide_problems import CheckedOnce, decide_problems, says_something
from scouter.checks.evaluation import Evaluation, evaluate
from scouter.checks.raise_alerts import raise_alerts
from scouter.drift.schedule_gaps import shortest_gap
from scouter.drift.schedules import Schedule
from scouter.errors import InvalidInput
from scouter.metrics import CHECKS
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.connections.contention import retried
from scouter.postgres.connections.errors import AWAY
from scouter.postgres.statements import Connection
from scouter.postgres.tables.alert_policies import policies_of_profile
from scouter.postgres.tables.checks import CheckClaim, finish_check, retry_check, schedule_under_lease
from scouter.postgres.tables.profile_standings import NewestCheck
from scouter.postgres.tables.runs import add_run
from scouter.postgres.tables.windows import Window
from scouter.profiles.standings import record_standing
from scouter.settings.alerting import AlertingSettings
from scouter.settings.checks import CheckSettings
from scouter.wire.notifications import dispatch_of

log = logging.getLogger(__name__)


_FIRST_PAUSE = timedelta(seconds=2)
_LONGEST_PAUSE = timedelta(minutes=5)


class Checker:
    """Runs checks that have been claimed. Raises only when the database is away: the lease lapses then."""

    def __init__(
        self,
        connections: ConnectionSource,
        settings: CheckSettings,
        alerting: AlertingSettings,
        alerts_raised: Callable[[], None] = lambda: None,
    ) -> None:
        """`alerts_raised` is called when alerts are committed."""
        self._connections = connections
        self._alerting = alerting
        self._attempts = settings.attempts
        self._alerts_raised = alerts_raised

    def run(self, claim: CheckClaim) -> None:
        try:
            retried(lambda: self._check(claim))
        except AWAY:
            raise
        except Exception as problem:  # whatever one profile's check runs into must stop no other
            log.exception("the check of %s failed", claim.shown)
            self._failed(claim, problem)

    def _check(self, claim: CheckClaim) -> None:
        window = self._window(claim)
        if window is None:
            self._reschedule(claim)
            return
        with self._connections.connection() as connection:
            seen = evaluate(connection, claim, window)
        self._record(claim, window, seen)

    def _window(self, claim: CheckClaim) -> Window | None:
        """(previous run, W], W the latest instant of the schedule that a grace period has passed since."""
        end = Schedule.parse(claim.schedule).latest_at_or_before(claim.claimed_at - claim.grace)
        return Window(claim.previous_run, end) if end is not None and end > claim.previous_run else None

    def _record(self, claim: CheckClaim, window: Window, seen: Evaluation) -> None:
        """The run, its alerts and the next run in one transaction, which holds only while the lease is ours."""
        with self._connections.connection() as connection:
            schedule = schedule_under_lease(connection, claim)
            if schedule is None:
                log.warning("the check of %s is somebody else's by now; its result is dropped", claim.shown)
                return
            run_id = add_run(
                connection,
                claim.entity_id,
                window,
                attempt=claim.attempts + 1,
                outcome=seen.outcome,
                row_count=seen.row_count,
                started_at=claim.claimed_at,
                result=msgspec.json.encode(seen.result).decode(),
                note=missing_settings(dispatch_of(claim.document), self._alerting),
            )
            newest = NewestCheck(run_id, window.end, seen.outcome, seen.row_count)
            record_standing(connection, claim.entity_id, newest, seen.result)
            finish_check(connection, claim, window.end, *_next_run(schedule, window.end))
            # Last: checks of one space wait for each other from when they have something to tell.
            self._decide(connection, claim, window, seen, run_id)
        CHECKS.labels(seen.outcome).inc()
        if seen.result.alerts:
            self._alerts_raised()

    def _decide(self, connection: Connection, claim: CheckClaim, window: Window, seen: Evaluation, run_id: int) -> None:
        """Alerts are facts; who is told of them, and when, is decided over problems, or for every check by itself."""
        if not says_something(connection, claim, seen.result):
            return
        layers = policies_of_profile(connection, claim.entity_id, claim.space)
        told = layers.policy().messages == "every_alert"
        alerts, now = seen.result.alerts, claim.claimed_at
        ids = raise_alerts(connection, claim, alerts, self._alerting, run_id=run_id, now=now, told=told)
        checked = CheckedOnce(run_id, window.end, seen.result, ids)
        decide_problems(connection, claim, checked, layers, self._alerting)

    def _reschedule(self, claim: CheckClaim) -> None:
        """Nothing to check yet: the schedule was changed since the next run was computed."""
        with self._connections.connection() as connection:
            schedule = schedule_under_lease(connection, claim)
            if schedule is not None:
                finish_check(connection, claim, claim.previous_run, *_next_run(schedule, claim.claimed_at))

    def _failed(self, claim: CheckClaim, problem: Exception) -> None:
        """Try again later; after the last try write the window down as failed and move on."""
        with self._connections.connection() as connection:
            if claim.attempts + 1 < self._attempts:
                retry_check(connection, claim, min(_FIRST_PAUSE * 2**claim.attempts, _LONGEST_PAUSE))
                return
            schedule = schedule_under_lease(connection, claim)
            if schedule is not None:
                self._give_up(connection, claim, schedule, problem)

    def _give_up(self, connection: Connection, claim: CheckClaim, schedule: str, problem: Exception) -> None:
        due = claim.claimed_at - claim.grace
        end = max(_latest(claim.schedule, due) or due, claim.previous_run)
        run_id = add_run(
            connection,
            claim.entity_id,
            Window(claim.previous_run, end),
            attempt=claim.attempts + 1,
            outcome="failed",
            row_count=0,
            started_at=claim.claimed_at,
            error=f"{type(problem).__name__}: {problem}"[:2000].replace("\x00", ""),  # Postgres has no text with a NUL
        )
        layers = policies_of_profile(connection, claim.entity_id, claim.space)
        decide_problems(connection, claim, CheckedOnce(run_id, end, None, {}), layers, self._alerting)
        record_standing(connection, claim.entity_id, NewestCheck(run_id, end, "failed", 0), None)
        finish_check(connection, claim, end, *_next_run(schedule, end))
        CHECKS.labels("failed").inc()


def _next_run(schedule: str, after: datetime) -> tuple[datetime | None, timedelta | None]:
    """When it fires again and its shortest gap. None: it never does, or it cannot be read."""
    try:
        return Schedule.parse(schedule).next_after(after), shortest_gap(schedule)
    except InvalidInput:
        return None, None


def _latest(schedule: str, moment: datetime) -> datetime | None:
    try:
        return Schedule.parse(schedule).latest_at_or_before(moment)
    except InvalidInput:
        return None
