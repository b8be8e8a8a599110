"""The check of a PSI profile: the bin counts of a window go in, alerts and what was seen come out.

No count makes it fail. A feature that cannot be checked is named in the result and keeps no other from being checked.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from scouter.drift.expected import expected_bins_of
from scouter.drift.monitored import monitored_features
from scouter.drift.psi import OBSERVATIONS_PER_BIN, has_enough, observed_proportions, psi, psi_threshold
from scouter.wire.alerts import Alert, PsiAlert
from scouter.wire.check_results import CheckResult, NotChecked, Obstacle, Outcome, PsiObservation
from scouter.wire.profiles import PsiFeature, PsiProfile, PsiThreshold

# Single counts go to 2^62; their sum must still be a number that the run's record can hold.
_LARGEST = 2**63 - 1


def check_psi(profile: PsiProfile, window: Mapping[str, Mapping[int, int]]) -> CheckResult:
    """Each monitored feature by its own bins. `window`: feature -> bin id -> observations, summed over the records."""
    config = profile.config.alert_config
    names = monitored_features(config.features_to_monitor, profile.features)
    return CheckResult.of(
        _outcome(name, profile.features.get(name), window.get(name, {}), config.threshold) for name in names
    )


def _outcome(name: str, feature: PsiFeature | None, counts: Mapping[int, int], threshold: PsiThreshold) -> Outcome:
    total = sum(counts.values())
    if feature is None:
        return _left_out(name, Obstacle.not_in_profile, total, "the profile has no feature of this name"), ()
    obstacle = _obstacle(name, feature, total)
    if obstacle is not None:
        return obstacle, ()
    seen = _observation(name, feature, counts, psi_threshold(threshold, len(feature.bins), total))
    return seen, _alerts(seen)


def _observation(name: str, feature: PsiFeature, counts: Mapping[int, int], threshold: float) -> PsiObservation:
    expected = expected_bins_of(feature)
    total, known = sum(counts.values()), sum(counts.get(bin_id, 0) for bin_id in expected.ids.tolist())
    return PsiObservation(
        name=name,
        samples=min(total, _LARGEST),
        unknown=min(total - known, _LARGEST),
        bins=len(feature.bins),
        drift=psi(expected.proportions, observed_proportions(expected.ids, counts)),
        threshold=threshold if math.isfinite(threshold) else None,
    )


def _alerts(seen: PsiObservation) -> tuple[Alert, ...]:
    if seen.threshold is None or seen.drift <= seen.threshold:
        return ()
    return (Alert(psi=PsiAlert(seen.name, seen.drift, seen.threshold)),)


def _obstacle(name: str, feature: PsiFeature, total: int) -> NotChecked | None:
    bins = len(feature.bins)
    if not bins or not all(0 <= each.proportion <= 1 for each in feature.bins):
        return _left_out(name, Obstacle.unusable_profile, total, "no bins, or proportions that are not from 0 to 1")
    if not total:
        return _left_out(name, Obstacle.no_data, 0, "no observations in the window")
    if not has_enough(total, bins):
        fewest = OBSERVATIONS_PER_BIN * bins
        detail = f"more than {fewest} observations are needed, {OBSERVATIONS_PER_BIN} for each of {bins} bins"
        return _left_out(name, Obstacle.too_few_samples, total, detail)
    return None


def _left_out(name: str, obstacle: Obstacle, total: int, detail: str) -> NotChecked:
    return NotChecked(name, obstacle, min(total, _LARGEST), detail)
