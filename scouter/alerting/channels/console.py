"""Alerts on standard output."""

from __future__ import annotations

import sys
import threading
from datetime import datetime

from scouter.alerting.channels.outcome import Delivered, DeliveryOutcome, Retry
from scouter.wire.notifications import Notification

_one_at_a_time = threading.Lock()  # two blocks must not mix


class Console:
    """Prints each notification as one block."""

    def send(self, notification: Notification, now: datetime) -> DeliveryOutcome:  # noqa: ARG002  # the same for all channels
        try:
            _write(block_of(notification))
        except (OSError, ValueError) as error:  # nobody reads any more, or it was closed
            return Retry(f"standard output cannot be written to: {type(error).__name__}")
        return Delivered("printed on the server's standard output")


def block_of(notification: Notification) -> str:
    """The heading, the profile, the description and where to look, with an empty line behind them."""
    heading = f"{notification.title}: {notification.profile} ({notification.drift_type})"
    lines = [heading, *(["Late records."] if notification.late else []), notification.descriptions.console]
    if notification.url is not None:
        lines.append(f"More: {notification.url}")
    return "".join(f"{_plain(line)}\n" for line in lines) + "\n"


def _plain(text: str) -> str:
    """Names come from clients, and terminals obey control characters."""
    return "".join(sign if sign.isprintable() or sign == "\n" else "?" for sign in text.rstrip())


def _write(block: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    writable = block.encode(encoding, "replace").decode(encoding)
    with _one_at_a_time:
        sys.stdout.write(writable)
        sys.stdout.flush()
