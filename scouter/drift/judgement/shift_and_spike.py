"""SPC: has the level of a feature moved, or does one of its values stand out?

The client makes its limits from single values, and sends means of batches of them: a mean has a fraction of that
scatter. Sources: Shewhart limits for means, Montgomery, Introduction to Statistical Quality Control; Sidak 1967 for the
greatest of n; (1+r)/(1-r) is what autocorrelation adds to the variance of a mean of an AR(1) series; 1.4826 MAD
estimates a standard deviation whatever a few values do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scouter.drift.judgement.distributions import any_of, two_sided_tail

Floats = npt.NDArray[np.float64]

MIN_SHIFT, MIN_SPIKE = 0.1, 1.0  # in sigma of single values: smaller ones do not matter, however certain they are
_MAD_TO_SIGMA = 1.4826
_BEYOND = 1e100
_FEWEST_FOR_SPREAD, _FEWEST_FOR_MAD, _FEWEST_FOR_AUTOCORRELATION = 2, 8, 20
_MOST_AUTOCORRELATION = 0.9


@dataclass(frozen=True, slots=True)
class SpcVerdict:
    """`shift` and `farthest` in the feature's unit; `is_material`: either is large enough to matter."""

    shift: float
    farthest: float
    autocorrelation: float
    p_shift: float
    p_spike: float
    p_value: float
    is_material: bool


@dataclass(frozen=True, slots=True)
class Reference:
    """What the training data say of a feature: `sigma` of single values, (three_ucl - center) / 3.

    `batch`: values in each mean that is sent. `training_rows`: None for unknown, taken as endless.
    """

    center: float
    sigma: float
    batch: int
    training_rows: int | None = None

    @property
    def variance_of_center(self) -> float:
        """In sigmas, squared."""
        return 0.0 if self.training_rows is None else 1 / self.training_rows


def judge_values(
    values: Floats, reference: Reference, *, min_shift: float = MIN_SHIFT, min_spike: float = MIN_SPIKE
) -> SpcVerdict:
    """`values` of shape (n,), n > 0, the oldest first, all finite."""
    off = _in_sigmas(values, reference)
    count, shift = len(off), float(off.sum()) / len(off)
    farthest = max(float(off.max()), -float(off.min()))
    unit = reference.sigma or 1.0
    if reference.sigma <= 0.0:
        tails = (0.0,) * 3 if farthest else (1.0,) * 3
        return SpcVerdict(shift, farthest, 0.0, *tails, is_material=farthest > 0.0)
    centred = off - shift
    power = float(centred @ centred)
    correlation = _autocorrelation(centred, power)
    is_shift, is_spike = abs(shift) >= min_shift, farthest >= min_spike
    p_shift = _shift_tail(count, shift, power, correlation, reference) if is_shift else 1.0
    p_spike = _spike_tail(off, farthest, reference) if is_spike else 1.0
    together = min(1.0, 2.0 * min(p_shift, p_spike))
    return SpcVerdict(shift * unit, farthest * unit, correlation, p_shift, p_spike, together, is_shift or is_spike)


def _in_sigmas(values: Floats, reference: Reference) -> Floats:
    """How far they are from the center. Beyond a hundred powers of ten all are alike, and squares stay finite."""
    with np.errstate(over="ignore"):
        off = (values - reference.center) / (reference.sigma or 1.0)
    bounded: Floats = np.minimum(np.maximum(off, -_BEYOND), _BEYOND)
    return bounded


def _shift_tail(count: int, shift: float, power: float, correlation: float, reference: Reference) -> float:
    """`power`: the sum of squares about the mean."""
    own = 1 / reference.batch
    spread = max(power / (count - 1), own) if count >= _FEWEST_FOR_SPREAD else own
    of_mean = spread * (1 + correlation) / (1 - correlation) / count
    return two_sided_tail(shift / math.sqrt(of_mean + reference.variance_of_center))


def _spike_tail(off: Floats, farthest: float, reference: Reference) -> float:
    own, spread = 1 / reference.batch, 0.0
    if len(off) >= _FEWEST_FOR_MAD:
        spread = (_MAD_TO_SIGMA * _median(np.abs(off - _median(off)))) ** 2
    each = two_sided_tail(farthest / math.sqrt(max(spread, own) + reference.variance_of_center))
    return any_of(each, len(off))


def _median(values: Floats) -> float:
    """As numpy's, without its looking for NaN, which takes longer than everything else here."""
    ordered, middle = np.sort(values), len(values) // 2
    return float(ordered[middle] if len(values) % 2 else (ordered[middle - 1] + ordered[middle]) / 2)


def _autocorrelation(centred: Floats, power: float) -> float:
    """At lag 1, where there are enough values to tell it from chance; else 0."""
    count = len(centred)
    if count < _FEWEST_FOR_AUTOCORRELATION or power <= 0.0:
        return 0.0
    found = float(centred[:-1] @ centred[1:]) / power
    return min(found, _MOST_AUTOCORRELATION) if found > 2 / math.sqrt(count) else 0.0
