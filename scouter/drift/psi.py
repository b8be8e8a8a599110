"""Population stability index."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

EPSILON = 1e-10  # keeps the logarithm finite for an empty bin; the value is the published client's
OBSERVATIONS_PER_BIN = 10


def psi(expected: Floats, observed: Floats) -> float:
    """Sum over bins of (p - q) ln((p + eps) / (q + eps)); both arrays are proportions, shape (bins,)."""
    return float(np.sum((expected - observed) * np.log((expected + EPSILON) / (observed + EPSILON))))


def has_enough(total: int, bins: int) -> bool:
    """The least sample for which PSI means anything: more than ten observations a bin of the profile."""
    return total > OBSERVATIONS_PER_BIN * bins


def observed_proportions(bin_ids: npt.NDArray[np.int64], counts: Mapping[int, int]) -> Floats:
    """The share of each of the profile's bins, shape (bins,). The total includes bins that the profile lacks."""
    total = sum(counts.values())
    return np.array([counts.get(int(bin_id), 0) for bin_id in bin_ids], dtype=np.float64) / total
