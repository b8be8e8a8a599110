"""What became of one try to send a notification. No text in here may hold a secret."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from scouter.wire.notifications import Notification
from scouter.wire.problem_messages import ProblemMessage, Remote


@dataclass(frozen=True, slots=True)
class Delivered:
    """The service took it. `receipt` is what it said, `remote` what it calls the first message of an episode."""

    receipt: str
    remote: Remote | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """It may work later: not before `retry_after_seconds`, where the service named a time."""

    reason: str
    retry_after_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """It will not work, however often it is tried."""

    reason: str


DeliveryOutcome: TypeAlias = Delivered | Retry | Refused


class Channel(Protocol):
    """One way out, with everything that it needs to know."""

    def send(self, notification: Notification, now: datetime) -> DeliveryOutcome:
        """Send it, within the channel's timeout. What goes wrong with the service is an outcome, not an exception."""
        ...

    def send_problems(self, message: ProblemMessage, now: datetime) -> DeliveryOutcome:
        """Send it as `send` does, as part of what was told of the same episode before."""
        ...
