"""How many rows a PSI profile was made from, as far as its proportions tell.

Every proportion is a whole number over the rows. The smallest number of rows that all of them fit is a divisor of the
true one: never too large, and a smaller one only makes the judgement more careful.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

_LARGEST_DENOMINATOR = 10_000_000
_ROWS_A_BIN = 20  # fewer say nothing: a profile of ten equal bins fits ten rows
_LARGEST = 2**62
_ONE_TABLE = 10  # times the greatest of single features, at most, for features of one table without gaps


def fewest_rows(proportions: Sequence[float]) -> int | None:
    """Of one feature. None: no whole numbers below the largest denominator give just these proportions."""
    rows = 1
    for share in proportions:
        denominator = _denominator(share)
        rows = 0 if denominator is None else math.lcm(rows, denominator)
        if not 0 < rows <= _LARGEST:
            return None
    return rows


@lru_cache(maxsize=10_000)  # bins of one strategy have few different shares
def _denominator(share: float) -> int | None:
    fraction = Fraction(share).limit_denominator(_LARGEST_DENOMINATOR)
    return fraction.denominator if fraction.numerator / fraction.denominator == share else None


@dataclass(frozen=True, slots=True)
class RecoveredRows:
    """What the proportions of a profile say, by feature; one that is not there says nothing.

    Features may have different rows: missing values are left out feature by feature. Where all fit one table of equal
    length, that is the answer for all of them.

    `rows`: how many there are at least, as far as that means something. `divisors`: what the true number is a multiple
    of, however small.
    """

    rows: Mapping[str, int]
    divisors: Mapping[str, int]

    @classmethod
    def of(cls, features: Mapping[str, Sequence[float]]) -> RecoveredRows:
        """`features`: the proportions of each."""
        own = {name: fewest_rows(proportions) for name, proportions in features.items()}
        found = _rows_of(features, own)
        return cls(
            {name: rows for name, rows in found.items() if rows is not None},
            {name: rows for name, rows in own.items() if rows is not None},
        )

    def of_table(self, name: str, rows: int) -> int:
        """The rows of a feature in a training table of `rows`: missing values are left out feature by feature.

        The largest number that fits its proportions. None fits: what was said of the table.
        """
        divisor = self.divisors.get(name, 1)
        return rows // divisor * divisor or rows


NOTHING_RECOVERED = RecoveredRows({}, {})


def _rows_of(features: Mapping[str, Sequence[float]], own: Mapping[str, int | None]) -> dict[str, int | None]:
    known = [rows for rows in own.values() if rows is not None]
    if not known:
        return dict.fromkeys(features)
    together = math.lcm(*known)
    if together <= _ONE_TABLE * max(known):
        own = {name: None if rows is None else together for name, rows in own.items()}
    accepted = {name: rows for name, rows in own.items() if rows is not None and _says_something(rows, features[name])}
    return {name: accepted.get(name) or _of_others(rows, accepted, features[name]) for name, rows in own.items()}


def _says_something(rows: int, proportions: Sequence[float]) -> bool:
    return rows >= _ROWS_A_BIN * len(proportions)


def _of_others(rows: int | None, accepted: Mapping[str, int], proportions: Sequence[float]) -> int | None:
    """The smallest accepted number that a feature fits whose own is too small."""
    if rows is None:
        return None
    fitting = [each for each in accepted.values() if each % rows == 0 and _says_something(each, proportions)]
    return min(fitting, default=None)
