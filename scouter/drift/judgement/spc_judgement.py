"""The second opinion on a check of an SPC profile, over all of its features."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scouter.drift.judgement.holm import adjusted
from scouter.drift.judgement.known_rows import KnownRows, Rows
from scouter.drift.judgement.rules import JudgementRules
from scouter.drift.judgement.shift_and_spike import Floats, Reference, SpcVerdict, judge_values
from scouter.drift.spc_check import TimedValues
from scouter.wire.check_results import JudgedBy, Judgement, SpcObservation
from scouter.wire.profiles import SpcFeature, SpcProfile

_CLEARLY = 1.0 - 1e-9  # against last digits


@dataclass(frozen=True, slots=True)
class SpcTest:
    """What the tests say of one feature by itself, before all of its check are judged together."""

    name: str
    rows: Rows
    p_value: float
    effect: float | None
    is_material: bool


def judge_spc(
    profile: SpcProfile,
    window: Mapping[str, TimedValues],
    observations: Sequence[SpcObservation],
    rows: KnownRows,
    *,
    alpha: float,
    rules: JudgementRules,
) -> tuple[Judgement, ...]:
    """Of every feature that was checked, in the order of `observations`; `window` as the check had it."""
    batch = max(profile.config.sample_size, 1)
    tested = [
        tested_spc(profile.features[seen.name], window[seen.name], seen, rows.of(seen.name), batch, rules.of(seen.name))
        for seen in observations
    ]
    return spc_judgements([seen.name for seen in observations], tested, alpha)


def spc_judgements(names: Sequence[str], tested: Sequence[SpcTest | None], alpha: float) -> tuple[Judgement, ...]:
    """Of the features of one check, from what the tests say of each; both in the same order."""
    among_all = iter(adjusted([each.p_value for each in tested if each is not None]))
    return tuple(
        _beyond_reckoning(name) if each is None else _judgement(each, next(among_all), alpha)
        for name, each in zip(names, tested, strict=True)
    )


def sigma_of(feature: SpcFeature) -> float:
    """The scatter of single values that a feature's limits were made from."""
    return (feature.three_ucl - feature.center) / 3.0


def tested_spc(
    feature: SpcFeature, records: TimedValues, seen: SpcObservation, known: Rows, batch: int, rules: JudgementRules
) -> SpcTest | None:
    """One feature by itself. None: its limits are further apart than a float can hold."""
    sigma = sigma_of(feature)
    if not math.isfinite(sigma):
        return None
    if _is_trifle(seen, feature.center, sigma, rules):
        return SpcTest(seen.name, known, 1.0, _in_sigmas(seen.mean, feature.center, sigma), is_material=False)
    reference = Reference(feature.center, sigma, batch, known.number)
    verdict = judge_values(_in_order(records), reference, min_shift=rules.min_shift, min_spike=rules.min_spike)
    return SpcTest(seen.name, known, verdict.p_value, _effect(verdict, sigma), verdict.is_material)


def _is_trifle(seen: SpcObservation, center: float, sigma: float, rules: JudgementRules) -> bool:
    """Whether what was seen says already that nothing is off by enough to matter: most features, most of the time."""
    if sigma <= 0.0 or seen.mean is None or seen.lowest is None or seen.highest is None:
        return False
    farthest = max(seen.highest - center, center - seen.lowest)
    return (
        abs(seen.mean - center) < rules.min_shift * sigma * _CLEARLY and farthest < rules.min_spike * sigma * _CLEARLY
    )


def _in_order(records: TimedValues) -> Floats:
    values = records.values[np.argsort(records.moments, kind="stable")]
    return values[~np.isnan(values)]


def _effect(verdict: SpcVerdict, sigma: float) -> float | None:
    """Without a scatter of its own a feature has no unit."""
    off = verdict.shift if verdict.p_shift <= verdict.p_spike else verdict.farthest
    return _in_sigmas(off, 0.0, sigma)


def _in_sigmas(value: float | None, center: float, sigma: float) -> float | None:
    if value is None or sigma <= 0.0:
        return None
    off = abs(value - center) / sigma
    return off if math.isfinite(off) else None


def _judgement(tested: SpcTest, among_all: float, alpha: float) -> Judgement:
    return Judgement(
        name=tested.name,
        judge=JudgedBy.shift_and_spike,
        significant=tested.is_material and among_all <= alpha,
        material=tested.is_material,
        p_value=tested.p_value,
        adjusted_p_value=among_all,
        alpha=alpha,
        effect=tested.effect,
        training_rows=tested.rows.number,
        training_rows_origin=tested.rows.origin,
    )


def _beyond_reckoning(name: str) -> Judgement:
    return Judgement(name, JudgedBy.none, reason="its limits are further apart than a number can say")
