"""How far a feature or a metric is from its training, in one unit for all drift types: times the limit.

1 is three sigma of a control chart, the threshold of a PSI, the end of a metric's accepted range. All of it comes from
the observation that a run stores.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scouter.wire.alerts import Alert
from scouter.wire.check_results import (
    CheckResult,
    CustomObservation,
    NotChecked,
    Observation,
    PsiObservation,
    SpcObservation,
)


@dataclass(frozen=True, slots=True)
class Distance:
    """`times` the limit, at least 0. None: without a unit, or, with `beyond`, further than any number says."""

    times: float | None
    beyond: bool = False


BEYOND = Distance(None, beyond=True)
_NO_UNIT = Distance(None)


@dataclass(frozen=True, slots=True)
class RankedFeature:
    """What one check made of one feature: it was seen, or there is an obstacle."""

    name: str
    distance: Distance
    alerts: tuple[Alert, ...]
    observation: Observation | None
    obstacle: NotChecked | None


def distance_of(seen: Observation) -> Distance:
    """Of a feature of SPC its farthest value, of PSI the whole distribution, of a custom metric the mean."""
    if isinstance(seen, SpcObservation):
        return _spc(seen)
    return _psi(seen) if isinstance(seen, PsiObservation) else _custom(seen)


def ranked(result: CheckResult) -> list[RankedFeature]:
    """What alerted (runs of values alert below three sigma, too), then by distance, then what was not checked."""
    alerts: dict[str, list[Alert]] = {}
    for alert in result.alerts:
        alerts.setdefault(alert.subject, []).append(alert)
    seen = [
        RankedFeature(each.name, distance_of(each), tuple(alerts.get(each.name, ())), each, None)
        for each in result.observations
    ]
    left_out = [RankedFeature(each.name, _NO_UNIT, (), None, each) for each in result.not_checked]
    return sorted(seen + left_out, key=_rank)


def _rank(feature: RankedFeature) -> tuple[bool, bool, bool, float, float, str]:
    times = math.inf if feature.distance.times is None else -feature.distance.times
    drift = feature.observation.drift if isinstance(feature.observation, PsiObservation) else 0.0
    without = feature.observation is None
    return (not feature.alerts, without, not feature.distance.beyond, times, -drift, feature.name)


def _spc(seen: SpcObservation) -> Distance:
    """The side with the value that is farther in limits of its own side: those of the clients are as wide on both."""
    if seen.lowest is None or seen.highest is None:
        return BEYOND  # an infinite value
    above = _times(seen.highest - seen.center, seen.three_ucl - seen.center)
    below = _times(seen.center - seen.lowest, seen.center - seen.three_lcl)
    return max(above, below, key=lambda side: math.inf if side.times is None else side.times)


def _psi(seen: PsiObservation) -> Distance:
    return _NO_UNIT if seen.threshold is None else _times(seen.drift, seen.threshold)


def _custom(seen: CustomObservation) -> Distance:
    """On the side where the mean lies. Where nothing is out of range it is at no distance."""
    bound = seen.highest if seen.observed >= seen.baseline else seen.lowest
    if bound is None:
        return Distance(0.0)
    return _times(abs(seen.observed - seen.baseline), abs(bound - seen.baseline))


def _times(way: float, limit: float) -> Distance:
    if way <= 0:
        return Distance(0.0)
    times = way / limit if limit > 0 else math.inf
    if math.isnan(times):  # both are more than a float holds
        return Distance(1.0)
    return Distance(times) if math.isfinite(times) else BEYOND
