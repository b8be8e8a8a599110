"""How often the client's own rule "so many in a row on one side" speaks up by chance."""

from __future__ import annotations

from itertools import count as naturals


def run_probability(samples: int, count: int) -> float:
    """P(a run of at least `count` on one side among `samples`), for a fair coin.

    Recursion over the length of the present run; the average run length on either side is 2^count - 1.
    """
    if samples < count:
        return 0.0
    if count <= 1:
        return 1.0 if samples else 0.0
    runs = [0.0] * count  # by length of the present run, of those that have met none of `count` yet
    runs[1] = 1.0
    for _ in range(samples - 1):
        going_on = [0.0, sum(runs) / 2, *(each / 2 for each in runs[1:-1])]
        runs = going_on
    return 1.0 - sum(runs)


def smallest_run(samples: int, alpha: float) -> int:
    """The smallest first number of a rule that speaks up by chance in at most a share `alpha` of such windows."""
    return next(count for count in naturals(2) if run_probability(samples, count) <= alpha)
