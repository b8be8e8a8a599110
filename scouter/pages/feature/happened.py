"""The sentence that a feature's page opens with: what happened to it?"""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import UNSET

from scouter.drift.spc import RuleCounts
from scouter.pages.feature.bins import BinRow, most
from scouter.pages.profile.verdict import Words
from scouter.pages.site.visit import Visit
from scouter.pages.text.numbers import counted, number, share
from scouter.pages.text.plain_text import shortened
from scouter.pages.text.times import to_the_minute
from scouter.pages.wording.alerts import alert_sentence
from scouter.pages.wording.outcomes import obstacle_sentence
from scouter.wire.alerts import Alert, SpcKind
from scouter.wire.check_results import CustomObservation, Observation, PsiObservation, SpcObservation
from scouter.wire.open_alerts import OpenAlertGroup
from scouter.wire.profile_features import FeatureItem


@dataclass(frozen=True, slots=True)
class Happened:
    """`bold` answers, `rest` goes on; `looks` is the state that it looks like."""

    looks: str
    bold: str
    rest: Words


def happened(
    item: FeatureItem,
    window: Words,
    group: OpenAlertGroup | None,
    counts: RuleCounts | None,
    bins: list[BinRow],
    visit: Visit,
) -> Happened:
    """`window`: which check it is about. `group`: its open alerts. `bins`: what they add to the PSI of that check."""
    if item.observation is None:
        return _not_checked(item, window)
    if not item.alerts:
        older = _older(group, visit)
        return Happened("ok", _fine(item.observation), [*window, ".", *older])
    alerts = sorted(item.alerts, key=_is_about_a_run)
    sentences = list(dict.fromkeys(alert_sentence(each, item.observation, counts) for each in alerts))
    first, others = sentences[0].removesuffix("."), sentences[1:]
    since: Words = [" Since ", to_the_minute(group.first_at, visit.now, visit.reader.zone_info), "."] if group else []
    rest: Words = [*window, ".", *(f" {each}" for each in others), *since, *_mostly(bins)]
    return Happened("alert", first, rest)


def _is_about_a_run(alert: Alert) -> bool:
    """A value that is out says more than a rule about runs of values."""
    return alert.spc is not UNSET and alert.spc.kind is not SpcKind.OutOfBounds


def _not_checked(item: FeatureItem, window: Words) -> Happened:
    if item.obstacle is None:
        return Happened("new", "Not checked yet", ["."])
    return Happened("no_data", obstacle_sentence(item.obstacle).removesuffix("."), [*window, "."])


def _fine(seen: Observation) -> str:
    if isinstance(seen, SpcObservation):
        return _fine_values(seen)
    if isinstance(seen, PsiObservation):
        values = counted(seen.samples, "value", "values")
        if seen.threshold is None:
            return f"PSI {number(seen.drift)}, from {values}; nothing exceeds its threshold"
        return f"PSI {number(seen.drift)} is within the threshold of {number(seen.threshold)}, from {values}"
    return _fine_mean(seen)


def _fine_values(seen: SpcObservation) -> str:
    limits = f"{number(seen.three_lcl)} to {number(seen.three_ucl)}"
    if seen.samples == 1:
        return f"The value of {number(seen.mean)} is within the limits {limits}"
    ends = f"from {number(seen.lowest)} to {number(seen.highest)}"
    is_within = seen.code_counts[0] == 0 and seen.code_counts[-1] == 0
    where = f"are within the limits {limits}" if is_within else f"met no rule; the limits are {limits}"
    return f"{counted(seen.samples, 'value', 'values')}, {ends}, {where}"


def _fine_mean(seen: CustomObservation) -> str:
    of = f"The mean of {counted(seen.samples, 'value', 'values')}, {number(seen.observed)},"
    if seen.lowest is None and seen.highest is None:
        return f"{of} has no limit"
    if seen.lowest is None:
        return f"{of} is not above {number(seen.highest)}"
    if seen.highest is None:
        return f"{of} is not below {number(seen.lowest)}"
    return f"{of} is within {number(seen.lowest)} to {number(seen.highest)}"


def _since(group: OpenAlertGroup | None, visit: Visit) -> Words:
    if group is None:
        return []
    return [" Since ", to_the_minute(group.first_at, visit.now, visit.reader.zone_info), "."]


def _older(group: OpenAlertGroup | None, visit: Visit) -> Words:
    if group is None:
        return []
    return [
        f" {counted(group.count, 'older alert is', 'older alerts are')} open, the last one of ",
        to_the_minute(group.last_at, visit.now, visit.reader.zone_info),
        ".",
    ]


def _mostly(bins: list[BinRow]) -> Words:
    """Which bin adds most to a PSI."""
    found = most(bins)
    if found is None:
        return []
    label = shortened(found.label, 40)
    return [
        f" Most of it comes from the bin {label}: {share(found.training)} of the training data, {share(found.now)} now."
    ]
