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


class JudgedBy(StrEnum):
    """What an alert was judged by: a test, the client's rule alone, or nothing, and then the reason says why."""

    two_samples = "two samples"
    fixed = "fixed, training rows unknown"
    shift_and_spike = "shift and spike"
    standard_error = "standard error"
    client = "client"
    none = "none"


class RowsOrigin(StrEnum):
    """How it is known on how many rows a profile was trained."""

    stated = "stated"
    tagged = "tagged"
    recovered = "recovered"
    unknown = "unknown"


class Judgement(Struct, frozen=True):
    """The second opinion on one feature or metric of a check that alerts: is it more than chance, and does it matter?

    `significant` is null where no test has said so; an alert counts then as the client says. `p_value`: of this
    feature alone; `adjusted_p_value`: as it counts among all features of the check, what is at most `alpha` is more
    than chance. Null: it takes no part in that. `effect`: the PSI; of SPC how many sigma of single values the mean is
    off, or the farthest value where that is what is unlikely; of a metric how far its mean is from the baseline.
    """

    name: str
    judge: JudgedBy
    significant: bool | None = None
    material: bool | None = None
    p_value: float | None = None
    adjusted_p_value: float | None = None
    alpha: float | None = None
    effect: float | None = None
    training_rows: int | None = None
    training_rows_origin: RowsOrigin | None = None
    reason: str | None = None

    @property
    def refutes(self) -> bool:
        """An alert of it is chance, or a trifle."""
        return self.significant is False


Observation: TypeAlias = SpcObservation | PsiObservation | CustomObservation
Outcome: TypeAlias = tuple[Observation | NotChecked, tuple[Alert, ...]]


class CheckResult(Struct, frozen=True):
    """One check of one profile, everything in the order of the names of features or metrics.

    `judgements`: of every feature that was checked, when one of them alerts; where the client's rule is taken at its
    word, of those that alert. Runs of before have none.
    """

    alerts: tuple[Alert, ...]
    observations: tuple[Observation, ...]
    not_checked: tuple[NotChecked, ...]
    judgements: tuple[Judgement, ...] = ()

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
