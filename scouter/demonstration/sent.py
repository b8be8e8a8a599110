"""A message of the past: what was sent, and when it came; and where the past of a model lies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from scouter.demonstration.models import DAILY, Watched

CHECKED_AFTER = timedelta(seconds=61)  # a server waits for a minute for the last records of a window


@dataclass(frozen=True, slots=True)
class Sent:
    """`raw`: wire JSON."""

    raw: bytes
    at: datetime


def last_window_end(model: Watched, now: datetime) -> datetime:
    """The end of the last window that has been checked: midnight, or the full hour. The past is told from there."""
    hour = (now - CHECKED_AFTER).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return hour.replace(hour=0) if model.schedule == DAILY else hour


def registration_time(model: Watched, now: datetime) -> datetime:
    """Where its first window began, unless it is so new that none has."""
    begin = now if model.age < 1 else last_window_end(model, now)
    return begin - timedelta(days=model.age)
