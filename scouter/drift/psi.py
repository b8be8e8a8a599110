"""Population stability index: how far the observed shares of a feature's bins are from those of its training data.

The thresholds Normal and ChiSquare take the training shares for exact. They are not: with Nt training rows, the PSI of
undrifted data is about (1/Nt + 1/N) chi-square, so false alarms stay near alpha only when Nt is far above N.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from scouter.drift.quantiles import chi_square_quantile_above, normal_quantile_above
from scouter.wire.profiles import ChiSquareThreshold, FixedThreshold, NormalThreshold, PsiThreshold

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
    return np.array([counts.get(bin_id, 0) for bin_id in bin_ids.tolist()], dtype=np.float64) / total


def psi_threshold(threshold: PsiThreshold, bins: int, total: int) -> float:
    """The PSI that must be exceeded for an alert, for `bins` >= 1 bins and `total` >= 1 observations.

    The null distribution of PSI and its two quantiles: B. Yurdakul, Statistical Properties of Population Stability
    Index (2018), with exact training shares. Infinite, so that nothing alerts, for alpha 0 and for ChiSquare with one
    bin, which has no degree of freedom.
    """
    match threshold.chosen:
        case FixedThreshold(threshold=fixed):
            return fixed
        case NormalThreshold(alpha=alpha):
            return _normal_threshold(alpha, bins - 1) / total
        case ChiSquareThreshold(alpha=alpha):
            return chi_square_quantile_above(alpha, bins - 1) / total if bins > 1 else math.inf


def _normal_threshold(alpha: float, degrees: int) -> float:
    """Chi-square as its normal approximation: mean k, variance 2 k."""
    if alpha == 0:
        return math.inf
    return degrees + normal_quantile_above(alpha) * math.sqrt(2 * degrees)
