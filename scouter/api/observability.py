"""Request metrics of a model service, in time bins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from scouter.api.routing import AnyRoute, Request, Route
from scouter.drift.windows import chart_window
from scouter.errors import NotFound
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.entities import Entities
from scouter.profiles import lookup
from scouter.profiles.lookup import ProfileRef
from scouter.profiles.service_metrics import service_metrics
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
                bulkhead="charts",
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
            return MetricsReply("success", service_metrics(connection, service, window))
