"""An alert as a sentence: the value, the limit and the rule, as far as they were stored.

An SPC alert is stored with its rule's kind and zone alone. Value and limits stand in what the check saw, so the
sentence is fuller while the run is kept.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import UNSET

from scouter.drift.spc import TREND_LENGTH, RuleCounts
from scouter.pages.text.numbers import count, counted, number, share
from scouter.wire.alerts import Alert, CustomAlert, PsiAlert, SpcAlert, SpcKind
from scouter.wire.check_results import CustomObservation, Observation, PsiObservation, SpcObservation
from scouter.wire.profiles import AlertThreshold, Zone

ZONE_NUMBERS = {Zone.Zone1: 1, Zone.Zone2: 2, Zone.Zone3: 3, Zone.Zone4: 4}
DISTANCES = {1: "", 2: "one sigma or more", 3: "two sigma or more", 4: "more than three sigma"}
KINDS = {
    SpcKind.OutOfBounds: "beyond three sigma",
    SpcKind.Consecutive: "values on one side",
    SpcKind.Alternating: "values that alternate",
    SpcKind.Trend: "a trend",
    SpcKind.AllGood: "nothing",
}
_CENTER_CODE = 4  # the index of zone code 0 among the nine counts


def alert_sentence(alert: Alert, seen: Observation | None = None, counts: RuleCounts | None = None) -> str:
    """What the alert is about. `seen` is what the check saw of the feature, `counts` the rule of the profile."""
    if alert.spc is not UNSET:
        return spc_sentence(alert.spc, seen if isinstance(seen, SpcObservation) else None, counts)
    if alert.psi is not UNSET:
        return psi_sentence(alert.psi, seen if isinstance(seen, PsiObservation) else None)
    if alert.custom is not UNSET:
        return custom_sentence(alert.custom, seen if isinstance(seen, CustomObservation) else None)
    return "An alert of a kind that this version does not know."


def spc_sentence(alert: SpcAlert, seen: SpcObservation | None, counts: RuleCounts | None) -> str:
    """`A value of 50 910 is above the upper limit of 47 500 (three sigma); 9 of 12 values are.`"""
    zone = ZONE_NUMBERS.get(alert.zone)
    match alert.kind:
        case SpcKind.OutOfBounds:
            return _out_of_bounds(seen, counts)
        case SpcKind.Consecutive if zone is not None:
            return _consecutive(zone, seen, counts)
        case SpcKind.Alternating if zone is not None:
            return _alternating(zone, counts)
        case SpcKind.Trend:
            return f"{TREND_LENGTH} values in a row rose or fell from zone to zone."
        case _:
            return f"The rule {alert.kind.value} was met."


def psi_sentence(alert: PsiAlert, seen: PsiObservation | None) -> str:
    """`PSI 0.265 is above the threshold of 0.2, from 4 012 values.`"""
    of = "" if seen is None else f", from {counted(seen.samples, 'value', 'values')}"
    lost = ""
    if seen is not None and seen.unknown:
        lost = f" {share(seen.unknown / max(1, seen.samples))} of them are in bins that the profile does not have."
    return f"PSI {number(alert.drift)} is above the threshold of {number(alert.threshold)}{of}.{lost}"


def custom_sentence(alert: CustomAlert, seen: CustomObservation | None = None) -> str:
    """`The mean of 0.71 is below 0.75, the least that is allowed: the baseline of 0.8 less 0.05.`"""
    below = alert.alert_threshold is AlertThreshold.Below or (
        alert.alert_threshold is AlertThreshold.Outside and alert.observed_value < alert.baseline_value
    )
    of = "" if seen is None else f" of {counted(seen.samples, 'value', 'values')}"
    opening = f"The mean{of}, {number(alert.observed_value)}, is {'below' if below else 'above'}"
    baseline = f"the baseline of {number(alert.baseline_value)}"
    if not alert.delta:
        return f"{opening} {baseline}."
    bound = alert.baseline_value - alert.delta if below else alert.baseline_value + alert.delta
    end, sign = ("least", "less") if below else ("most", "plus")
    return f"{opening} {number(bound)}, the {end} that is allowed: {baseline} {sign} {number(alert.delta)}."


def history(checks: int, first: str) -> str:
    """`since 25 Nov 11:00, in 29 checks`."""
    return f"since {first}" + (f", in {counted(checks, 'check', 'checks')}" if checks > 1 else "")


def _out_of_bounds(seen: SpcObservation | None, counts: RuleCounts | None) -> str:
    if seen is None:
        needed = 1 if counts is None else max(1, min(each[3] for each in (counts.consecutive, counts.alternating)))
        opening = "A value is" if needed == 1 else f"{needed} values in a row are"
        return f"{opening} outside of the limits (three sigma)."
    below, above = seen.code_counts[0], seen.code_counts[-1]
    if below and above:
        return (
            f"Values from {_extreme(seen.lowest)} to {_extreme(seen.highest)} are outside of the limits "
            f"{number(seen.three_lcl)} to {number(seen.three_ucl)} (three sigma): {count(below)} below, "
            f"{count(above)} above, of {count(seen.samples)}."
        )
    value, side, end, limit = (
        (seen.highest, "above", "upper", seen.three_ucl) if above else (seen.lowest, "below", "lower", seen.three_lcl)
    )
    subject = "An infinite value" if value is None else f"A value of {number(value)}"
    others = _how_many(above or below, seen.samples)
    return f"{subject} is {side} the {end} limit of {number(limit)} (three sigma){others}."


def _extreme(value: float | None) -> str:
    """Null is stored for what JSON cannot carry."""
    return "an infinite one" if value is None else number(value)


def _how_many(outside: int, samples: int) -> str:
    if samples <= 1:
        return ""
    return f"; {count(outside)} of {count(samples)} values {'is' if outside == 1 else 'are'}"


def _consecutive(zone: int, seen: SpcObservation | None, counts: RuleCounts | None) -> str:
    needed = None if counts is None else counts.consecutive[zone - 1]
    values = "Values" if needed is None or needed < 1 else f"{counted(needed, 'value', 'values')} in a row"
    verb = "lies" if needed == 1 else "lie"
    distance = f"{DISTANCES[zone]} " if DISTANCES[zone] else ""
    side = _side(zone, seen, needed)
    center = "the center" if seen is None else f"the center of {number(seen.center)}"
    if side is None:
        beside = f"on one side of {center}" if not distance else f"{distance}from {center}, on one side"
        return f"{values} {verb} {beside}."
    return f"{values} {verb} {distance}{side} {center}."


def _side(zone: int, seen: SpcObservation | None, needed: int | None) -> str | None:
    """Above or below, where only one side has as many values as the rule needs."""
    if seen is None or needed is None:
        return None
    above = sum(seen.code_counts[_CENTER_CODE + zone :])
    below = sum(seen.code_counts[: _CENTER_CODE - zone + 1])
    sides = [name for name, values in (("above", above), ("below", below)) if values >= max(1, needed)]
    return sides[0] if len(sides) == 1 else None


def _alternating(zone: int, counts: RuleCounts | None) -> str:
    needed = None if counts is None else counts.alternating[zone - 1]
    values = "Values" if needed is None or needed < 1 else f"{counted(needed, 'value', 'values')} in a row"
    distance = f", {DISTANCES[zone]} from the center" if DISTANCES[zone] else ""
    return f"{values}{distance}, alternate: each is in another zone than the one before it."


def kinds_in_words(alerts: list[SpcAlert]) -> str:
    """What the SPC alerts of one feature are about, each once: `beyond three sigma, values on one side`."""
    return ", ".join(_each_once(alerts))


def _each_once(alerts: list[SpcAlert]) -> Iterator[str]:
    yield from dict.fromkeys(KINDS[alert.kind] for alert in alerts)
