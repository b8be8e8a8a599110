"""PSI: could the window and the training data come from one distribution?

Pearson's chi-square of homogeneity of two samples. For small changes it is PSI / (1/N + 1/M), whose null distribution
is known: Yurdakul, Western Michigan University dissertation 3208, 2018. It needs no epsilon for empty bins, and holds
with rare categories.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scouter.drift.judgement.distributions import chi_square_quantile, chi_square_tail


@dataclass(frozen=True, slots=True)
class TwoSampleVerdict:
    """`degrees`: bins in use but one. Without a second bin nothing can differ: p is 1."""

    statistic: float
    degrees: int
    p_value: float


def two_sample(
    proportions: Sequence[float], counts: Sequence[int], training_rows: int, *, other: int = 0
) -> TwoSampleVerdict:
    """`proportions` of the training data and `counts` of the window, bin by bin.

    `other`: observations of the window outside every bin, one more bin that the training data left empty.
    """
    trained = [*(round(share * training_rows) for share in proportions), 0]
    seen = [*counts, other]
    used = [(t, c) for t, c in zip(trained, seen, strict=True) if t + c > 0]
    rows, observations = sum(trained), sum(seen)
    if not rows or not observations:
        return TwoSampleVerdict(0.0, 0, 1.0)
    there, back = (rows / observations) ** 0.5, (observations / rows) ** 0.5
    statistic = sum((c * there - t * back) ** 2 / (c + t) for t, c in used)
    degrees = len(used) - 1
    return TwoSampleVerdict(statistic, degrees, chi_square_tail(statistic, degrees))


def psi_that_is_significant(bins: int, training_rows: int, observations: int, alpha: float) -> float:
    """About the PSI from which a window of so many observations is more than chance."""
    return chi_square_quantile(alpha, bins - 1) * (1 / training_rows + 1 / observations)
