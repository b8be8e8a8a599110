"""Leap seconds: `23:59:60` is a moment that clocks show now and then, and that no `datetime` can hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

_LEAP_SECOND = re.compile(
    r"(?P<minute>\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d):60(?P<fraction>\.\d+)?(?P<offset>[Zz]|[+-]\d\d:\d\d)", re.ASCII
)


def second_after(text: str) -> str | None:
    """The next second, as clocks go on that know no leap seconds; None for a text that is none."""
    match = _LEAP_SECOND.fullmatch(text)
    if match is None:
        return None
    try:
        next_minute = datetime.fromisoformat(match["minute"] + match["offset"].upper()) + timedelta(minutes=1)
        is_midnight = next_minute.astimezone(UTC).strftime("%H:%M") == "00:00"
    except (ValueError, OverflowError):
        return None
    if not is_midnight:
        return None
    return f"{next_minute:%Y-%m-%dT%H:%M:%S}{match['fraction'] or ''}{match['offset']}"


def without_leap_seconds(sent: Any, key: str) -> Any:
    """A copy in which every member of that name that is a leap second is the next second."""
    if isinstance(sent, Mapping):
        return {name: _member(name, value, key) for name, value in sent.items()}
    if isinstance(sent, list | tuple):
        return [without_leap_seconds(each, key) for each in sent]
    return sent


def _member(name: str, value: Any, key: str) -> Any:
    if name == key and isinstance(value, str):
        return second_after(value) or value
    return without_leap_seconds(value, key)
