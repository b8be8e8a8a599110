"""Deliveries of alerts as they travel: receipts by the page, and the answer to a test message."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from scouter.wire.names import Name, Uid, Version
from scouter.wire.notifications import ChannelName
from scouter.wire.profiles import DriftType

MAX_DELIVERIES = 500


class DeliveryState(StrEnum):
    """Where a delivery stands. `given_up`: no further try is made."""

    pending = "pending"
    delivered = "delivered"
    given_up = "given_up"


class DeliveriesQuery(Struct, frozen=True):
    """Which deliveries; `cursor` is the `next_cursor` of the page before."""

    uid: Uid | None = None
    state: DeliveryState | None = None
    limit: Annotated[int, Meta(ge=1, le=MAX_DELIVERIES)] = 50
    cursor: Annotated[int, Meta(ge=1, le=2**63 - 1)] | None = None


class DeliveryItem(Struct, frozen=True):
    """One message to one channel. `receipt` is what the service said, `last_error` why the last failed try failed."""

    id: int
    uid: str
    space: str
    name: str
    version: str
    drift_type: DriftType
    channel: ChannelName
    alert_ids: list[int]
    state: DeliveryState
    created_at: datetime
    attempts: int
    next_attempt_at: datetime | None
    delivered_at: datetime | None
    last_error: str | None
    receipt: str | None


class DeliveriesPage(Struct, frozen=True):
    """Newest first."""

    items: list[DeliveryItem]
    has_next: bool
    next_cursor: int | None


class AlertTestRequest(Struct, frozen=True):
    """Names one profile: by uid, or by the other four together."""

    uid: Uid | None = None
    space: Name | None = None
    name: Name | None = None
    version: Version | None = None
    drift_type: DriftType | None = None


class TrialResult(StrEnum):
    """`retry`: an alert would be tried again. `refused`: it would be given up at once."""

    delivered = "delivered"
    retry = "retry"
    refused = "refused"


class ChannelTest(Struct, frozen=True):
    """What became of the test message in one channel. `detail` is what the service said."""

    channel: ChannelName
    outcome: TrialResult
    detail: str
    retry_after_seconds: float | None
    seconds: float


class AlertTestReply(Struct, frozen=True):
    """`delivered`: by every channel."""

    uid: str
    delivered: bool
    channels: list[ChannelTest]


def accepted_by_deliveries(name: str, _: object) -> str | None:
    """What a member of these requests takes, where the type alone does not say it well."""
    choices: dict[str, type[StrEnum]] = {"state": DeliveryState, "drift_type": DriftType}
    return f"one of {', '.join(choices[name])}" if name in choices else None
