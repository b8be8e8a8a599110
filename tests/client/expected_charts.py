"""Charts reckoned anew from what was inserted and from the stored times, by numpy and not by the server's code."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from tests.client.stored_records import StoredCount, StoredValue

INTERVALS = {
    "FiveMinutes": timedelta(minutes=5),
    "FifteenMinutes": timedelta(minutes=15),
    "ThirtyMinutes": timedelta(minutes=30),
    "OneHour": timedelta(hours=1),
    "ThreeHours": timedelta(hours=3),
    "FourHours": timedelta(hours=4),
    "SixHours": timedelta(hours=6),
    "TwelveHours": timedelta(hours=12),
    "TwentyFourHours": timedelta(hours=24),
    "TwoDays": timedelta(days=2),
    "FiveDays": timedelta(days=5),
    "SevenDays": timedelta(days=7),
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LEAST_OBSERVATIONS = 100  # a time bin with no more than these has no PSI
_EPSILON = 1e-10


def bin_width(window: timedelta, points: int) -> timedelta:
    return max(window / points, timedelta(seconds=1))


def spc_chart(rows: Sequence[StoredValue], width: timedelta) -> dict[str, Any]:
    chart = {}
    for feature, values in _values_by_bin(rows, width).items():
        newest_first = sorted(values, reverse=True)
        chart[feature] = {
            "created_at": [start.isoformat() for start in newest_first],
            "values": [float(np.mean(values[start])) for start in newest_first],
        }
    return chart


def custom_chart(rows: Sequence[StoredValue], width: timedelta) -> dict[str, Any]:
    chart = {}
    for metric, values in _values_by_bin(rows, width).items():
        newest_first = sorted(values, reverse=True)
        means = [float(np.mean(values[start])) for start in newest_first]
        deviations = [float(np.std(values[start], ddof=1)) if len(values[start]) > 1 else 0.0 for start in newest_first]
        chart[metric] = {
            "metric": metric,
            "created_at": [start.isoformat() for start in newest_first],
            "avg": means,
            "lower_bound": [mean - deviation for mean, deviation in zip(means, deviations, strict=True)],
            "upper_bound": [mean + deviation for mean, deviation in zip(means, deviations, strict=True)],
        }
    return chart


def psi_chart(rows: Sequence[StoredCount], width: timedelta, profile: Mapping[str, Any]) -> dict[str, Any]:
    counts: dict[str, dict[datetime, dict[int, int]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    for row in rows:
        counts[row.feature][_bin_start(row.created_at, width)][row.bin_id] += row.bin_count
    chart = {feature: _psi_series(profile["features"][feature]["bins"], bins) for feature, bins in counts.items()}
    return {feature: series for feature, series in chart.items() if series["created_at"]}


def _psi_series(bins: list[dict[str, Any]], counts: Mapping[datetime, Mapping[int, int]]) -> dict[str, Any]:
    kept = [start for start in sorted(counts, reverse=True) if sum(counts[start].values()) > _LEAST_OBSERVATIONS]
    expected = np.array([one["proportion"] for one in bins])
    observed = np.array([[counts[start].get(one["id"], 0) for one in bins] for start in kept], dtype=float)
    pooled = observed.sum(axis=0) / observed.sum() if kept else np.zeros(len(bins))
    return {
        "created_at": [start.isoformat() for start in kept],
        "psi": [_psi(expected, row / row.sum()) for row in observed],
        "overall_psi": _psi(expected, pooled),
        "bins": {str(one["id"]): float(share) for one, share in zip(bins, pooled, strict=True)},
    }


def _psi(expected: np.ndarray[Any, np.dtype[np.float64]], observed: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    return float(np.sum((expected - observed) * np.log((expected + _EPSILON) / (observed + _EPSILON))))


def _values_by_bin(rows: Sequence[StoredValue], width: timedelta) -> dict[str, dict[datetime, list[float]]]:
    values: dict[str, dict[datetime, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        values[row.feature][_bin_start(row.created_at, width)].append(row.value)
    return values


def _bin_start(moment: datetime, width: timedelta) -> datetime:
    return _EPOCH + (moment - _EPOCH) // width * width


def alike(found: Any, expected: Any) -> bool:
    """Equal, but for the last bits of floats: the clients' parsers change them."""
    if isinstance(expected, dict):
        return (
            isinstance(found, dict)
            and found.keys() == expected.keys()
            and all(alike(found[key], value) for key, value in expected.items())
        )
    if isinstance(expected, list):
        return (
            isinstance(found, list)
            and len(found) == len(expected)
            and all(alike(one, other) for one, other in zip(found, expected, strict=True))
        )
    if isinstance(expected, float):
        return isinstance(found, int | float) and math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-12)
    return bool(found == expected)
