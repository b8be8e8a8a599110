"""Receipts: what became of every alert on its way out."""

from __future__ import annotations

from scouter.api.routing import AnyRoute, Request, Route
from scouter.auth.permissions import Caller
from scouter.errors import NotFound
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.deliveries import DeliveryFilter
from scouter.postgres.tables.entities import Entities
from scouter.profiles import lookup
from scouter.profiles.deliveries import delivery_items
from scouter.profiles.lookup import ProfileRef
from scouter.wire.deliveries import (
    DeliveriesPage,
    DeliveriesQuery,
    accepted_by_deliveries,
)


class Deliveries:
    def __init__(self, pool: Pool, entities: Entities) -> None:
        self._pool = pool
        self._entities = entities

    def routes(self) -> list[AnyRoute]:
        return [
            Route(
                "GET",
                "/scouter/alerts/deliveries",
                self.listed,
                "Deliveries of alerts, newest first, in pages: state, tries, last error and what the service said.",
                DeliveriesPage,
                permission="read; what is listed belongs to spaces that the caller may read",
                query=DeliveriesQuery,
                accepted=accepted_by_deliveries,
                errors=(NotFound,),
            )
        ]

    def listed(self, request: Request[DeliveriesQuery, None]) -> DeliveriesPage:
        query = request.query
        wanted = self._filter(query, request.caller)
        with self._pool.connection() as connection:
            return delivery_items(connection, wanted, cursor=query.cursor, limit=query.limit)

    def _filter(self, query: DeliveriesQuery, caller: Caller) -> DeliveryFilter:
        state = query.state.value if query.state else None
        if query.uid is None:
            return DeliveryFilter(spaces=lookup.spaces(None, "read", caller), state=state)
        entity = lookup.find(ProfileRef(query.uid), "read", caller, self._entities.find)
        return DeliveryFilter(entity_id=entity.id, state=state)
