"""To whom alerts were sent, and what became of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

import msgspec
from msgspec import UNSET

from scouter.pages.site.visit import Visit
from scouter.pages.text.plain_text import shortened
from scouter.pages.text.times import TimeText, to_the_minute
from scouter.pages.wording.channels import channel_in_words, delivery_in_words, destination_in_words
from scouter.postgres.tables.alert_context import AlertDelivery, Delivered
from scouter.wire.deliveries import DeliveryState
from scouter.wire.notifications import ChannelName, Destination

_NAMED = (ChannelName.slack, ChannelName.opsgenie)
_decode = msgspec.json.Decoder(Destination).decode


@dataclass(frozen=True, slots=True)
class Told:
    """One message. `words` say all of it: `sent to Slack #drift 11:01`."""

    id: int
    to: str
    state: str
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
    return [told_one(each, visit, counts[each.id]) for each in {each.id: each for each in deliveries}.values()]


def told_of(deliveries: Iterable[AlertDelivery], visit: Visit) -> dict[int, list[Told]]:
    """The messages of each alert."""
    found: dict[int, list[Told]] = {}
    for each in deliveries:
        found.setdefault(each.alert_id, []).append(told_one(each, visit))
    return found


def told_one(delivery: Delivered, visit: Visit, alerts: int = 1) -> Told:
    to = destination_of(delivery)
    when = to_the_minute(_when(delivery), visit.now, visit.reader.zone_info)
    words = delivery_in_words(delivery.channel, delivery.state, delivery.attempts, when.text, to)
    return Told(
        delivery.id,
        to,
        delivery.state,
        words,
        when,
        delivery.attempts,
        alerts,
        delivery.last_error,
        delivery.receipt,
    )


def destination_of(delivery: Delivered) -> str:
    """`Slack #drift`, `e-mail to team@example.com`."""
    channel = channel_in_words(delivery.channel)
    try:
        destination = _decode(delivery.destination.encode())
    except msgspec.MsgspecError:  # of another version: its channel stands in a column of its own
        return channel
    if destination.mail_to is not UNSET:
        return f"{channel} to {shortened(destination.mail_to)}"
    if destination.service is not UNSET:
        return f"{channel} {shortened(destination.service)}"
    if destination.channel in _NAMED and destination.dispatch is not None:
        return destination_in_words(destination.dispatch)
    return channel


def _when(delivery: Delivered) -> datetime:
    if delivery.delivered_at is not None:
        return delivery.delivered_at
    return delivery.next_attempt_at if delivery.state == DeliveryState.pending.value else delivery.created_at
