"""Request metrics of a model service, in time bins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from scouter.api.routing import AnyRoute, Request, Route
from scouter.drift.observability import RouteSums, route_series
from scouter.drift.windows import chart_window
from scouter.errors import NotFound
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.entities import Entities
from scouter.postgres.tables.observability import RouteBin, observability_bins
from scouter.profiles import lookup
from scouter.profiles.lookup import ProfileRef
from scouter.wire.observability import MetricsQuery, MetricsReply


class Observability:
    def __init__(self, pool: Pool, entities: Entities, now: Callable[[], datetime]) -> None:
        self._pool = pool
        self._entities = entities
        self._now = now

    def routes(self) -> list[AnyRoute]:
        return [
            Route(
                "GET",
                "/scouter/observability/metrics",
                self.metrics,
                "Request metrics of a service, named by the uid of one of its profiles, or by space, name and version.",
                MetricsReply,
                permission="read on the service's space",
                query=MetricsQuery,
                errors=(NotFound,),
            )
        ]

    def metrics(self, request: Request[MetricsQuery, None]) -> MetricsReply:
        query = request.query
        service = lookup.find_service(ProfileRef.of(query), "read", request.caller, self._entities.find)
        window = chart_window(query.as_chart, self._now())
        if service is None:
            return MetricsReply("success", [])
        with self._pool.connection() as connection:
            bins = observability_bins(connection, service.id, window.start, window.end, window.width)
        return MetricsReply("success", [route_series(name, sums) for name, sums in _by_route(bins).items()])


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
