"""Request metrics from partial sums: only here is anything divided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from scouter.wire.observability import RouteSeries


@dataclass(frozen=True, slots=True)
class RouteSums:
    """What the records of one route within one time bin come to.

    `percentile_sums` and `percentile_weights` are for p5, p25, p50, p95 and p99: the sum of value times requests, and
    the requests that weigh in it. None stands for no value at all. Decimals, for a sum of floats may be no float.
    """

    bin: datetime
    request_count: int
    error_count: int
    error_latency_sum: Decimal | None
    error_latency_count: int
    percentile_sums: Sequence[Decimal | None]
    percentile_weights: Sequence[Decimal | None]
    status_counts: Mapping[str, int]


def route_series(route_name: str, sums: Sequence[RouteSums]) -> RouteSeries:
    newest_first = sorted(sums, key=lambda part: part.bin, reverse=True)
    averages = [percentile_averages(part) for part in newest_first]
    p5, p25, p50, p95, p99 = ([average[n] for average in averages] for n in range(5))
    return RouteSeries(
        route_name=route_name,
        created_at=[part.bin for part in newest_first],
        p5=p5,
        p25=p25,
        p50=p50,
        p95=p95,
        p99=p99,
        total_request_count=[part.request_count for part in newest_first],
        total_error_count=[part.error_count for part in newest_first],
        error_latency=[_average(part.error_latency_sum, Decimal(part.error_latency_count)) for part in newest_first],
        status_counts=[dict(part.status_counts) for part in newest_first],
    )


def percentile_averages(part: RouteSums) -> list[float]:
    """Averages of percentiles, weighted by requests. They are no percentiles of all requests together."""
    return [value or 0.0 for value in known_percentiles(part)]


def known_percentiles(part: RouteSums) -> list[float | None]:
    """The same, with None where no record has a value."""
    pairs = zip(part.percentile_sums, part.percentile_weights, strict=True)
    return [_average(total, weight) if weight else None for total, weight in pairs]


def together(parts: Sequence[RouteSums]) -> RouteSums:
    """Several time bins of one route, at least one of them, as one; `bin` is the first one's."""
    codes: Counter[str] = Counter()
    for part in parts:
        codes.update(part.status_counts)
    return RouteSums(
        bin=min(part.bin for part in parts),
        request_count=sum(part.request_count for part in parts),
        error_count=sum(part.error_count for part in parts),
        error_latency_sum=_sum(part.error_latency_sum for part in parts),
        error_latency_count=sum(part.error_latency_count for part in parts),
        percentile_sums=[_sum(each) for each in zip(*(part.percentile_sums for part in parts), strict=True)],
        percentile_weights=[_sum(each) for each in zip(*(part.percentile_weights for part in parts), strict=True)],
        status_counts=codes,
    )


def _sum(values: Iterable[Decimal | None]) -> Decimal | None:
    known = [value for value in values if value is not None]
    return sum(known, Decimal()) if known else None


def _average(total: Decimal | None, weight: Decimal | None) -> float:
    """0 when nothing weighs: a reply has no place for nothing."""
    return float(total / weight) if total is not None and weight else 0.0
