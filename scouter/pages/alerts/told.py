"""To whom alerts were sent, and what became of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from scouter.pages.site.visit import Visit
from scouter.pages.text.times import TimeText, to_the_minute
from scouter.pages.wording.channels import channel_in_words, delivery_in_words, destination_in_words
from scouter.postgres.tables.alert_context import AlertDelivery
from scouter.wire.deliveries import DeliveryState
from scouter.wire.notifications import ChannelName, Destination

_NAMED = (ChannelName.slack, ChannelName.opsgenie)
_decode = msgspec.json.Decoder(Destination).decode


@dataclass(frozen=True, slots=True)
class Told:
    """One message. `words` say all of it: `sent to Slack #drift 11:01`."""

    id: int
    to: str
    state: DeliveryState
    words: str
    when: TimeText
    attempts: int
    alerts: int
    last_error: str | None
    receipt: str | None


def told(deliveries: Collection[AlertDelivery], visit: Visit) -> list[Told]:
    """Each message once, oldest first, with the number of those alerts that it tells of."""
    counts: dict[int, int] = {}
    for each in deliveries:
        counts[each.id] = counts.get(each.id, 0) + 1
    return [_told(each, counts[each.id], visit) for each in {each.id: each for each in deliveries}.values()]


def told_of(deliveries: Iterable[AlertDelivery], visit: Visit) -> dict[int, list[Told]]:
    """The messages of each alert."""
    found: dict[int, list[Told]] = {}
    for each in deliveries:
        found.setdefault(each.alert_id, []).append(_told(each, 1, visit))
    return found


def _told(delivery: AlertDelivery, alerts: int, visit: Visit) -> Told:
    state = DeliveryState(delivery.state)
    to = _destination(delivery)
    when = to_the_minute(_when(delivery), visit.now, visit.reader.zone_info)
    words = delivery_in_words(delivery.channel, state, delivery.attempts, when.text, to)
    return Told(delivery.id, to, state, words, when, delivery.attempts, alerts, delivery.last_error, delivery.receipt)


def _destination(delivery: AlertDelivery) -> str:
    try:
        destination = _decode(delivery.destination.encode())
    except msgspec.MsgspecError:  # of another version: its channel stands in a column of its own
        return channel_in_words(delivery.channel)
    if destination.channel in _NAMED and destination.dispatch is not None:
        return destination_in_words(destination.dispatch)
    return channel_in_words(delivery.channel)


def _when(delivery: AlertDelivery) -> datetime:
    if delivery.delivered_at is not None:
        return delivery.delivered_at
    return delivery.next_attempt_at if delivery.state == DeliveryState.pending.value else delivery.created_at
