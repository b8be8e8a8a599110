"""Partial sums put together: as if nobody had taken the values apart, also for the largest that there are."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scouter.drift.charts import ValueSums, custom_series, merged_values, metric_stats
from scouter.drift.means import mean_of
from tests import exact_statistics as exact
from tests.exact_statistics import LARGEST

SMALLEST = math.ulp(0.0)
AT = datetime(2026, 1, 1, tzinfo=UTC)
finite = st.floats(allow_nan=False, allow_infinity=False)
huge = st.sampled_from([LARGEST, -LARGEST, LARGEST / 2, 1e200, -1e200, 1e155, 1e100, 0.5, 0.0, 1e-300, 5e-324])
parts = st.lists(st.lists(finite | huge, min_size=1, max_size=8), min_size=1, max_size=6)


def sums(values: list[float]) -> ValueSums:
    return ValueSums(AT, len(values), exact.mean(values), exact.deviation(values, len(values)))


def near(value: float, values: list[float]) -> object:
    """Up to the last digits of the largest of them; the smallest numbers there are have one digit."""
    return pytest.approx(value, rel=1e-9, abs=max(max(map(abs, values)) * 1e-14, 4 * SMALLEST))


@settings(deadline=None)
@given(parts)
@example([[0.0, SMALLEST]])
def test_sums_of_any_values_merge(parts: list[list[float]]) -> None:
    (merged,) = merged_values(map(sums, parts))
    values = [value for part in parts for value in part]
    assert merged.count == len(values)
    assert merged.mean == near(exact.mean(values), values)
    assert merged.deviation == near(exact.deviation(values, len(values)), values)
    stats = metric_stats(merged)
    lower, upper = exact.bounds(values)
    assert (stats.lower_bound, stats.upper_bound) == (near(lower, values), near(upper, values))
    assert all(map(math.isfinite, (stats.avg, stats.lower_bound, stats.upper_bound)))


def test_a_bound_that_no_float_can_hold_is_the_largest_float() -> None:
    series = custom_series("m", [sums([LARGEST, -LARGEST])])
    assert series.stats == [metric_stats(ValueSums(AT, 2, 0.0, LARGEST))]
    assert (series.stats[0].lower_bound, series.stats[0].upper_bound) == (-LARGEST, LARGEST)


@given(st.lists(finite | huge, min_size=1, max_size=50))
def test_the_mean_of_finite_values_is_finite(values: list[float]) -> None:
    found = mean_of(np.array(values))
    assert math.isfinite(found)
    assert found == near(exact.mean(values), values)
    assert min(values) <= found <= max(values) or found == near(exact.mean(values), values)


@pytest.mark.parametrize("values", [[math.inf, 1.0], [-math.inf, math.inf], [math.nan, 1.0]])
def test_the_mean_of_what_is_not_finite_is_not(values: list[float]) -> None:
    assert not math.isfinite(mean_of(np.array(values)))
