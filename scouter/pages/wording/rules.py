"""What a profile alerts on, in words: the rule of a control chart, the threshold of PSI, the range of a metric."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from scouter.drift.spc import TREND_LENGTH, RuleCounts
from scouter.errors import InvalidInput
from scouter.pages.text.numbers import number, share
from scouter.pages.wording.alerts import DISTANCES, ZONE_NUMBERS
from scouter.wire.profiles import (
    AlertCondition,
    AlertThreshold,
    ChiSquareThreshold,
    FixedThreshold,
    NormalThreshold,
    PsiThreshold,
    Zone,
)

_TREND = f"{TREND_LENGTH} values in a row of which each is a zone further up, or each a zone further down"


def rule_in_words(rule: str, zones: Collection[Zone]) -> list[str]:
    """What raises an alert, a line each, the furthest zone first. A rule that cannot be read is shown as it is."""
    try:
        counts = RuleCounts.parse(rule)
    except InvalidInput:
        return [f"The rule {rule!r} is none that this server can read."]
    return [*_patterns(counts, zones), _TREND]


def zones_left_out(zones: Collection[Zone]) -> str:
    """`Zones 1 and 2 are not looked at.` Empty where all are."""
    missing = [str(number) for zone, number in ZONE_NUMBERS.items() if zone not in zones]
    if not missing:
        return ""
    zones_named = f"Zone {missing[0]} is" if len(missing) == 1 else f"Zones {_listed(missing)} are"
    return f"{zones_named} not looked at."


def threshold_in_words(threshold: PsiThreshold) -> str:
    """`PSI above 0.2`, or how the threshold is reckoned for each check."""
    match threshold.chosen:
        case FixedThreshold(threshold=fixed):
            return f"PSI above {number(fixed)}"
        case ChiSquareThreshold(alpha=alpha):
            return f"PSI above what chance exceeds in {share(alpha)} of checks (chi-square, by the number of values)"
        case NormalThreshold(alpha=alpha):
            return f"PSI above what chance exceeds in {share(alpha)} of checks (normal, by the number of values)"


def condition_in_words(condition: AlertCondition, baseline: float) -> str:
    """`mean below 0.75: the baseline of 0.8 less 0.05`."""
    center = baseline if condition.baseline_value is None else condition.baseline_value
    distance = condition.boundary or 0.0
    named = f"the baseline of {number(center)}"
    match condition.alert_threshold:
        case AlertThreshold.Below:
            return (
                f"mean below {number(center - distance)}: {named} less {number(distance)}"
                if distance
                else f"mean below {named}"
            )
        case AlertThreshold.Above:
            return (
                f"mean above {number(center + distance)}: {named} plus {number(distance)}"
                if distance
                else f"mean above {named}"
            )
        case AlertThreshold.Outside:
            if not distance:
                return f"mean other than {named}"
            ends = f"{number(center - distance)} to {number(center + distance)}"
            return f"mean outside of {ends}: {named} ± {number(distance)}"


def _patterns(counts: RuleCounts, zones: Collection[Zone]) -> Iterator[str]:
    for zone, number_of_zone in reversed(ZONE_NUMBERS.items()):
        if zone in zones:
            run, turns = counts.consecutive[number_of_zone - 1], counts.alternating[number_of_zone - 1]
            yield from _zone_patterns(number_of_zone, run, turns)


def _zone_patterns(zone: int, run: int, turns: int) -> Iterator[str]:
    if 1 in (run, turns):
        yield _single(zone)
        return
    if run > 0:
        yield _run(zone, run)
    if turns > 0:
        yield _turns(zone, turns)


def _single(zone: int) -> str:
    return (
        f"a value {DISTANCES[zone]} from the center" if DISTANCES[zone] else "a value up to one sigma from the center"
    )


def _run(zone: int, length: int) -> str:
    distance = f", {DISTANCES[zone]} from the center" if DISTANCES[zone] else ""
    return f"{length} values in a row on one side{distance}"


def _turns(zone: int, length: int) -> str:
    distance = f", {DISTANCES[zone]} from the center" if DISTANCES[zone] else ""
    return f"{length} values in a row{distance}, each in another zone than the one before it"


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
