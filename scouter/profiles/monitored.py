"""The features or metrics that a stored profile says are to be checked."""

from __future__ import annotations

import msgspec

from scouter.drift.monitored import monitored_features
from scouter.wire.profiles import CustomProfile, DriftType, PsiProfile, SpcProfile


def monitored_names(drift_type: str, document: str) -> list[str]:
    """By name. Of a custom profile, every metric."""
    match DriftType(drift_type):
        case DriftType.Spc:
            return _monitored(msgspec.json.decode(document, type=SpcProfile))
        case DriftType.Psi:
            return _monitored(msgspec.json.decode(document, type=PsiProfile))
        case DriftType.Custom:
            return sorted(msgspec.json.decode(document, type=CustomProfile).metrics)


def _monitored(profile: SpcProfile | PsiProfile) -> list[str]:
    return monitored_features(profile.config.alert_config.features_to_monitor, profile.features)
