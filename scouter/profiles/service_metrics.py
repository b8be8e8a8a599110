"""Request metrics of a model service by route, from the partial sums that Postgres makes of its records."""

from __future__ import annotations

from collections.abc import Sequence

from scouter.drift.observability import RouteSums, route_series
from scouter.drift.windows import ChartWindow
from scouter.postgres.statements import Connection
from scouter.postgres.tables.entities import Entity
from scouter.postgres.tables.observability import RouteBin, observability_bins
from scouter.wire.observability import RouteSeries


def service_metrics(connection: Connection, service: Entity, window: ChartWindow) -> list[RouteSeries]:
    """One series for each route of the window, by name."""
    return [route_series(name, sums) for name, sums in route_sums(connection, service.id, window).items()]


def route_sums(
    connection: Connection, service_id: int, window: ChartWindow, routes: Sequence[str] | None = None
) -> dict[str, list[RouteSums]]:
    """By route, newest bin first. `routes`: only of these."""
    return _by_route(observability_bins(connection, service_id, window.start, window.end, window.width, routes))


def _by_route(bins: list[RouteBin]) -> dict[str, list[RouteSums]]:
    routes: dict[str, list[RouteSums]] = {}
    for part in bins:
        routes.setdefault(part.route_name, []).append(
            RouteSums(
                part.bin,
                part.request_count,
                part.error_count,
                part.error_latency_sum,
                part.error_latency_count,
                part.percentile_sums,
                part.percentile_weights,
                part.status_counts,
            )
        )
    return routes
