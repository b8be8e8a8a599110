"""Profiles made from training rows as the published client makes them, and windows drawn for them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from scouter.drift.judgement.budget import budget_of
from scouter.drift.judgement.known_rows import KnownRows, SaidRows
from scouter.drift.judgement.psi_judgement import judge_psi
from scouter.drift.judgement.rules import JudgementRules
from scouter.drift.judgement.spc_judgement import judge_spc
from scouter.drift.judgement.training_rows import RecoveredRows
from scouter.drift.psi_check import check_psi
from scouter.drift.spc_check import TimedValues, check_spc
from scouter.wire.check_results import CheckResult, PsiObservation, SpcObservation
from scouter.wire.profiles import PsiProfile, SpcProfile
from tests.profile_documents import NOW_STAMP, psi_profile, spc_profile

TRAINING_ROWS = 10_003
PSI_OBSERVATIONS = 1000  # of a feature in a window
SPC_SAMPLES = 100
FEATURES = tuple(f"f{number}" for number in range(5))
_BINS = 10
_SAMPLE_SIZE = 25
_C4 = 0.9896403756  # of 25 values: the mean of their deviation is so many sigma

Floats = npt.NDArray[np.float64]
Shifts = Mapping[str, float]
"""By how many sigma of single values a feature has moved; those not named have not."""


class SimulatedProfile(Protocol):
    @property
    def drift_type(self) -> str: ...
    @property
    def schedule(self) -> str: ...
    @property
    def rules(self) -> JudgementRules: ...

    def look(self, chooser: np.random.Generator, shifts: Shifts) -> CheckResult:
        """The check of a window that `chooser` draws, judged as a server would."""


@dataclass(frozen=True)
class SimulatedPsi:
    """Deciles of normal features, each of a training sample of its own. Its rows are what the proportions tell."""

    schedule: str
    profile: PsiProfile
    edges: Mapping[str, Floats]
    rules: JudgementRules
    drift_type: str = "Psi"

    @classmethod
    def trained(cls, chooser: np.random.Generator, schedule: str, rules: JudgementRules) -> SimulatedPsi:
        document = psi_profile(bins=_BINS)
        config = document["config"]["alert_config"]
        config |= {"schedule": schedule, "features_to_monitor": list(FEATURES)}
        samples = {name: chooser.standard_normal(TRAINING_ROWS) for name in FEATURES}
        edges = {name: np.quantile(rows, np.arange(1, _BINS) / _BINS) for name, rows in samples.items()}
        document["features"] = {name: _deciles(name, samples[name], edges[name]) for name in FEATURES}
        return cls(schedule, msgspec.convert(document, PsiProfile), edges, rules)

    def look(self, chooser: np.random.Generator, shifts: Shifts) -> CheckResult:
        window = {name: self._counts(chooser, name, shifts.get(name, 0.0)) for name in FEATURES}
        result = check_psi(self.profile, window)
        if not result.alerts:
            return result
        seen = [each for each in result.observations if isinstance(each, PsiObservation)]
        shares = {name: [each.proportion for each in self.profile.features[name].bins] for name in FEATURES}
        rows = KnownRows(SaidRows(), RecoveredRows.of(shares))
        alpha = budget_of(self.schedule, self.rules).alpha
        judged = judge_psi(self.profile, window, seen, rows, alpha=alpha, rules=self.rules)
        return msgspec.structs.replace(result, judgements=judged)

    def _counts(self, chooser: np.random.Generator, name: str, shift: float) -> dict[int, int]:
        below = [0.0, *(_normal(edge - shift) for edge in self.edges[name]), 1.0]
        return dict(enumerate(chooser.multinomial(PSI_OBSERVATIONS, np.diff(below)).tolist()))


@dataclass(frozen=True)
class SimulatedSpc:
    """Limits from samples of 25, as the client makes them. Nobody says how many rows they were made from."""

    schedule: str
    profile: SpcProfile
    rules: JudgementRules
    drift_type: str = "Spc"

    @classmethod
    def trained(cls, chooser: np.random.Generator, schedule: str, rules: JudgementRules) -> SimulatedSpc:
        document = spc_profile(features=len(FEATURES))
        document["config"]["alert_config"]["schedule"] = schedule
        document["features"] = {name: _limits(name, chooser.standard_normal(TRAINING_ROWS)) for name in FEATURES}
        return cls(schedule, msgspec.convert(document, SpcProfile), rules)

    def look(self, chooser: np.random.Generator, shifts: Shifts) -> CheckResult:
        window = {name: _means(chooser, shifts.get(name, 0.0)) for name in FEATURES}
        result = check_spc(self.profile, window)
        if not result.alerts:
            return result
        seen = [each for each in result.observations if isinstance(each, SpcObservation)]
        alpha = budget_of(self.schedule, self.rules).alpha
        judged = judge_spc(self.profile, window, seen, KnownRows(SaidRows()), alpha=alpha, rules=self.rules)
        return msgspec.structs.replace(result, judgements=judged)


def _deciles(name: str, rows: Floats, edges: Floats) -> dict[str, Any]:
    counts = np.bincount(np.searchsorted(edges, rows), minlength=_BINS)
    limits: list[Any] = ["-inf", *edges.tolist(), "inf"]
    bins = [
        {"id": at, "lower_limit": limits[at], "upper_limit": limits[at + 1], "proportion": count / TRAINING_ROWS}
        for at, count in enumerate(counts.tolist())
    ]
    return {"id": name, "bins": bins, "timestamp": NOW_STAMP, "bin_type": "Numeric"}


def _limits(name: str, rows: Floats) -> dict[str, Any]:
    """Center: the mean of the samples' means. Sigma: the mean of their deviations over c4."""
    samples = rows[: len(rows) // _SAMPLE_SIZE * _SAMPLE_SIZE].reshape(-1, _SAMPLE_SIZE)
    center, sigma = float(samples.mean()), float(samples.std(axis=1, ddof=1).mean()) / _C4
    limits = {
        f"{word}_{side}": center + sign * number * sigma
        for number, word in enumerate(("one", "two", "three"), start=1)
        for side, sign in (("ucl", 1), ("lcl", -1))
    }
    return {"id": name, "center": center, "timestamp": NOW_STAMP, **limits}


def _means(chooser: np.random.Generator, shift: float) -> TimedValues:
    """Each record is the mean of a whole sample."""
    values = shift + chooser.standard_normal(SPC_SAMPLES) / math.sqrt(_SAMPLE_SIZE)
    return TimedValues(np.arange(SPC_SAMPLES), values)


def _normal(value: float) -> float:
    return math.erfc(-value / math.sqrt(2)) / 2
