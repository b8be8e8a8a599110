"""Times by the seconds or hours after a fixed one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 10, 5, tzinfo=UTC)  # a Monday


def at(seconds: float = 0, *, hours: float = 0) -> datetime:
    return START + timedelta(seconds=seconds, hours=hours)
