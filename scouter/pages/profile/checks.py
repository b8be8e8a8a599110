"""When a profile is checked, by which rule, where alerts go, and how the last checks ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from scouter.alerting.channels.lacking import missing_settings
from scouter.pages.checks.run_list import remarks_of
from scouter.pages.profile.stated import StatedProfile
from scouter.pages.site import addresses
from scouter.pages.site.visit import Visit
from scouter.pages.text.numbers import count
from scouter.pages.text.plain_text import shortened
from scouter.pages.text.times import TimeText, ahead, clock, moment, span
from scouter.pages.wording.channels import destination_in_words
from scouter.pages.wording.outcomes import state_in_words
from scouter.pages.wording.rules import condition_in_words, rule_in_words, threshold_in_words, zones_left_out
from scouter.pages.wording.schedules import next_checks, schedule_in_words
from scouter.postgres.tables.alert_windows import AlertingFeatures
from scouter.settings.alerting import AlertingSettings
from scouter.wire.profile_states import ProfileStateItem
from scouter.wire.runs import RunSummary

MOST_NAMED = 3
_NEXT = 3
_MOST_CONDITIONS = 6
_LONGEST_ERROR = 160


@dataclass(frozen=True, slots=True)
class Plan:
    """`schedule` in words, where there are any; `lacking`: why alerts go to the server's log instead."""

    schedule: str | None
    text: str
    next: Sequence[TimeText]
    first: TimeText | None
    destination: str
    lacking: str | None
    rule_text: str | None
    rule: Sequence[str]
    left_out: str


@dataclass(frozen=True, slots=True)
class RunRow:
    """One check in the table."""

    address: str
    window: TimeText
    outcome: str
    words: str
    records: str
    tags: Sequence[str]
    outside: str


def plan_of(item: ProfileStateItem, stated: StatedProfile, settings: AlertingSettings, visit: Visit) -> Plan:
    now, zone = visit.now, visit.reader.zone_info
    due = [item.next_run, *next_checks(item.schedule, item.next_run, _NEXT - 1)] if item.active else []
    rule = stated.alerting.rule
    return Plan(
        schedule=schedule_in_words(item.schedule),
        text=shortened(item.schedule),
        next=_moments(due, visit),
        first=ahead(item.next_run, now, zone) if item.active else None,
        destination=_destination(stated, settings),
        lacking=missing_settings(stated.alerting.dispatch_config, settings),
        rule_text=rule.rule if rule else None,
        rule=_rule(stated),
        left_out=zones_left_out(rule.zones_to_monitor) if rule else "",
    )


def run_rows(runs: Sequence[RunSummary], alerting: Sequence[AlertingFeatures], visit: Visit) -> list[RunRow]:
    named = {each.run_id: each for each in alerting}
    return [_run_row(run, named.get(run.id), visit) for run in runs]


def _run_row(run: RunSummary, alerting: AlertingFeatures | None, visit: Visit) -> RunRow:
    return RunRow(
        address=addresses.check(run.id),
        window=span(run.window_start, run.window_end, visit.now, visit.reader.zone_info),
        outcome=run.outcome,
        words=state_in_words(run.outcome),
        records=count(run.row_count),
        tags=remarks_of(late=run.late, asked_by=run.asked_by, attempt=run.attempt),
        outside=_outside(run, alerting),
    )


def _outside(run: RunSummary, alerting: AlertingFeatures | None) -> str:
    if run.outcome == "failed":
        return shortened(run.error or "", _LONGEST_ERROR)
    if alerting is None:
        return "as in an earlier check of it" if run.outcome == "alert" else ""
    names = ", ".join(shortened(name, 40) for name in alerting.features)
    more = alerting.count - len(alerting.features)
    return f"{names} and {count(more)} more" if more else names


def _destination(stated: StatedProfile, settings: AlertingSettings) -> str:
    own = destination_in_words(stated.alerting.dispatch_config)
    return f"{own}, and the webhook" if settings.webhook_url else own


def _moments(due: Sequence[datetime], visit: Visit) -> list[TimeText]:
    """Of several on one day the day is said once."""
    now, zone = visit.now, visit.reader.zone_info
    days = [None, *(each.astimezone(zone).date() for each in due)]
    texts = [moment(each, now, zone) for each in due]
    return [
        replace(text, text=clock(each.astimezone(zone))) if day == each.astimezone(zone).date() else text
        for each, text, day in zip(due, texts, days, strict=False)
    ]


def _rule(stated: StatedProfile) -> list[str]:
    alerting = stated.alerting
    if alerting.rule is not None:
        return rule_in_words(alerting.rule.rule, alerting.rule.zones_to_monitor)
    if alerting.threshold is not None:
        return [threshold_in_words(alerting.threshold)]
    conditions = alerting.alert_conditions or {}
    lines = [
        f"{shortened(name, 40)}: {condition_in_words(condition, stated.metrics.get(name, 0.0))}"
        for name, condition in list(conditions.items())[:_MOST_CONDITIONS]
    ]
    more = len(conditions) - len(lines)
    return (
        [*lines, f"and {count(more)} more, each on its own page"] if more > 0 else lines or ["no condition: no alert"]
    )
