"""Receipts: what became of every alert on its way out."""

from __future__ import annotations

from scouter.api.paging import Page, rows_to_fetch
from scouter.api.routing import AnyRoute, Request, Route
from scouter.auth.permissions import Caller
from scouter.errors import NotFound
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.deliveries import Delivery, DeliveryFilter, delivery_page
from scouter.postgres.tables.entities import Entities
from scouter.profiles import lookup
from scouter.profiles.lookup import ProfileRef
from scouter.wire.deliveries import (
    DeliveriesPage,
    DeliveriesQuery,
    DeliveryItem,
    DeliveryState,
    accepted_by_deliveries,
)
from scouter.wire.notifications import ChannelName
from scouter.wire.profiles import DriftType


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
            found = delivery_page(connection, wanted, below_id=query.cursor, maximum=rows_to_fetch(query.limit))
        page = Page.of(found, query.limit)
        items = [_item(delivery) for delivery in page.rows]
        return DeliveriesPage(items, page.has_next, page.next_cursor(lambda last: last.id))

    def _filter(self, query: DeliveriesQuery, caller: Caller) -> DeliveryFilter:
        state = query.state.value if query.state else None
        if query.uid is None:
            return DeliveryFilter(spaces=lookup.spaces(None, "read", caller), state=state)
        entity = lookup.find(ProfileRef(query.uid), "read", caller, self._entities.find)
        return DeliveryFilter(entity_id=entity.id, state=state)


def _item(delivery: Delivery) -> DeliveryItem:
    pending = delivery.state == DeliveryState.pending.value
    return DeliveryItem(
        id=delivery.id,
        uid=delivery.uid,
        space=delivery.space,
        name=delivery.name,
        version=delivery.version,
        drift_type=DriftType(delivery.drift_type),
        channel=ChannelName(delivery.channel),
        alert_ids=delivery.alert_ids,
        state=DeliveryState(delivery.state),
        created_at=delivery.created_at,
        attempts=delivery.attempts,
        next_attempt_at=delivery.next_attempt_at if pending else None,
        delivered_at=delivery.delivered_at,
        last_error=delivery.last_error,
        receipt=delivery.receipt,
    )
