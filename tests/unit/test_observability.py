"""Averages of percentiles, weighted by requests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from scouter.drift.observability import RouteSums, percentile_averages, route_series
from scouter.drift.windows import chart_window
from scouter.errors import InvalidInput
from scouter.wire.observability import MetricsQuery

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def sums(**changes: Any) -> RouteSums:
    parts: dict[str, Any] = {
        "bin": NOW,
        "request_count": 40,
        "error_count": 2,
        "error_latency_sum": Decimal("1.5"),
        "error_latency_count": 2,
        "percentile_sums": [Decimal(n) for n in (4, 8, 12, 16, 20)],
        "percentile_weights": [Decimal(40)] * 5,
        "status_counts": {"200": 40},
    }
    return RouteSums(**{**parts, **changes})


def test_a_sum_is_divided_by_what_weighs_in_it() -> None:
    assert percentile_averages(sums()) == [0.1, 0.2, 0.3, 0.4, 0.5]


def test_nothing_at_all_is_zero_and_never_null() -> None:
    empty = sums(
        percentile_sums=[None, Decimal(0), None, Decimal(1), None],
        percentile_weights=[None, Decimal(0), Decimal(3), None, Decimal(0)],
        error_latency_sum=None,
        error_latency_count=0,
    )
    assert percentile_averages(empty) == [0.0] * 5
    assert route_series("/r", [empty]).error_latency == [0.0]


def test_lists_are_parallel_and_newest_first() -> None:
    earlier = sums(bin=NOW - timedelta(minutes=5), request_count=7, status_counts={"500": 7})
    series = route_series("/r", [earlier, sums()])
    assert series.created_at == [NOW, NOW - timedelta(minutes=5)]
    assert series.total_request_count == [40, 7]
    assert series.status_counts == [{"200": 40}, {"500": 7}]
    assert series.error_latency == [0.75, 0.75]


@pytest.mark.parametrize(
    ("word", "hours"),
    [
        ("5minute", 1 / 12),
        ("15minute", 0.25),
        ("30minute", 0.5),
        ("1hour", 1),
        ("3hour", 3),
        ("4hour", 4),
        ("6hour", 6),
        ("12hour", 12),
        ("24hour", 24),
        ("2day", 48),
        ("5day", 120),
        ("7day", 168),
        ("OneHour", 1),
        ("a fortnight", 6),
        ("", 6),
    ],
)
def test_intervals_are_words_and_unknown_ones_are_six_hours(word: str, hours: float) -> None:
    window = chart_window(MetricsQuery(max_data_points=10, time_interval=word).as_chart, NOW)
    assert (window.end, window.end - window.start) == (NOW, timedelta(hours=hours))
    assert window.width == timedelta(hours=hours) / 10


def test_a_custom_window_needs_its_ends() -> None:
    query = MetricsQuery(max_data_points=1, time_interval="custom", begin_custom_datetime=NOW)
    with pytest.raises(InvalidInput):
        chart_window(query.as_chart, NOW)
    with pytest.raises(InvalidInput):
        chart_window(MetricsQuery(max_data_points=1, time_interval="custom").as_chart, NOW)
