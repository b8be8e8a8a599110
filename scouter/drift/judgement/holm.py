"""Several features judged at once: how unlikely each has to be, so that one false name in a check stays as rare as one
feature's false alert.

Holm, Scandinavian Journal of Statistics 6, 1979. Not Benjamini and Hochberg, which bounds the share of false names
among many: with four of twenty features drifted it still names a false one in a fifth of all checks.
"""

from __future__ import annotations

from collections.abc import Sequence


def adjusted(p_values: Sequence[float], *, of: int | None = None) -> list[float]:
    """Each p-value as it counts among all, in the order given; what is at most alpha is significant.

    `of`: how many features were judged, when some of them take no part in the ordering.
    """
    count = len(p_values) if of is None else of
    made, greatest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda each: p_values[each])):
        greatest = max(greatest, min(1.0, (count - rank) * p_values[index]))
        made[index] = greatest
    return made
