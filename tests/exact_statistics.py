"""Means and deviations without rounding, however large the values: what the server's are compared with."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from fractions import Fraction

LARGEST = sys.float_info.max


def mean(values: Sequence[float]) -> float:
    return float(sum(map(Fraction, values)) / len(values))


def deviation(values: Sequence[float], divisor: int) -> float:
    """Infinite when no float can hold it."""
    middle = Fraction(sum(map(Fraction, values))) / len(values)
    return _root(Fraction(sum((Fraction(value) - middle) ** 2 for value in values)) / divisor)


def bounds(values: Sequence[float]) -> tuple[float, float]:
    """Mean -/+ the sample standard deviation, within what a float can hold."""
    spread = deviation(values, len(values) - 1) if len(values) > 1 else 0.0
    return max(mean(values) - spread, -LARGEST), min(mean(values) + spread, LARGEST)


def _root(square: Fraction) -> float:
    """By whole numbers: the square of a float need not be one."""
    places = 2**2400
    root = Fraction(math.isqrt(square.numerator * places * places // square.denominator), places)
    try:
        return float(root)
    except OverflowError:
        return math.inf
