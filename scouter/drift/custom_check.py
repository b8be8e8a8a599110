"""The check of a custom profile: the mean of each metric in a window goes in, alerts and what was seen come out.

No value makes it fail. A metric that cannot be checked is named in the result and keeps no other from being checked.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from scouter.drift.custom import AcceptedRange, ObservedMean, accepted_range, baseline_of
from scouter.wire.alerts import Alert, CustomAlert
from scouter.wire.check_results import CheckResult, CustomObservation, NotChecked, Obstacle, Outcome
from scouter.wire.profiles import AlertCondition, CustomProfile

_NOTHING = ObservedMean(count=0, mean=math.nan)


def check_custom(profile: CustomProfile, window: Mapping[str, ObservedMean]) -> CheckResult:
    """Each metric of the profile that has a condition, whichever client spelled it. `window`: metric -> its mean."""
    conditions = profile.config.alert_config.alert_conditions or {}
    return CheckResult.of(
        _outcome(name, baseline, conditions.get(name), window.get(name, _NOTHING))
        for name, baseline in profile.metrics.items()
    )


def _outcome(name: str, baseline: float, condition: AlertCondition | None, seen: ObservedMean) -> Outcome:
    if condition is None:
        return NotChecked(name, Obstacle.no_condition, seen.count, "the profile has no alert condition for it"), ()
    baseline = baseline_of(condition, baseline)
    obstacle = _obstacle(name, baseline, condition, seen)
    if obstacle is not None:
        return obstacle, ()
    accepted = accepted_range(condition, baseline)
    alert = Alert(custom=CustomAlert(name, baseline, seen.mean, condition.boundary, condition.alert_threshold))
    return _observation(name, baseline, accepted, seen), (alert,) if accepted.is_left_by(seen.mean) else ()


def _observation(name: str, baseline: float, accepted: AcceptedRange, seen: ObservedMean) -> CustomObservation:
    return CustomObservation(
        name=name,
        samples=seen.count,
        observed=seen.mean,
        baseline=baseline,
        lowest=accepted.lowest if math.isfinite(accepted.lowest) else None,
        highest=accepted.highest if math.isfinite(accepted.highest) else None,
    )


def _obstacle(name: str, baseline: float, condition: AlertCondition, seen: ObservedMean) -> NotChecked | None:
    if not math.isfinite(baseline) or not math.isfinite(condition.boundary or 0.0):
        return NotChecked(name, Obstacle.unusable_profile, seen.count, "its baseline or boundary is not finite")
    if not seen.count:
        return NotChecked(name, Obstacle.no_data, 0, "no values in the window")
    if not math.isfinite(seen.mean):
        return NotChecked(name, Obstacle.not_finite, seen.count, f"the mean of its values is {seen.mean}")
    return None
