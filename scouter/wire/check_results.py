"""What a check saw and what it made of it: stored with each run, and shown to people."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from scouter.wire.alerts import Alert


class Obstacle(StrEnum):
    """Why a feature or a metric could not be checked."""

    no_data = "no_data"
    too_few_samples = "too_few_samples"
    not_finite = "not_finite"
    not_in_profile = "not_in_profile"
    unusable_profile = "unusable_profile"
    no_condition = "no_condition"


class NotChecked(Struct, frozen=True):
    """A feature or a metric that was left out. `samples` counts what was there all the same, in its type's unit."""

    name: str
    obstacle: Obstacle
    samples: int
    detail: str


class SpcObservation(Struct, frozen=True, tag_field="drift_type", tag="Spc"):
    """The values of one feature. Null stands for a number that JSON cannot carry."""

    name: str
    samples: int  # values, each the mean of a batch
    skipped: int  # NaN among the records
    mean: float | None
    lowest: float | None
    highest: float | None
    center: float
    three_lcl: float
    three_ucl: float
    code_counts: tuple[int, ...]  # how many values have the zone codes -4, -3 ... 4


class PsiObservation(Struct, frozen=True, tag_field="drift_type", tag="Psi"):
    """The bin counts of one feature. A null threshold is one that nothing exceeds."""

    name: str
    samples: int  # observations in all bins
    unknown: int  # those of them in bins that the profile lacks
    bins: int
    drift: float
    threshold: float | None


class CustomObservation(Struct, frozen=True, tag_field="drift_type", tag="Custom"):
    """The mean of one metric, and the range that it may not leave; a null end is none."""

    name: str
    samples: int  # values, each the mean of a batch
    observed: float
    baseline: float
    lowest: float | None
    highest: float | None


Observation: TypeAlias = SpcObservation | PsiObservation | CustomObservation
Outcome: TypeAlias = tuple[Observation | NotChecked, tuple[Alert, ...]]


class CheckResult(Struct, frozen=True):
    """One check of one profile, everything in the order of the names of features or metrics."""

    alerts: tuple[Alert, ...]
    observations: tuple[Observation, ...]
    not_checked: tuple[NotChecked, ...]

    @classmethod
    def of(cls, outcomes: Iterable[Outcome]) -> CheckResult:
        """From what became of each feature or metric, in any order."""
        ordered = sorted(outcomes, key=lambda outcome: outcome[0].name)
        return cls(
            alerts=tuple(alert for _, alerts in ordered for alert in alerts),
            observations=tuple(seen for seen, _ in ordered if not isinstance(seen, NotChecked)),
            not_checked=tuple(seen for seen, _ in ordered if isinstance(seen, NotChecked)),
        )

    @property
    def samples(self) -> int:
        """All samples of all features or metrics, checked or not."""
        return sum(each.samples for each in (*self.observations, *self.not_checked))
