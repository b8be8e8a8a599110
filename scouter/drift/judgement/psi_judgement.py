"""The second opinion on a check of a PSI profile, over all of its features.

Without the rows of the training data no test knows its own scatter: an alert counts then when the PSI is large by
custom and more than chance even if the training data are no more than the window.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scouter.drift.judgement.holm import adjusted
from scouter.drift.judgement.known_rows import KnownRows, Rows
from scouter.drift.judgement.rules import JudgementRules
from scouter.drift.judgement.two_sample import two_sample
from scouter.wire.check_results import JudgedBy, Judgement, PsiObservation
from scouter.wire.profiles import PsiFeature, PsiProfile

LARGE_PSI = 0.1
HOW_TO_STATE = "state them with PUT /scouter/profile/judgement, or with the tag training_rows on the profile's uid"

Counts = Mapping[int, int]


@dataclass(frozen=True, slots=True)
class PsiTest:
    """What the tests say of one feature by itself, before all of its check are judged together."""

    name: str
    drift: float
    rows: Rows
    p_value: float

    @property
    def has_rows(self) -> bool:
        return self.rows.number is not None


def judge_psi(
    profile: PsiProfile,
    window: Mapping[str, Counts],
    observations: Sequence[PsiObservation],
    rows: KnownRows,
    *,
    alpha: float,
    rules: JudgementRules,
) -> tuple[Judgement, ...]:
    """Of every feature that was checked, in the order of `observations`; `window` as the check had it."""
    tested = [
        tested_psi(profile.features[seen.name], window[seen.name], seen, rows.of(seen.name)) for seen in observations
    ]
    return psi_judgements(tested, alpha, rules)


def psi_judgements(tested: Sequence[PsiTest], alpha: float, rules: JudgementRules) -> tuple[Judgement, ...]:
    """Of the features of one check, from what the tests say of each."""
    ordered = [each.p_value for each in tested if each.has_rows]
    # Those without rows stand in no order with the others, and count all the same.
    among_all = iter(adjusted(ordered, of=len(tested)))
    return tuple(
        _by_two_samples(each, next(among_all), alpha, rules.of(each.name))
        if each.has_rows
        else _by_size(each, alpha, rules.of(each.name))
        for each in tested
    )


def tested_psi(feature: PsiFeature, counts: Counts, seen: PsiObservation, rows: Rows) -> PsiTest:
    """One feature by itself; `counts` by the id of the bin."""
    bins = feature.bins
    in_bins = [counts.get(each.id, 0) for each in bins]
    total = sum(counts.values())
    trained = total if rows.number is None else rows.number
    found = two_sample([each.proportion for each in bins], in_bins, trained, other=total - sum(in_bins))
    return PsiTest(seen.name, seen.drift, rows, found.p_value)


def _by_two_samples(tested: PsiTest, among_all: float, alpha: float, rules: JudgementRules) -> Judgement:
    is_material = tested.drift >= rules.min_effect
    return Judgement(
        name=tested.name,
        judge=JudgedBy.two_samples,
        significant=is_material and among_all <= alpha,
        material=is_material,
        p_value=tested.p_value,
        adjusted_p_value=among_all,
        alpha=alpha,
        effect=tested.drift,
        training_rows=tested.rows.number,
        training_rows_origin=tested.rows.origin,
    )


def _by_size(tested: PsiTest, alpha: float, rules: JudgementRules) -> Judgement:
    is_material = tested.drift >= max(rules.min_effect, LARGE_PSI)
    return Judgement(
        name=tested.name,
        judge=JudgedBy.fixed,
        significant=is_material and tested.p_value <= alpha,
        material=is_material,
        p_value=tested.p_value,
        alpha=alpha,
        effect=tested.drift,
        training_rows_origin=tested.rows.origin,
        reason=f"nobody knows how many training rows there were: {HOW_TO_STATE}",
    )
