"""Upper quantiles of the normal and the chi-square distribution.

Written out because the two thresholds of PSI are the only use: scipy would add more than 100 MB to an installation.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

_PRECISION = 1e-16
_TINY = 1e-300
# Below the smallest quantile that can be asked for: one degree of freedom, 1 - alpha = 2^-53.
_LOWEST = 1e-40


def normal_quantile_above(alpha: float) -> float:
    """z with P(Z > z) = alpha for a standard normal Z, alpha in [0, 1); infinite for alpha 0."""
    # Through the lower tail: 1 - alpha would round small values of alpha away.
    return math.inf if alpha == 0 else -NormalDist().inv_cdf(alpha)


@lru_cache(maxsize=4096)
def chi_square_quantile_above(alpha: float, degrees: int) -> float:
    """x with P(X > x) = alpha for X of chi-square with `degrees` >= 1 degrees of freedom; infinite for alpha 0.

    alpha in [0, 1). Bisection on a logarithmic scale, which cannot fail, on the smaller of the two tails, whose
    relative precision is full; the result is good to about 1e-13 of itself up to thousands of degrees of freedom.
    """
    if alpha == 0:
        return math.inf
    low, high = _LOWEST, max(1.0, float(degrees))
    while _is_left_of_quantile(high, degrees, alpha):
        low, high = high, 2 * high
    while high - low > 4 * _PRECISION * high:
        middle = math.sqrt(low * high)
        if middle in (low, high):
            break
        low, high = (middle, high) if _is_left_of_quantile(middle, degrees, alpha) else (low, middle)
    return high


def chi_square_tails(x: float, degrees: int) -> tuple[float, float]:
    """(P(X <= x), P(X > x)) for X of chi-square; x > 0, `degrees` >= 1. However small, either is precise.

    The regularised incomplete gamma functions P(k/2, x/2) and Q(k/2, x/2) (DLMF 8.2.4).
    """
    a, half = degrees / 2, x / 2
    if half < a + 1:
        lower = min(1.0, _scale(a, half) * _series(a, half))
        return lower, 1 - lower
    upper = _scale(a, half) * _continued_fraction(a, half)
    return 1 - upper, upper


def _is_left_of_quantile(x: float, degrees: int, alpha: float) -> bool:
    lower, upper = chi_square_tails(x, degrees)
    return upper > alpha if alpha <= 0.5 else lower < 1 - alpha


def _scale(a: float, x: float) -> float:
    """x^a e^-x / Gamma(a)."""
    return math.exp(a * math.log(x) - x - math.lgamma(a))


def _series(a: float, x: float) -> float:
    """Sum over k >= 0 of x^k / (a (a+1) ... (a+k)): DLMF 8.11.4 without its factor. Quick for x < a + 1."""
    term = total = 1 / a
    k = 0
    while term > total * _PRECISION:
        k += 1
        term *= x / (a + k)
        total += term
    return total


def _continued_fraction(a: float, x: float) -> float:
    """1/(x+1-a - 1(1-a)/(x+3-a - 2(2-a)/(x+5-a - ...))), for x >= a + 1.

    The even part of DLMF 8.9.2, by the modified Lentz method (Thompson and Barnett, J. Comput. Phys. 64, 1986).
    """
    b = x + 1 - a
    c, d = 1 / _TINY, 1 / b
    value, k = d, 0
    change = 0.0
    while abs(change - 1) > 10 * _PRECISION:  # a few units in the last place: less might never be reached
        k += 1
        numerator = k * (a - k)
        b += 2
        d = 1 / _away_from_zero(numerator * d + b)
        c = _away_from_zero(b + numerator / c)
        change = c * d
        value *= change
    return value


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
