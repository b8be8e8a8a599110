"""Time bins of one route, put together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from scouter.drift.observability import RouteSums, known_percentiles, percentile_averages, together

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def sums(minutes: int, requests: int, p50: float | None, **codes: int) -> RouteSums:
    total = None if p50 is None else Decimal(str(p50)) * requests
    weight = None if p50 is None else Decimal(requests)
    bin_start = NOW + timedelta(minutes=minutes)
    return RouteSums(
        bin_start,
        requests,
        1,
        Decimal(2),
        1,
        [None, None, total] + [None] * 2,
        [None, None, weight] + [None] * 2,
        codes,
    )


def test_percentiles_weigh_by_requests() -> None:
    whole = together([sums(5, 10, 1.0, ok=10), sums(0, 30, 3.0, ok=29, bad=1), sums(9, 500, None)])
    assert known_percentiles(whole) == [None, None, 2.5, None, None]
    assert percentile_averages(whole) == [0.0, 0.0, 2.5, 0.0, 0.0]
    assert (whole.request_count, whole.error_count, whole.bin) == (540, 3, NOW)
    assert (whole.error_latency_sum, whole.error_latency_count) == (Decimal(6), 3)
    assert whole.status_counts == {"ok": 39, "bad": 1}


def test_one_bin_is_itself() -> None:
    only = sums(0, 10, 1.5, ok=10)
    assert together([only]) == only
