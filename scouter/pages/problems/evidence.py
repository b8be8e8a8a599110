"""Why a problem counts: the alert of its newest bad window, and what the second opinion made of it."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from scouter.pages.alerts.alert_rows import rule_counts
from scouter.pages.site import addresses
from scouter.pages.wording.alerts import alert_sentence
from scouter.pages.wording.judgements import judgement_sentence
from scouter.pages.wording.outcomes import obstacle_sentence
from scouter.postgres.statements import Connection
from scouter.postgres.tables.alert_context import spc_rules
from scouter.profiles.open_alerts import alert_by_id
from scouter.profiles.runs import run_item
from scouter.profiles.sightings import Sightings
from scouter.wire.check_results import CheckResult
from scouter.wire.open_alerts import AlertDetail
from scouter.wire.problems import ProblemItem, ProblemSignal

_decode = msgspec.json.Decoder(CheckResult).decode


@dataclass(frozen=True, slots=True)
class Evidence:
    """`what` the check found, and why that counts. `check`: where it is shown; None: it has expired."""

    what: str = ""
    why: str = ""
    check: str | None = None


NONE_KEPT = Evidence()


def evidence_of(connection: Connection, sightings: Sightings, item: ProblemItem) -> Evidence:
    """As much of it as is kept."""
    if item.signal in (ProblemSignal.failing, ProblemSignal.blind):
        return _of_run(connection, item)
    alert = alert_by_id(connection, item.alert_ids[-1]) if item.alert_ids else None
    return NONE_KEPT if alert is None else _of_alert(connection, sightings, item, alert)


def _of_alert(connection: Connection, sightings: Sightings, item: ProblemItem, alert: AlertDetail) -> Evidence:
    counts = rule_counts(spc_rules(connection, [item.uid])).get(item.uid)
    if alert.run_id is None:
        return Evidence(alert_sentence(alert.alert, None, counts), "", addresses.alert(alert.id))
    asked = (alert.run_id, item.subject)
    seen = sightings.of(connection, [asked]).get(asked)
    judged = None if seen is None else seen.judgement
    return Evidence(
        what=alert_sentence(alert.alert, None if seen is None else seen.observation, counts),
        why="" if judged is None else judgement_sentence(judged, item.drift_type),
        check=addresses.check(alert.run_id, alert.id),
    )


def _of_run(connection: Connection, item: ProblemItem) -> Evidence:
    run = None if item.last_run_id is None else run_item(connection, item.last_run_id)
    if run is None:
        return NONE_KEPT
    if item.signal is ProblemSignal.failing:
        return Evidence(run.error or "", "A check that fails says nothing about the model.", addresses.check(run.id))
    left_out = [] if run.result is None else _decode(run.result).not_checked
    said = [obstacle_sentence(each) for each in left_out if each.name == item.subject]
    return Evidence(said[0] if said else "", "What cannot be checked can never alert.", addresses.check(run.id))
