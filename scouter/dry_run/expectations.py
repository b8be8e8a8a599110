"""What chance alone would have made in as many windows, beside what there was."""

from __future__ import annotations

import math

from scouter.drift.judgement.budget import budget_of
from scouter.drift.judgement.outlook import Samples, false_messages_a_week, names_of, rates_of
from scouter.drift.judgement.poisson import two_sided_probability
from scouter.dry_run.replaying import Replayed
from scouter.policy.telling import Kind
from scouter.wire.dry_runs import DryRunExpectation, DryRunExpectations
from scouter.wire.profiles import CustomProfile, PsiProfile


def expectations(run: Replayed) -> DryRunExpectations:
    """By how many samples the windows of each feature usually held. Features count as independent: at most so much."""
    variant = run.variant
    usual, held = _usual(run), sum(each.rows > 0 for each in run.windows)
    samples = Samples(usual)
    budget = budget_of(variant.schedule, variant.rules)
    rates = rates_of(variant.profile, variant.rows, samples)
    known = [rate.rows for rate in rates.values() if rate is not None]
    is_custom = isinstance(variant.profile, CustomProfile)
    a_week = false_messages_a_week(
        rates,
        budget,
        variant.rules.judge_of(variant.entity.drift_type),
        together=_together(run),
        alone=1.0 - variant.rules.confidence if is_custom else budget.alpha,
    )
    observed = sum(each.kind is Kind.firing and each.why_not is None for each in run.said)
    return DryRunExpectations(
        alert_rows=_beside(math.fsum(known) * held if known else None, sum(len(each.alerts) for each in run.windows)),
        messages=_beside(None if a_week is None else a_week / budget.windows_a_week * held, observed),
    )


def _usual(run: Replayed) -> dict[str, int]:
    """The median of the windows that held any."""
    found = {}
    for feature in run.features:
        held = sorted(feature.samples[feature.samples > 0].tolist())
        if held:
            found[feature.name] = held[(len(held) - 1) // 2]
    return found


def _together(run: Replayed) -> frozenset[str]:
    """Features that are judged as one check, so that alpha is for all of them."""
    profile = run.variant.profile
    if isinstance(profile, CustomProfile):
        return frozenset()
    needs_rows = isinstance(profile, PsiProfile)
    return frozenset(
        name for name in names_of(profile) if not needs_rows or run.variant.rows.of(name).number is not None
    )


def _beside(expected: float | None, observed: int) -> DryRunExpectation:
    probability = None if expected is None else two_sided_probability(observed, expected)
    return DryRunExpectation(expected, observed, probability)
