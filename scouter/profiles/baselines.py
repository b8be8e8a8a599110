"""What the features or metrics of a stored profile looked like in training."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TypeAlias

import msgspec

from scouter.drift.custom import accepted_range, baseline_of
from scouter.drift.spc import limits_of
from scouter.wire.baselines import BaselineBin, CustomBaseline, PsiBaseline, SpcBaseline
from scouter.wire.profiles import (
    ChiSquareThreshold,
    CustomProfile,
    DriftType,
    FixedThreshold,
    NormalThreshold,
    PsiBin,
    PsiProfile,
    PsiThreshold,
    SpcProfile,
)

Baseline: TypeAlias = SpcBaseline | PsiBaseline | CustomBaseline

_CENTER = 3  # of the seven limits


def baselines(drift_type: str, document: str, names: Iterable[str]) -> Mapping[str, Baseline]:
    """Of those features or metrics that the profile has, in the order in which they are named."""
    match DriftType(drift_type):
        case DriftType.Spc:
            return _spc(msgspec.json.decode(document, type=SpcProfile), names)
        case DriftType.Psi:
            return _psi(msgspec.json.decode(document, type=PsiProfile), names)
        case DriftType.Custom:
            return _custom(msgspec.json.decode(document, type=CustomProfile), names)


def _spc(profile: SpcProfile, names: Iterable[str]) -> dict[str, Baseline]:
    found: dict[str, Baseline] = {}
    for name in names:
        if name in profile.features:
            limits = list(limits_of(profile.features[name]))
            found[name] = SpcBaseline(limits.pop(_CENTER), limits)
    return found


def _psi(profile: PsiProfile, names: Iterable[str]) -> dict[str, Baseline]:
    threshold, kind, alpha = _threshold(profile.config.alert_config.threshold)
    codes = profile.config.feature_map.features
    found: dict[str, Baseline] = {}
    for name in names:
        if name in profile.features:
            labels = {code: text for text, code in codes.get(name, {}).items()}
            bins = [_bin(each, labels) for each in profile.features[name].bins]
            found[name] = PsiBaseline(bins, threshold, kind, alpha)
    return found


def _bin(each: PsiBin, labels: Mapping[int, str]) -> BaselineBin:
    is_category = each.lower is None and each.upper is None
    return BaselineBin(
        each.id, _finite(each.lower), _finite(each.upper), labels.get(each.id) if is_category else None, each.proportion
    )


def _threshold(threshold: PsiThreshold) -> tuple[float | None, str, float | None]:
    """The number if it is fixed, the kind, and the share of false alarms if that decides."""
    match threshold.chosen:
        case FixedThreshold(threshold=fixed):
            return fixed, "Fixed", None
        case NormalThreshold(alpha=alpha):
            return None, "Normal", alpha
        case ChiSquareThreshold(alpha=alpha):
            return None, "ChiSquare", alpha


def _custom(profile: CustomProfile, names: Iterable[str]) -> dict[str, Baseline]:
    conditions = profile.config.alert_config.alert_conditions or {}
    found: dict[str, Baseline] = {}
    for name in names:
        if name not in profile.metrics:
            continue
        condition, baseline = conditions.get(name), profile.metrics[name]
        if condition is None:
            found[name] = CustomBaseline(baseline, None, None)
        else:
            accepted = accepted_range(condition, baseline)
            found[name] = CustomBaseline(
                baseline_of(condition, baseline), _finite(accepted.lowest), _finite(accepted.highest)
            )
    return found


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
