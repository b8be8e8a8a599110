"""Receipts of alerts by the page: what became of each on its way out."""

from __future__ import annotations

from scouter.postgres.paging import Page, rows_to_fetch
from scouter.postgres.statements import Connection
from scouter.postgres.tables.deliveries import Delivery, DeliveryFilter, delivery_page
from scouter.wire.deliveries import DeliveriesPage, DeliveryItem, DeliveryState
from scouter.wire.notifications import ChannelName
from scouter.wire.profiles import DriftType


def delivery_items(
    connection: Connection, wanted: DeliveryFilter, *, cursor: int | None = None, limit: int = 50
) -> DeliveriesPage:
    """Newest first. Of the alerts of one check: ask with their entity and their ids."""
    found = delivery_page(connection, wanted, below_id=cursor, maximum=rows_to_fetch(limit))
    page = Page.of(found, limit)
    items = [_item(delivery) for delivery in page.rows]
    return DeliveriesPage(items, page.has_next, page.next_cursor(lambda last: last.id))


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
