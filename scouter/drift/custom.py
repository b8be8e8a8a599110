"""Custom metrics: the range around its baseline that the mean of a metric must not leave."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scouter.drift.means import mean_of
from scouter.wire.profiles import AlertCondition, AlertThreshold, CustomProfile

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class ObservedMean:
    """The unweighted mean of the values that a metric had in a window, and how many these were."""

    count: int
    mean: float

    @classmethod
    def of(cls, values: npt.NDArray[np.float64]) -> ObservedMean:
        """Of values of shape (n,). The mean of none is NaN."""
        return cls(len(values), mean_of(values) if len(values) else math.nan)


@dataclass(frozen=True, slots=True)
class AcceptedRange:
    """What a metric may be, ends included; an infinite end is none."""

    lowest: float = -math.inf
    highest: float = math.inf

    def is_left_by(self, observed: float) -> bool:
        """Whether that mean is an alert. NaN never is."""
        return observed < self.lowest or observed > self.highest


def accepted_range(condition: AlertCondition, baseline: float) -> AcceptedRange:
    """Around the baseline, as far as the condition's boundary goes; no boundary is a distance of 0.

    The condition's own baseline (0.25.0) goes before `baseline`, the metric's value in its profile (0.6.4).
    """
    center, distance = baseline_of(condition, baseline), condition.boundary or 0.0
    match condition.alert_threshold:
        case AlertThreshold.Below:
            return AcceptedRange(lowest=center - distance)
        case AlertThreshold.Above:
            return AcceptedRange(highest=center + distance)
        case AlertThreshold.Outside:
            return AcceptedRange(lowest=center - distance, highest=center + distance)


def without_boundary(profile: CustomProfile) -> str | None:
    """What to say of metrics that alert on their baseline itself; None: there are none."""
    conditions = profile.config.alert_config.alert_conditions or {}
    names = sorted(name for name, condition in conditions.items() if not condition.boundary)
    if not names:
        return None
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    which = f"{', '.join(names[:_SHOWN])}{more}"
    return f"without a boundary (delta) these alert by chance, in half of all checks and Outside in all: {which}"


def baseline_of(condition: AlertCondition, baseline: float) -> float:
    """The value that a metric is compared with: the condition's if it has one, else that of the profile."""
    return baseline if condition.baseline_value is None else condition.baseline_value
