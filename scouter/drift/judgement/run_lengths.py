"""How often the client's own rule "so many in a row on one side" speaks up by chance."""

from __future__ import annotations

from itertools import count as naturals

import numpy as np


def run_probability(samples: int, count: int) -> float:
    """P(a run of at least `count` on one side among `samples`), for a fair coin.

    The Markov chain over the length of the present run; the average run length on either side is 2^count - 1.
    """
    if samples < count:
        return 0.0
    if count <= 1:
        return 1.0 if samples else 0.0
    # By length of the present run, 1 to count - 1, of those that have met none of `count` yet: half of them begin anew,
    # the other half goes on.
    step = np.eye(count - 1, k=-1) / 2
    step[0, :] += 0.5
    going_on = np.linalg.matrix_power(step, samples - 1)[:, 0]
    return 1.0 - float(going_on.sum())


def smallest_run(samples: int, alpha: float) -> int:
    """The smallest first number of a rule that speaks up by chance in at most a share `alpha` of such windows."""
    return next(count for count in naturals(2) if run_probability(samples, count) <= alpha)
