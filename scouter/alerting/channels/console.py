"""Alerts on standard output."""

from __future__ import annotations

import sys
import threading
from datetime import datetime

from scouter.alerting.channels.outcome import Delivered, DeliveryOutcome, Retry
from scouter.alerting.channels.plain_text import one_line, plain
from scouter.wire.notifications import Notification
from scouter.wire.problem_messages import ProblemMessage

_one_at_a_time = threading.Lock()  # two blocks must not mix


class Console:
    """Prints each notification as one block."""

    def send(self, notification: Notification, now: datetime) -> DeliveryOutcome:  # noqa: ARG002  # the same for all channels
        return _print(block_of(notification))

    def send_problems(self, message: ProblemMessage, now: datetime) -> DeliveryOutcome:  # noqa: ARG002  # the same
        return _print(problem_block_of(message))


def block_of(notification: Notification) -> str:
    """The heading, the profile, the description and where to look, with an empty line behind them."""
    heading = f"{notification.title}: {notification.profile} ({notification.drift_type})"
    return _block(heading, notification.descriptions.console, late=notification.late, url=notification.url)


def problem_block_of(message: ProblemMessage) -> str:
    """The same; the heading names what it is about."""
    return _block(one_line(message.heading), message.descriptions.console, late=message.late, url=message.url)


def _block(heading: str, description: str, *, late: bool, url: str | None) -> str:
    lines = [heading, *(["Late records."] if late else []), description, *([f"More: {url}"] if url else [])]
    return "".join(f"{plain(line)}\n" for line in lines) + "\n"


def _print(block: str) -> DeliveryOutcome:
    try:
        _write(block)
    except (OSError, ValueError) as error:  # nobody reads any more, or it was closed
        return Retry(f"standard output cannot be written to: {type(error).__name__}")
    return Delivered("printed on the server's standard output")


def _write(block: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    writable = block.encode(encoding, "replace").decode(encoding)
    with _one_at_a_time:
        sys.stdout.write(writable)
        sys.stdout.flush()
