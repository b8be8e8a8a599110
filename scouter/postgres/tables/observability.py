"""Request metrics: partial sums by route and time bin. What is divided by what is decided in `scouter.drift`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("observability")


@dataclass(frozen=True, slots=True)
class RouteBin:
    """The records of one route within one time bin. The sequences are for p5, p25, p50, p95 and p99."""

    route_name: str
    bin: datetime
    request_count: int
    error_count: int
    error_latency_sum: Decimal | None
    error_latency_count: int
    percentile_sums: Sequence[Decimal | None]
    percentile_weights: Sequence[Decimal | None]
    status_counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class BusyRoute:
    """One route of a service, and what all its routes come to together."""

    route_name: str
    request_count: int
    error_count: int
    routes: int
    requests_of_all: int
    errors_of_all: int


def busiest_routes(
    connection: Connection, entity_id: int, start: datetime, end: datetime, *, skipped: int, maximum: int
) -> list[BusyRoute]:
    """Those with most requests first, without the first `skipped` ones; start <= created_at < end."""
    return _sql["busiest_routes"].all(
        connection, BusyRoute, entity_id=entity_id, start=start, end=end, skipped=skipped, maximum=maximum
    )


def observability_bins(
    connection: Connection,
    entity_id: int,
    start: datetime,
    end: datetime,
    width: timedelta,
    routes: Sequence[str] | None = None,
) -> list[RouteBin]:
    """Records with start <= created_at < end, newest bin first within a route. `routes`: only of these."""
    wanted = None if routes is None else list(routes)
    return _sql["observability_bins"].all(
        connection, RouteBin, entity_id=entity_id, start=start, end=end, width=width, routes=wanted
    )
