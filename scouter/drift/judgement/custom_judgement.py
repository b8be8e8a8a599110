"""The second opinion on a check of custom metrics: is a mean beyond its boundary by more than its standard error?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from scouter.drift.judgement.margin import Measured, judge_margin
from scouter.drift.judgement.rules import JudgementRules
from scouter.wire.check_results import CustomObservation, JudgedBy, Judgement


def judge_custom(
    observations: Sequence[CustomObservation], deviations: Mapping[str, float | None], *, rules: JudgementRules
) -> tuple[Judgement, ...]:
    """Of every metric that was checked, in the order of `observations`, each by itself.

    `deviations`: the sample deviation of its records, where there is one.
    """
    return tuple(_judged(seen, deviations.get(seen.name), rules.of(seen.name)) for seen in observations)


def effect_on(seen: CustomObservation) -> float | None:
    """How far the mean is from the baseline, in the metric's unit."""
    off = abs(seen.observed - seen.baseline)
    return off if math.isfinite(off) else None


def _judged(seen: CustomObservation, deviation: float | None, rules: JudgementRules) -> Judgement:
    alpha = round(1.0 - rules.confidence, 12)
    if seen.samples < rules.min_samples:
        return _not_judged(seen, f"{seen.samples} records in the window, and {rules.min_samples} are needed")
    if deviation is None or not math.isfinite(deviation):
        return _not_judged(seen, "its records scatter by more than a number can say")
    lowest = -math.inf if seen.lowest is None else seen.lowest
    highest = math.inf if seen.highest is None else seen.highest
    measured = Measured(seen.samples, seen.observed, deviation)
    verdict = judge_margin(
        measured, lowest, highest, confidence=rules.confidence, min_samples=max(rules.min_samples, 2)
    )
    if verdict is None:
        return _not_judged(seen, "one record has no scatter")
    return Judgement(
        seen.name,
        JudgedBy.standard_error,
        significant=verdict.is_significant,
        material=True,
        alpha=alpha,
        effect=effect_on(seen),
    )


def _not_judged(seen: CustomObservation, reason: str) -> Judgement:
    return Judgement(seen.name, JudgedBy.none, effect=effect_on(seen), reason=reason)
