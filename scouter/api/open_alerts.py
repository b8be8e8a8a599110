"""Open alerts by profile and feature, and acknowledging many at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from scouter.api.routing import AnyRoute, Request, Route
from scouter.auth.permissions import Caller
from scouter.errors import NotFound
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.entities import Entities
from scouter.postgres.tables.open_alerts import AlertFilter
from scouter.profiles import lookup
from scouter.profiles.acknowledgement import acknowledge
from scouter.profiles.lookup import ProfileRef
from scouter.profiles.open_alerts import open_alerts
from scouter.wire.alerts import accepted_by_alerts
from scouter.wire.open_alerts import AcknowledgeReply, AcknowledgeRequest, OpenAlertsPage, OpenAlertsQuery


class OpenAlerts:
    def __init__(self, pool: Pool, entities: Entities, now: Callable[[], datetime]) -> None:
        self._pool = pool
        self._entities = entities
        self._now = now

    def routes(self) -> list[AnyRoute]:
        return [
            Route(
                "GET",
                "/scouter/alerts/open",
                self.page,
                "Alerts that nobody has acknowledged, those of one feature of one profile together, newest first.",
                OpenAlertsPage,
                permission="read on the profile's space, or on one that is named; without either, what the caller may "
                "read",
                query=OpenAlertsQuery,
                accepted=accepted_by_alerts,
                errors=(NotFound,),
            ),
            Route(
                "POST",
                "/scouter/alerts/acknowledge",
                self.acknowledge,
                "Acknowledge alerts: some by their ids, all of a check, or all of a profile or of one of its features "
                "until a moment. All of it is done, or nothing.",
                AcknowledgeReply,
                permission="write on the space of every alert",
                body=AcknowledgeRequest,
                accepted=accepted_by_alerts,
                errors=(NotFound,),
            ),
        ]

    def page(self, request: Request[OpenAlertsQuery, None]) -> OpenAlertsPage:
        query = request.query
        wanted = self._wanted(query, request.caller)
        with self._pool.connection() as connection:
            return open_alerts(connection, wanted, cursor=query.cursor, limit=query.limit)

    def acknowledge(self, request: Request[None, AcknowledgeRequest]) -> AcknowledgeReply:
        with self._pool.connection() as connection:
            done = acknowledge(connection, request.caller, request.body, self._now())
        return AcknowledgeReply(done.acknowledged, done.already)

    def _wanted(self, query: OpenAlertsQuery, caller: Caller) -> AlertFilter:
        drift_type = query.drift_type and query.drift_type.value
        if query.uid is None:
            return AlertFilter(lookup.spaces(query.space, "read", caller), drift_type=drift_type)
        entity = lookup.find(ProfileRef(query.uid, query.space), "read", caller, self._entities.find)
        return AlertFilter(None, entity_id=entity.id, drift_type=drift_type)
