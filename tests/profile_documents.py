"""Small profiles of every type, as a client would send them."""

from __future__ import annotations

import json
from typing import Any

NOW_STAMP = "2026-01-01T00:00:00.000000000Z"
DISPATCH = {"Console": {"enabled": True}}


def spc_profile(space: str = "s", name: str = "m", version: str = "0.1.0", features: int = 2) -> dict[str, Any]:
    names = [f"f{n}" for n in range(features)]
    limits = {"center": 0.0, "one_ucl": 1.0, "one_lcl": -1.0, "two_ucl": 2.0, "two_lcl": -2.0}
    return {
        "features": {
            f: {"id": f, **limits, "three_ucl": 3.0, "three_lcl": -3.0, "timestamp": NOW_STAMP} for f in names
        },
        "config": {
            "sample_size": 25,
            "sample": True,
            "space": space,
            "name": name,
            "version": version,
            "uid": "made-by-the-client",
            "alert_config": {
                "rule": {"rule": "8 16 4 8 2 4 1 1", "zones_to_monitor": ["Zone1", "Zone2", "Zone3", "Zone4"]},
                "schedule": "0 0 0 * * *",
                "features_to_monitor": names,
                "dispatch_config": DISPATCH,
            },
            "feature_map": {"features": {}},
            "drift_type": "Spc",
        },
        "scouter_version": "0.25.0",
    }


def psi_profile(space: str = "s", name: str = "m", version: str = "0.1.0", bins: int = 4) -> dict[str, Any]:
    edges: list[Any] = ["-inf", *range(bins - 1), "inf"]
    made = [
        {"id": n + 1, "lower_limit": edges[n], "upper_limit": edges[n + 1], "proportion": 1 / bins} for n in range(bins)
    ]
    return {
        "features": {"f0": {"id": "f0", "bins": made, "timestamp": NOW_STAMP, "bin_type": "Numeric"}},
        "config": {
            "space": space,
            "name": name,
            "version": version,
            "uid": "made-by-the-client",
            "alert_config": {
                "schedule": "0 0 0 * * *",
                "features_to_monitor": ["f0"],
                "dispatch_config": DISPATCH,
                "threshold": {"ChiSquare": {"alpha": 0.05}},
            },
            "feature_map": {"features": {}},
            "drift_type": "Psi",
            "categorical_features": None,
            "binning_strategy": {"QuantileBinning": {"num_bins": 10}},
        },
        "scouter_version": "0.25.0",
    }


def custom_profile(space: str = "s", name: str = "m", version: str = "0.1.0") -> dict[str, Any]:
    return {
        "config": {
            "sample_size": 25,
            "space": space,
            "name": name,
            "version": version,
            "uid": "made-by-the-client",
            "alert_config": {
                "dispatch_config": DISPATCH,
                "schedule": "0 0 0 * * *",
                "alert_conditions": {"mae": {"baseline_value": 1.0, "alert_threshold": "Above", "delta": 2.0}},
            },
            "drift_type": "Custom",
        },
        "metrics": {"mae": 1.0},
        "scouter_version": "0.25.0",
    }


def registration(
    profile: dict[str, Any], *, legacy: bool = False, version: str | None = None, **more: Any
) -> dict[str, Any]:
    """The body that registers a profile: with a `version_request`, or as 0.6.4 does, without."""
    config = profile["config"]
    body = {"space": config["space"], "drift_type": config["drift_type"], "profile": json.dumps(profile)}
    if legacy:
        return body
    request = {"version": version, "version_type": "Minor", "pre_tag": None, "build_tag": None}
    return {**body, "version_request": request, "active": False, "deactivate_others": False, **more}
