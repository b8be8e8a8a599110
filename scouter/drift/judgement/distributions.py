"""Tails of the normal, chi-square and Student distributions, exact where an alert hangs on them."""

from __future__ import annotations

import math
from statistics import NormalDist

_NORMAL = NormalDist()
_EPSILON = 1e-15
_TINY = 1e-300
_MOST_TERMS = 100_000
_HALVINGS = 200


def two_sided_tail(z: float) -> float:
    """P(|Z| > z) of a standard normal. By erfc: 2 (1 - Phi(z)) has no digits left where it matters."""
    return math.erfc(abs(z) / math.sqrt(2.0))


def any_of(tail: float, count: int) -> float:
    """P(at least one of `count` independent events of probability `tail`), Sidak 1967."""
    if tail >= 1.0:
        return 1.0
    return -math.expm1(count * math.log1p(-tail))


def chi_square_tail(x: float, degrees: int) -> float:
    """P(chi-square with so many degrees of freedom > x); 1 for none.

    The regularised upper incomplete gamma function Q(k/2, x/2): its series below the mean, its continued fraction (in
    Lentz's form) above it; Abramowitz and Stegun 6.5.29 and 6.5.31.
    """
    if degrees <= 0 or x <= 0.0:
        return 1.0
    a, half = degrees / 2.0, x / 2.0
    return 1.0 - _lower_series(a, half) if half < a + 1.0 else _upper_fraction(a, half)


def chi_square_quantile(tail: float, degrees: int) -> float:
    """The x that chi-square exceeds with that probability, 0 < tail < 1."""
    low, high = 0.0, float(degrees)
    while chi_square_tail(high, degrees) > tail:
        low, high = high, high * 2.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if chi_square_tail(middle, degrees) > tail else (low, middle)
    return (low + high) / 2.0


def student_quantile(tail: float, degrees: int) -> float:
    """The t that Student's distribution exceeds with that probability.

    Abramowitz and Stegun 26.7.5, five terms: relative error at most 5e-5 from nine degrees of freedom on.
    """
    x = _NORMAL.inv_cdf(1.0 - tail)
    n = float(degrees)
    terms = (
        (x**3 + x) / 4,
        (5 * x**5 + 16 * x**3 + 3 * x) / 96,
        (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384,
        (79 * x**9 + 776 * x**7 + 1482 * x**5 - 1920 * x**3 - 945 * x) / 92160,
    )
    return x + sum(term / n**power for power, term in enumerate(terms, 1))


def _lower_series(a: float, x: float) -> float:
    term = total = 1.0 / a
    for step in range(1, _MOST_TERMS):
        term *= x / (a + step)
        total += term
        if term < total * _EPSILON:
            break
    return total * math.exp(a * math.log(x) - x - math.lgamma(a))


def _upper_fraction(a: float, x: float) -> float:
    b = x + 1.0 - a
    c, d = 1.0 / _TINY, 1.0 / b
    value = d
    for step in range(1, _MOST_TERMS):
        factor = -step * (step - a)
        b += 2.0
        d = 1.0 / _away_from_zero(factor * d + b)
        c = _away_from_zero(b + factor / c)
        value *= d * c
        if abs(d * c - 1.0) < _EPSILON:
            break
    return value * math.exp(a * math.log(x) - x - math.lgamma(a))


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
