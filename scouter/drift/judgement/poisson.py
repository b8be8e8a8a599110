"""How unlikely a count is that chance alone should have made."""

from __future__ import annotations

from scouter.drift.judgement.distributions import chi_square_tail


def two_sided_probability(observed: int, expected: float) -> float:
    """Of a Poisson count as far from `expected` as this one, on either side: twice the smaller tail, at most 1.

    P(X <= k) = P(chi-square with 2 (k + 1) degrees > 2 mean), Abramowitz and Stegun 26.4.21.
    """
    if expected <= 0.0:
        return 1.0 if observed == 0 else 0.0
    at_most = chi_square_tail(2.0 * expected, 2 * (observed + 1))
    at_least = 1.0 if observed == 0 else 1.0 - chi_square_tail(2.0 * expected, 2 * observed)
    return min(1.0, 2.0 * min(at_most, at_least))
