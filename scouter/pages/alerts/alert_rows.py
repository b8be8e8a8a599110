"""Alerts as rows of a list: what is wrong in a sentence, since when, in how many checks, who was told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from scouter.drift.spc import RuleCounts
from scouter.errors import InvalidInput
from scouter.pages.alerts.told import Told, told_of
from scouter.pages.site import addresses
from scouter.pages.site.visit import Visit
from scouter.pages.text.numbers import counted
from scouter.pages.text.times import TimeText, to_the_minute
from scouter.pages.wording.alerts import KINDS, alert_sentence
from scouter.pages.wording.judgements import judgement_sentence
from scouter.pages.wording.outcomes import kind_in_words
from scouter.postgres.statements import Connection
from scouter.postgres.tables.alert_context import (
    checks_with_open_alerts,
    deliveries_of_alerts,
    ended_by_themselves,
    spc_rules,
)
from scouter.profiles.sightings import Seen, Sightings
from scouter.wire.open_alerts import AcknowledgedAlertGroup, OpenAlertGroup

_KINDS = {kind.value: words for kind, words in KINDS.items()}


@dataclass(frozen=True, slots=True)
class AlertRow:
    """What both lists show. `also`: the other SPC kinds; `judged`: the second opinion on its newest alert, empty where
    there is none. Addresses are below the prefix.
    """

    id: int
    uid: str
    space: str
    name: str
    version: str
    kind: str
    feature: str
    sentence: str
    also: str
    judged: str
    first: TimeText
    last: TimeText
    of_feature: str
    of_profile: str
    of_alert: str
    may_write: bool
    count: int


@dataclass(frozen=True, slots=True)
class _Said:
    """Of an alert: what it is about, and the second opinion on it."""

    sentence: str
    judged: str


@dataclass(frozen=True, slots=True)
class OpenRow:
    """`ended`: since when its checks do not find it any more, where that is known."""

    row: AlertRow
    still: bool
    checks: str
    ended: TimeText | None
    told: Sequence[Told]


@dataclass(frozen=True, slots=True)
class AcknowledgedRow:
    row: AlertRow
    alerts: str
    by: str
    at: TimeText
    note: str | None


class AlertRows:
    """Of the groups of one page."""

    def __init__(self, sightings: Sightings) -> None:
        self._sightings = sightings

    def open(self, connection: Connection, groups: Sequence[OpenAlertGroup], visit: Visit) -> list[OpenRow]:
        ids = [each.last_id for each in groups]
        said = self._said(connection, groups)
        checks = checks_with_open_alerts(connection, ids)
        ended = ended_by_themselves(connection, [each.last_id for each in groups if not each.still])
        sent = told_of(deliveries_of_alerts(connection, ids), visit)
        return [
            OpenRow(
                _row(each, said[each.last_id], _also(each), visit),
                each.still,
                counted(checks.get(each.last_id, 1), "check", "checks"),
                _moment(ended.get(each.last_id), visit),
                sent.get(each.last_id, []),
            )
            for each in groups
        ]

    def acknowledged(
        self, connection: Connection, groups: Sequence[AcknowledgedAlertGroup], visit: Visit
    ) -> list[AcknowledgedRow]:
        said = self._said(connection, groups)
        zone = visit.reader.zone_info
        return [
            AcknowledgedRow(
                _row(each, said[each.last_id], "", visit),
                counted(each.count, "alert", "alerts"),
                each.acknowledged_by,
                to_the_minute(each.acknowledged_at, visit.now, zone),
                each.note,
            )
            for each in groups
        ]

    def _said(
        self, connection: Connection, groups: Sequence[OpenAlertGroup] | Sequence[AcknowledgedAlertGroup]
    ) -> dict[int, _Said]:
        """As full as what the check saw, and the rule of the profile, allow."""
        wanted = [(each.last_run_id, each.feature) for each in groups if each.last_run_id is not None]
        seen = self._sightings.of(connection, wanted)
        rules = rule_counts(spc_rules(connection, {each.uid for each in groups}))
        return {
            each.last_id: _said_of(each, seen.get((each.last_run_id or 0, each.feature)), rules.get(each.uid))
            for each in groups
        }


def _said_of(group: OpenAlertGroup | AcknowledgedAlertGroup, seen: Seen | None, counts: RuleCounts | None) -> _Said:
    if seen is None:
        return _Said(alert_sentence(group.alert, None, counts), "")
    judged = "" if seen.judgement is None else judgement_sentence(seen.judgement, group.drift_type.value)
    return _Said(alert_sentence(group.alert, seen.observation, counts), judged)


def rule_counts(rules: Mapping[str, str]) -> dict[str, RuleCounts]:
    """Those that can be read."""
    found: dict[str, RuleCounts] = {}
    for uid, rule in rules.items():
        try:
            found[uid] = RuleCounts.parse(rule)
        except InvalidInput:  # the sentence is said without it, and the profile's page shows the rule as it is
            continue
    return found


def _row(group: OpenAlertGroup | AcknowledgedAlertGroup, said: _Said, also: str, visit: Visit) -> AlertRow:
    now, zone = visit.now, visit.reader.zone_info
    return AlertRow(
        id=group.last_id,
        uid=group.uid,
        space=group.space,
        name=group.name,
        version=group.version,
        kind=kind_in_words(group.drift_type.value),
        feature=group.feature,
        sentence=said.sentence,
        also=also,
        judged=said.judged,
        first=to_the_minute(group.first_at, now, zone),
        last=to_the_minute(group.last_at, now, zone),
        of_feature=addresses.feature(group.uid, group.feature),
        of_profile=addresses.profile(group.uid),
        of_alert=addresses.alert(group.last_id),
        may_write=visit.caller.may("write", group.space),
        count=group.count,
    )


def _also(group: OpenAlertGroup) -> str:
    """`Also: a trend, values on one side.` The kinds that the sentence, which is about the newest alert, leaves out."""
    said = group.alert.spc.kind if group.alert.spc else None
    others = [_KINDS[kind] for kind in group.kinds if kind in _KINDS and kind != said]
    return f"Also {', '.join(others)}." if others else ""


def _moment(when: datetime | None, visit: Visit) -> TimeText | None:
    return None if when is None else to_the_minute(when, visit.now, visit.reader.zone_info)
