"""Means of values that may be as large as a float can hold: their sum cannot be, their mean always."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt


def mean_of(values: npt.NDArray[np.float64]) -> float:
    """Of values of shape (n,), n >= 1. Finite when they are."""
    with np.errstate(over="ignore", invalid="ignore"):
        mean = float(np.mean(values))
        if math.isfinite(mean) or not np.isfinite(values).all():
            return mean
        # The limits are against the last digit.
        return float(np.clip(np.sum(values / len(values)), values.min(), values.max()))
