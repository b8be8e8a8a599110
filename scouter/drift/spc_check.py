"""The check of an SPC profile: the values of a window go in, alerts and what was seen come out.

No value makes it fail. A feature that cannot be checked is named in the result and keeps no other from being checked.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scouter.drift.means import mean_of
from scouter.drift.monitored import monitored_features
from scouter.drift.spc import Finding, Floats, Indices, RuleCounts, findings, limits_of, zone_codes
from scouter.wire.alerts import Alert, SpcAlert
from scouter.wire.check_results import CheckResult, NotChecked, Obstacle, Outcome, SpcObservation
from scouter.wire.profiles import SpcFeature, SpcProfile

_LOWEST_CODE, _NUMBER_OF_CODES = -4, 9


@dataclass(frozen=True, slots=True, eq=False)
class TimedValues:
    """The records of one feature in a window: moments (integers or datetime64) and values, both of shape (n,)."""

    moments: npt.NDArray[Any]
    values: Floats


def check_spc(profile: SpcProfile, window: Mapping[str, TimedValues]) -> CheckResult:
    """Each monitored feature on its own complete series, from its oldest value on, whatever order the records come in.

    NaN among the values is left out and counted. Raises `InvalidInput` for a malformed rule.
    """
    config = profile.config.alert_config
    names = monitored_features(config.features_to_monitor, profile.features)
    obstacles = {name: _obstacle(name, profile.features.get(name), window.get(name)) for name in names}
    outcomes: list[Outcome] = [(obstacle, ()) for obstacle in obstacles.values() if obstacle is not None]
    checkable = [name for name in names if obstacles[name] is None]
    if checkable:
        series = _Series.of(checkable, window)
        features = [profile.features[name] for name in checkable]
        codes = _codes(series, features)
        found = findings(codes, series.lengths, RuleCounts.parse(config.rule.rule), config.rule.zones_to_monitor)
        outcomes += _outcomes(series, features, codes, found)
    return CheckResult.of(outcomes)


def _obstacle(name: str, feature: SpcFeature | None, records: TimedValues | None) -> NotChecked | None:
    samples = 0 if records is None else len(records.values)
    if feature is None:
        return NotChecked(name, Obstacle.not_in_profile, samples, "the profile has no feature of this name")
    if not all(math.isfinite(limit) for limit in limits_of(feature)):
        return NotChecked(name, Obstacle.unusable_profile, samples, "not all limits of the profile are finite")
    return None if samples else NotChecked(name, Obstacle.no_data, 0, "no values in the window")


@dataclass(frozen=True, slots=True, eq=False)
class _Series:
    """The values of several features, one series behind the other, each oldest first, without NaN."""

    names: Sequence[str]
    values: Floats
    owners: Indices  # (n,), the index of the feature that a value belongs to
    lengths: Indices  # (features,)
    skipped: Indices  # (features,)

    @classmethod
    def of(cls, names: Sequence[str], window: Mapping[str, TimedValues]) -> _Series:
        sizes = [len(window[name].values) for name in names]
        owners = np.repeat(np.arange(len(names)), sizes)
        moments = np.concatenate([window[name].moments for name in names])
        values = np.concatenate([window[name].values for name in names])
        values = values[_oldest_first(owners, moments)]
        kept = ~np.isnan(values)
        lengths = np.bincount(owners[kept], minlength=len(names))
        return cls(names, values[kept], owners[kept], lengths, np.array(sizes) - lengths)


def _oldest_first(owners: Indices, moments: npt.NDArray[Any]) -> Indices | slice:
    """The order by moment within each feature; records of the same moment stay as they are."""
    in_order = (moments[1:] >= moments[:-1]) | (owners[1:] != owners[:-1])
    return slice(None) if in_order.all() else np.lexsort((moments, owners))


def _codes(series: _Series, features: Sequence[SpcFeature]) -> npt.NDArray[np.int8]:
    limits = np.array([limits_of(feature) for feature in features]).T
    return zone_codes(series.values, limits[:, series.owners])


def _outcomes(
    series: _Series,
    features: Sequence[SpcFeature],
    codes: npt.NDArray[np.int8],
    found: Sequence[tuple[Finding, ...]],
) -> list[Outcome]:
    observations = _observations(series, features, codes)
    alerts = ([Alert(spc=SpcAlert(name, *each)) for each in found[index]] for index, name in enumerate(series.names))
    return [(seen, tuple(raised)) for seen, raised in zip(observations, alerts, strict=True)]


def _observations(
    series: _Series, features: Sequence[SpcFeature], codes: npt.NDArray[np.int8]
) -> list[SpcObservation | NotChecked]:
    rows = zip(series.names, features, *(column.tolist() for column in _summary(series, codes)), strict=True)
    return [_observation(*row) for row in rows]


def _summary(series: _Series, codes: npt.NDArray[np.int8]) -> tuple[npt.NDArray[Any], ...]:
    """Length, skipped, mean, lowest, highest and counts by code of each series. NaN for a series without values."""
    features, owners = len(series.names), series.owners
    filled = series.lengths > 0
    starts = (np.cumsum(series.lengths) - series.lengths)[filled]
    lowest, highest = np.full(features, np.nan), np.full(features, np.nan)
    lowest[filled] = np.minimum.reduceat(series.values, starts) if len(starts) else ()
    highest[filled] = np.maximum.reduceat(series.values, starts) if len(starts) else ()
    with np.errstate(over="ignore", invalid="ignore"):
        means = np.bincount(owners, weights=series.values, minlength=features) / series.lengths
    for feature in np.flatnonzero(~np.isfinite(means) & filled):
        means[feature] = mean_of(series.values[owners == feature])
    cells = owners * _NUMBER_OF_CODES + (codes - _LOWEST_CODE)
    counts = np.bincount(cells, minlength=features * _NUMBER_OF_CODES).reshape(features, _NUMBER_OF_CODES)
    return series.lengths, series.skipped, means, lowest, highest, counts


def _observation(
    name: str,
    feature: SpcFeature,
    samples: int,
    skipped: int,
    mean: float,
    lowest: float,
    highest: float,
    code_counts: Sequence[int],
) -> SpcObservation | NotChecked:
    if not samples:
        return NotChecked(name, Obstacle.not_finite, skipped, "every value in the window is NaN")
    return SpcObservation(
        name=name,
        samples=samples,
        skipped=skipped,
        mean=_finite(mean),
        lowest=_finite(lowest),
        highest=_finite(highest),
        center=feature.center,
        three_lcl=feature.three_lcl,
        three_ucl=feature.three_ucl,
        code_counts=tuple(code_counts),
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
