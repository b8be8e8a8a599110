"""Custom metrics: is the mean of a window beyond its boundary by more than its own scatter explains?"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scouter.drift.judgement.distributions import student_quantile

CONFIDENCE, MIN_SAMPLES = 0.99, 10


@dataclass(frozen=True, slots=True)
class Measured:
    """The records of a metric in a window: how many, their mean and their sample deviation."""

    count: int
    mean: float
    deviation: float


@dataclass(frozen=True, slots=True)
class MarginVerdict:
    standard_error: float
    quantile: float
    is_significant: bool


def judge_margin(
    seen: Measured,
    lowest: float,
    highest: float,
    *,
    confidence: float = CONFIDENCE,
    min_samples: int = MIN_SAMPLES,
) -> MarginVerdict | None:
    """Against the range that the mean may not leave; an end that is none is infinite. None: too few to judge."""
    if seen.count < min_samples:
        return None
    error = seen.deviation / math.sqrt(seen.count)
    ends = math.isfinite(lowest) + math.isfinite(highest)
    quantile = student_quantile((1.0 - confidence) / max(ends, 1), seen.count - 1)
    margin = quantile * error
    return MarginVerdict(error, quantile, seen.mean + margin < lowest or seen.mean - margin > highest)
