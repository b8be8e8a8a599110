"""What one check saw, of every feature; what it could not check and why; its alerts, and who was told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct

from scouter.drift.distance import RankedFeature, ranked
from scouter.drift.spc import RuleCounts
from scouter.pages.alerts.acknowledging import Acknowledging, undo_of
from scouter.pages.alerts.alert_rows import rule_counts
from scouter.pages.alerts.told import told
from scouter.pages.checks.judged_features import judged_features, reference_in_words
from scouter.pages.checks.run_list import remarks_of
from scouter.pages.checks.seen_features import COLUMNS, OTHER_COLUMNS, left_out, seen_features
from scouter.pages.site import addresses
from scouter.pages.site.page import Page
from scouter.pages.site.quick_reads import QuickReads
from scouter.pages.site.readable import readable_run
from scouter.pages.site.visit import Answer, Shown, Visit
from scouter.pages.text.numbers import counted
from scouter.pages.text.times import TimeText, duration, span, to_the_minute
from scouter.pages.wording.alerts import alert_sentence
from scouter.pages.wording.judgements import judgement_sentence
from scouter.pages.wording.outcomes import kind_in_words, left_out_sentence, verdict
from scouter.postgres.tables.alert_context import deliveries_of_alerts, spc_rules
from scouter.postgres.tables.run_neighbours import neighbours_of_run
from scouter.profiles.open_alerts import alerts_of_run
from scouter.wire.check_results import CheckResult, Judgement
from scouter.wire.messages import Timestamp
from scouter.wire.open_alerts import AlertDetail
from scouter.wire.runs import RunItem

MOST_FEATURES = 500
"""In the table: a page has to stay one that a browser can show."""

MOST_ALERTS = 200
_NOTHING = CheckResult((), (), ())
_decode = msgspec.json.Decoder(CheckResult).decode


class RunQuery(Struct, frozen=True):
    acknowledged: Timestamp | None = None


@dataclass(frozen=True, slots=True)
class RunAlert:
    """An alert that this check raised. `judged`: the second opinion on it; `at`: when somebody acknowledged it."""

    id: int
    feature: str
    address: str
    sentence: str
    judged: str
    active: bool
    by: str | None
    at: TimeText | None
    note: str | None


class Run:
    def __init__(self, reads: QuickReads, acknowledging: Acknowledging) -> None:
        self._reads = reads
        self._acknowledging = acknowledging

    def pages(self) -> list[Page]:
        actions = self._acknowledging.actions(_back)
        summary = "What one check saw, its alerts and their messages."
        return [Page("/runs/{id}", self.show, actions, query=RunQuery, summary=summary)]

    def show(self, visit: Visit) -> Answer:
        with self._reads.connection() as connection:
            run = readable_run(connection, visit.caller, visit.parts["id"])
            alerts = alerts_of_run(connection, run.id)
            deliveries = deliveries_of_alerts(connection, [each.id for each in alerts])
            counts = rule_counts(spc_rules(connection, [run.uid])).get(run.uid)
            neighbours = neighbours_of_run(connection, run.id)
            undo = undo_of(connection, visit.caller, visit.query.acknowledged)
        result = _NOTHING if run.result is None else _decode(run.result)
        features, judged = ranked(result), {each.name: each for each in result.judgements}
        values = {
            "run": run,
            "undo": undo,
            "neighbours": neighbours,
            "alerts": _alerts(alerts, features, judged, counts, visit),
            "more_alerts": max(0, len(alerts) - MOST_ALERTS),
            "open_alerts": sum(each.active for each in alerts),
            "told": told(deliveries, visit),
            "judged": judged_features(run.uid, run.drift_type, features, judged, MOST_FEATURES),
            "judged_count": len(judged),
            "judged_by": reference_in_words(result.judgements),
            "may_write": visit.caller.may("write", run.space),
            "of_profile": addresses.profile(run.uid),
            "checks": addresses.checks(run.uid),
        }
        return Shown("run.html", {**values, **_said(run, visit), **_seen(run, features)})


def _back(visit: Visit) -> str:
    """To the alert, where it was about one."""
    about = visit.form.get("alerts") or visit.form.get("alert") or ""
    anchor = f"#alert-{about}" if about.isascii() and about.isdigit() else ""
    return f"/runs/{quote(visit.parts['id'], safe='')}{anchor}"


def _said(run: RunItem, visit: Visit) -> Mapping[str, Any]:
    """When, over which window, for how long, and why at that moment."""
    now, zone = visit.now, visit.reader.zone_info
    return {
        "kind": kind_in_words(run.drift_type),
        "records": counted(run.row_count, "record", "records"),
        "window": span(run.window_start, run.window_end, now, zone),
        "finished": to_the_minute(run.finished_at, now, zone),
        "took": duration((run.finished_at - run.started_at).total_seconds()),
        "remarks": remarks_of(late=run.late, asked_by=run.asked_by, attempt=run.attempt),
    }


def _seen(run: RunItem, features: Sequence[RankedFeature]) -> Mapping[str, Any]:
    """`told_before`: what alerts in it, and was raised by an earlier check of the same window."""
    checked = [each for each in features if each.observation is not None]
    missed = [each for each in features if each.obstacle is not None]
    alerting = sum(bool(each.alerts) for each in checked)
    return {
        "verdict": verdict(run.outcome, run.drift_type, len(checked), alerting, len(missed)),
        "left_out_sentence": left_out_sentence(len(missed), run.drift_type) if checked else "",
        "columns": COLUMNS.get(run.drift_type, OTHER_COLUMNS),
        "features": seen_features(run.uid, checked[:MOST_FEATURES]),
        "feature_count": len(checked),
        "left_out": left_out(run.uid, missed[:MOST_FEATURES]),
        "left_out_count": len(missed),
        "alerting": alerting,
    }


def _alerts(
    alerts: Sequence[AlertDetail],
    features: Sequence[RankedFeature],
    judged: Mapping[str, Judgement],
    counts: RuleCounts | None,
    visit: Visit,
) -> list[RunAlert]:
    """What is open first; cut, since a check may raise one for each of thousands of features."""
    zone = visit.reader.zone_info
    seen = {each.name: each.observation for each in features}
    shown = sorted(alerts, key=lambda alert: (not alert.active, alert.id))[:MOST_ALERTS]
    return [
        RunAlert(
            id=each.id,
            feature=each.feature,
            address=addresses.feature(each.uid, each.feature),
            sentence=alert_sentence(each.alert, seen.get(each.feature), counts),
            judged=_judged(judged.get(each.feature), each),
            active=each.active,
            by=each.acknowledged_by,
            at=None if each.acknowledged_at is None else to_the_minute(each.acknowledged_at, visit.now, zone),
            note=each.note,
        )
        for each in shown
    ]


def _judged(judgement: Judgement | None, alert: AlertDetail) -> str:
    return "" if judgement is None else judgement_sentence(judgement, alert.drift_type.value)
