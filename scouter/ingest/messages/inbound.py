"""A message as it arrived, before anybody has looked into it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from scouter.auth.permissions import Caller

Transport = Literal["http", "kafka", "rabbitmq"]
TRANSPORTS: tuple[Transport, ...] = ("http", "kafka", "rabbitmq")


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """Everything that is needed to store a message, now or when Postgres is back.

    `received_at` decides whether its records are in the accepted time, and is the time of what carries none. `caller`
    has the permissions of that moment. `key` is the sender's `Idempotency-Key`.
    """

    transport: Transport
    raw: bytes
    caller: Caller
    received_at: datetime
    key: str | None = None
