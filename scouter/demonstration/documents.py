"""The profiles as the published client would send them: wire JSON, made from a model's training."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from scouter.demonstration.models import Category, CustomModel, Feature, Metric, Model, PsiModel, SpcModel
from scouter.demonstration.random_values import edges_of

_CLIENT = "0.25.0"
_RULE = {"rule": "8 16 4 8 2 4 1 1", "zones_to_monitor": ["Zone2", "Zone3", "Zone4"]}


def registration(model: Model, trained_at: datetime) -> dict[str, Any]:
    """The body of POST /scouter/profile. Its checks are switched on once its past has been checked."""
    document = _document(model, trained_at.isoformat().replace("+00:00", "Z"))
    return {
        "space": model.space,
        "drift_type": drift_type_of(model),
        "profile": msgspec.json.encode(document).decode(),
        "version_request": {"version": model.version, "version_type": "Minor", "pre_tag": None, "build_tag": None},
        "active": False,
        "deactivate_others": False,
    }


def drift_type_of(model: Model) -> str:
    if isinstance(model, SpcModel):
        return "Spc"
    return "Psi" if isinstance(model, PsiModel) else "Custom"


def codes_of(category: Category) -> dict[str, int]:
    """The number that stands for each word; one more for words that nobody knew in training."""
    return {word: code for code, word in enumerate([*category.shares, "missing"])}


def _document(model: Model, stamp: str) -> dict[str, Any]:
    if isinstance(model, SpcModel):
        features: dict[str, Any] = {each.name: _control_limits(each, stamp) for each in model.features}
        return _with_features(model, features, {"sample_size": 25, "sample": True}, {"rule": _RULE})
    if isinstance(model, PsiModel):
        features = {each.name: _bins(each, model.bins, stamp) for each in model.features}
        words = [each for each in model.features if isinstance(each, Category)]
        more = {
            "feature_map": {"features": {each.name: codes_of(each) for each in words}},
            "categorical_features": [each.name for each in words],
            "binning_strategy": {"QuantileBinning": {"num_bins": model.bins}},
        }
        return _with_features(model, features, more, {"threshold": model.threshold})
    return _custom(model)


def _with_features(
    model: SpcModel | PsiModel, features: dict[str, Any], config: dict[str, Any], alerts: dict[str, Any]
) -> dict[str, Any]:
    alert_config = {**_alert_config(model), "features_to_monitor": list(features), **alerts}
    made = {"feature_map": {"features": {}}, **_identity(model), **config, "alert_config": alert_config}
    return {"features": features, "config": made, "scouter_version": _CLIENT}


def _custom(model: CustomModel) -> dict[str, Any]:
    conditions = {each.name: _condition(each) for each in model.metrics if each.delta is not None}
    config = {
        "sample_size": 25,
        **_identity(model),
        "alert_config": {**_alert_config(model), "alert_conditions": conditions},
    }
    metrics = {each.name: each.baseline for each in model.metrics}
    return {"config": config, "metrics": metrics, "scouter_version": _CLIENT}


def _identity(model: Model) -> dict[str, Any]:
    names = {"space": model.space, "name": model.name, "version": model.version}
    return {**names, "uid": "made-by-the-client", "drift_type": drift_type_of(model)}


def _alert_config(model: Model) -> dict[str, Any]:
    return {"schedule": model.schedule, "dispatch_config": model.dispatch}


def _condition(metric: Metric) -> dict[str, Any]:
    return {"baseline_value": metric.baseline, "alert_threshold": metric.alerts, "delta": metric.delta}


def _control_limits(feature: Feature, stamp: str) -> dict[str, Any]:
    names = {1: "one", 2: "two", 3: "three"}
    upper = {f"{word}_ucl": feature.center + number * feature.deviation for number, word in names.items()}
    lower = {f"{word}_lcl": feature.center - number * feature.deviation for number, word in names.items()}
    return {"id": feature.name, "center": feature.center, **upper, **lower, "timestamp": stamp}


def _bins(feature: Feature | Category, bins: int, stamp: str) -> dict[str, Any]:
    made = _words(feature) if isinstance(feature, Category) else _intervals(feature, bins)
    kind = "Category" if isinstance(feature, Category) else "Numeric"
    return {"id": feature.name, "bins": made, "timestamp": stamp, "bin_type": kind}


def _intervals(feature: Feature, bins: int) -> list[dict[str, Any]]:
    limits: list[Any] = ["-inf", *edges_of(feature, bins), "inf"]
    return [
        {"id": n + 1, "lower_limit": limits[n], "upper_limit": limits[n + 1], "proportion": 1 / bins}
        for n in range(bins)
    ]


def _words(category: Category) -> list[dict[str, Any]]:
    return [
        {"id": code, "lower_limit": None, "upper_limit": None, "proportion": share}
        for code, share in enumerate(category.shares.values())
    ]
