"""The terms in which the company is told: models, what they watch, what happened to it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]

DAYS = 30  # of records
HOURLY_CHECKED_DAYS = 3

DAILY, HOURLY = "0 0 0 * * *", "0 0 * * * *"


@dataclass(frozen=True, slots=True)
class Shift:
    """Something changed `since` days ago, took `ramp` days to be there in full, and went away `until` days ago.

    `size` is in standard deviations of the training data; of a category it is the share that moves to the last word, of
    a metric the difference itself.
    """

    since: float
    size: float
    ramp: float = 0.0
    until: float = -math.inf

    def at(self, days_ago: Floats) -> Floats:
        """Of shape (n,). Days ago are negative for what comes after the last window."""
        is_there = (self.until < days_ago) & (days_ago <= self.since)
        share = np.clip((self.since - days_ago) / self.ramp, 0.0, 1.0) if self.ramp else 1.0
        return np.where(is_there, self.size * share, 0.0)


@dataclass(frozen=True, slots=True)
class Feature:
    """A number: what it was in training, and what happened to it since. Records hold means of samples."""

    name: str
    center: float
    deviation: float
    shifts: tuple[Shift, ...] = ()


@dataclass(frozen=True, slots=True)
class Category:
    """A feature of words, with the share of each in training."""

    name: str
    shares: Mapping[str, float]
    shifts: tuple[Shift, ...] = ()


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of the model's own. `alerts`: on which side of the baseline, at the distance `delta`."""

    name: str
    baseline: float
    delta: float | None
    noise: float
    alerts: str = "Above"
    shifts: tuple[Shift, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """A version of a model under one profile.

    `every` is the number of minutes between two records of one thing. `silent`: no record came for so many days.
    `off`: it was switched off so many days ago. `age`: days since it was registered.
    """

    space: str
    name: str
    version: str
    schedule: str
    every: int
    tags: Mapping[str, str] = field(default_factory=dict)
    dispatch: Mapping[str, Mapping[str, object]] = field(default_factory=lambda: {"Console": {"enabled": True}})
    silent: float = 0.0
    off: float = 0.0
    age: float = DAYS

    @property
    def shown(self) -> str:
        return f"{self.space}/{self.name} {self.version}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpcModel(Watched):
    """Watched by control charts."""

    features: tuple[Feature, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PsiModel(Watched):
    """Watched by distributions. `rate`: predictions between two records. `threshold`: as the wire has it."""

    features: tuple[Feature | Category, ...]
    rate: int
    threshold: Mapping[str, Mapping[str, float]]
    bins: int = 10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CustomModel(Watched):
    """Watched by metrics that its people reckon themselves."""

    metrics: tuple[Metric, ...]


Model: TypeAlias = SpcModel | PsiModel | CustomModel


@dataclass(frozen=True, slots=True)
class ServiceRoute:
    """A route of a model's service: requests a quarter of an hour at the busiest, latency in ms, share of errors."""

    name: str
    requests: int
    latency: float
    errors: float = 0.0
