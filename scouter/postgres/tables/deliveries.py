"""The outbox of alerts: put in by checks, claimed by deliverers under a lease, closed with a receipt or given up."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from scouter.postgres.statements import Connection, named_statements
from scouter.postgres.tables.message_groups import take_back
from scouter.wire.notifications import ChannelName, Destination, Notification
from scouter.wire.problem_messages import ProblemMessage, Remote, decode_message

_sql = named_statements("deliveries")


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery that is ours until the lease ends. `attempts` counts this one and is the token of the claim.

    What it holds is decoded late: something unreadable must not keep others from being claimed.
    """

    id: int
    channel: ChannelName
    attempts: int
    created_at: datetime
    destination_text: str
    payload: str

    @property
    def destination(self) -> Destination:
        return msgspec.json.decode(self.destination_text, type=Destination)

    @property
    def message(self) -> Notification | ProblemMessage:
        return decode_message(self.payload)


@dataclass(frozen=True, slots=True)
class _GivenUp:
    group_id: int | None
    undo: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as it stands. `receipt` is what the service said, `last_error` why the last failed try failed."""

    id: int
    uid: str
    space: str
    name: str
    version: str
    drift_type: str
    channel: str
    alert_ids: list[int]
    state: str
    created_at: datetime
    attempts: int
    next_attempt_at: datetime
    delivered_at: datetime | None
    last_error: str | None
    receipt: str | None


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries; None: any. `alert_ids`: that tell of any of these, to be asked for with their entity."""

    spaces: Collection[str] | None = None
    entity_id: int | None = None
    state: str | None = None
    alert_ids: Collection[int] | None = None


def enqueue(
    connection: Connection,
    entity_id: int,
    message: Notification | ProblemMessage,
    destinations: Iterable[Destination],
    now: datetime,
) -> list[int]:
    """Put it in for every destination, in the caller's transaction. The ids of the deliveries."""
    payload = msgspec.json.encode(message).decode()
    ids: list[int] = []
    for destination in destinations:
        ids += _sql["enqueue_delivery"].values(
            connection,
            entity_id=entity_id,
            alert_ids=list(message.alert_ids),
            channel=destination.channel.value,
            destination=msgspec.json.encode(destination).decode(),
            payload=payload,
            now=now,
        )
    return ids


def claim_delivery(
    connection: Connection,
    channels: Collection[ChannelName],
    *,
    now: datetime,
    claimed_by: str,
    claim_until: datetime,
) -> ClaimedDelivery | None:
    """The delivery that has been due for longest in these channels; nobody else gets it before `claim_until`."""
    claimed = _sql["claim_delivery"].one(
        connection,
        ClaimedDelivery,
        channels=[channel.value for channel in channels],
        now=now,
        claimed_by=claimed_by,
        claim_until=claim_until,
    )
    return claimed and replace(claimed, channel=ChannelName(claimed.channel))


def record_delivered(
    connection: Connection, delivery_id: int, *, receipt: str, now: datetime, remote: Remote | None = None
) -> bool:
    """`remote`: what the service calls it. False: somebody closed it before, or its profile was deleted."""
    kept = None if remote is None else msgspec.json.encode(remote).decode()
    return _sql["record_delivered"].run(connection, id=delivery_id, receipt=receipt, remote=kept, now=now) == 1


def record_retry(connection: Connection, claimed: ClaimedDelivery, *, error: str, next_attempt_at: datetime) -> bool:
    """False: the claim has lapsed and somebody else holds it."""
    statement = _sql["record_retry"]
    parameters = {"id": claimed.id, "attempts": claimed.attempts, "error": error, "next_attempt_at": next_attempt_at}
    return statement.run(connection, **parameters) == 1


def record_given_up(connection: Connection, claimed: ClaimedDelivery, *, error: str) -> bool:
    """What it told of problems counts as not told. False: the claim has lapsed and somebody else holds it."""
    given_up = _sql["record_given_up"].one(connection, _GivenUp, id=claimed.id, attempts=claimed.attempts, error=error)
    if given_up is not None and given_up.group_id is not None:
        take_back(connection, given_up.group_id, given_up.undo)
    return given_up is not None


def delivery_page(
    connection: Connection, wanted: DeliveryFilter, *, below_id: int | None, maximum: int
) -> list[Delivery]:
    """The newest `most` deliveries with ids below `below_id`, newest first."""
    return _sql["delivery_page"].all(
        connection,
        Delivery,
        spaces=None if wanted.spaces is None else list(wanted.spaces),
        entity_id=wanted.entity_id,
        state=wanted.state,
        alert_ids=None if wanted.alert_ids is None else list(wanted.alert_ids),
        below_id=below_id,
        maximum=maximum,
    )
