"""A window that is checked once more: a run of its own, and alerts only for what no check of that window has told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from scouter.alerting.channels.lacking import missing_settings
from scouter.checks.checked_profile import CheckedProfile
from scouter.checks.decide_problems import CheckedOnce, decide_problems, says_something
from scouter.checks.evaluation import Evaluation
from scouter.checks.raise_alerts import identity_of, raise_alerts
from scouter.metrics import CHECKS
from scouter.postgres.statements import Connection
from scouter.postgres.tables.alert_policies import policies_of_profile
from scouter.postgres.tables.alerts import alerts_of_window
from scouter.postgres.tables.runs import add_run
from scouter.postgres.tables.windows import Window
from scouter.settings.alerting import AlertingSettings
from scouter.wire.alerts import Alert
from scouter.wire.notifications import dispatch_of


@dataclass(frozen=True, slots=True)
class RepeatedRun:
    id: int
    alerts: int  # that were raised now


def record_again(
    connection: Connection,
    profile: CheckedProfile,
    window: Window,
    seen: Evaluation,
    alerting: AlertingSettings,
    *,
    attempt: int,
    now: datetime,
    late: bool = False,
    asked_by: str | None = None,
) -> RepeatedRun:
    """In the caller's transaction, which holds the profile: nobody else records a check of it meanwhile."""
    run_id = add_run(
        connection,
        profile.entity_id,
        window,
        attempt=attempt,
        outcome=seen.outcome,
        row_count=seen.row_count,
        started_at=now,
        result=msgspec.json.encode(seen.result).decode(),
        note=missing_settings(dispatch_of(profile.document), alerting),
        late=late,
        asked_by=asked_by,
    )
    new = _new_alerts(connection, profile, window, seen)
    if says_something(connection, profile, seen.result):
        layers = policies_of_profile(connection, profile.entity_id, profile.space)
        told = layers.policy().messages == "every_alert"
        ids = raise_alerts(connection, profile, new, alerting, run_id=run_id, now=now, late=late, told=told)
        checked = CheckedOnce(run_id, window.end, seen.result, ids, again=attempt > 1)
        decide_problems(connection, profile, checked, layers, alerting)
    CHECKS.labels(seen.outcome).inc()
    return RepeatedRun(run_id, len(new))


def _new_alerts(connection: Connection, profile: CheckedProfile, window: Window, seen: Evaluation) -> list[Alert]:
    raised = {
        identity_of(msgspec.json.decode(text, type=Alert))
        for text in alerts_of_window(connection, profile.entity_id, window.end)
    }
    return [alert for alert in seen.result.alerts if identity_of(alert) not in raised]
