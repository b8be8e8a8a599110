"""What the second opinion made of each feature of a check, as rows of a table with its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scouter.drift.distance import RankedFeature
from scouter.pages.site import addresses
from scouter.pages.text.numbers import number
from scouter.pages.wording.judgements import TESTS, effect_in_words, judged_in_words, training_in_words
from scouter.wire.check_results import Judgement


@dataclass(frozen=True, slots=True)
class JudgedFeature:
    """`looks`: the mark of its judgement. Numbers as texts; a dash where there is none. `reason`: of what alerts."""

    name: str
    address: str
    is_out: bool
    looks: str
    words: str
    effect: str
    p_value: str
    adjusted: str
    training: str
    by: str
    reason: str | None


def judged_features(
    uid: str, drift_type: str, features: Sequence[RankedFeature], judged: Mapping[str, Judgement], most: int
) -> list[JudgedFeature]:
    """In the order of `features`, at most so many."""
    known = [each for each in features if each.name in judged]
    return [_row(uid, drift_type, each, judged[each.name]) for each in known[:most]]


def reference_in_words(judgements: Sequence[Judgement]) -> str:
    """What p-values were held against."""
    alphas = {each.alpha for each in judgements if each.alpha is not None and each.adjusted_p_value is not None}
    if len(alphas) != 1:
        return ""
    limit = number(alphas.pop())
    return f"Among all features of the check, a p-value of up to {limit} is more than chance."


def _row(uid: str, drift_type: str, feature: RankedFeature, judgement: Judgement) -> JudgedFeature:
    words = judged_in_words(judgement)
    return JudgedFeature(
        name=feature.name,
        address=addresses.feature(uid, feature.name),
        is_out=bool(feature.alerts),
        looks=_looks(judgement, is_out=bool(feature.alerts)),
        words=words,
        effect=effect_in_words(judgement.effect, drift_type),
        p_value=number(judgement.p_value),
        adjusted=number(judgement.adjusted_p_value),
        training=training_in_words(judgement.training_rows, judgement.training_rows_origin),
        by=TESTS[judgement.judge],
        reason=judgement.reason if feature.alerts else None,
    )


def _looks(judgement: Judgement, *, is_out: bool) -> str:
    """What the client's rule does not alert on is no alert, whatever its p-value."""
    if judgement.significant is None:
        return "off"
    return "alert" if judgement.significant and is_out else "ok"
