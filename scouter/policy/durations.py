"""Lengths of time as people write them in a policy: `24h`, `5m`, `90d`, `30s`."""

from __future__ import annotations

import re
from datetime import timedelta

ACCEPTED = "a length of time such as 30s, 5m, 24h or 7d"
OFF = "off"

_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_WRITTEN = re.compile(r"([0-9]{1,10})([smhd])")


def read_duration(text: object) -> timedelta:
    """Raises `ValueError` with what is accepted."""
    written = _WRITTEN.fullmatch(text) if isinstance(text, str) else None
    if written is None:
        raise ValueError(ACCEPTED)
    try:
        return int(written[1]) * _UNITS[written[2]]
    except OverflowError:
        raise ValueError(ACCEPTED) from None


def write_duration(length: timedelta | None) -> str:
    """In the largest unit that needs no fraction; None is `off`."""
    if length is None:
        return OFF
    for unit in ("d", "h", "m"):
        if length and not length % _UNITS[unit]:
            return f"{length // _UNITS[unit]}{unit}"
    return f"{length // _UNITS['s']}s"


def spoken_duration(length: timedelta) -> str:
    """For a sentence, in its two largest units: `3 h 20 min`, `2 d 4 h`, `40 s`."""
    seconds = max(int(length.total_seconds()), 0)
    counted = [(seconds // 86_400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s")]
    first = next((at for at, (count, _) in enumerate(counted) if count), 3)
    return " ".join(f"{count} {unit}" for count, unit in counted[first : first + 2] if count) or "0 s"
