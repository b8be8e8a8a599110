"""When a problem fires and when it ends: n bad windows of m, and so many good ones in a row."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

AUTO = "auto"
ACCEPTED = "auto, or n of m with 1 <= n <= m <= 30, such as 2 of 3"
MOST_WINDOWS = 30

_WRITTEN = re.compile(r"([0-9]{1,2}) of ([0-9]{1,2})")
# Waiting for one more check costs minutes where windows are close to each other, and a day where they are not.
_FAR_APART = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Count:
    """`bad` bad windows among the last `windows`."""

    bad: int
    windows: int

    def __str__(self) -> str:
        return f"{self.bad} of {self.windows}"


@dataclass(frozen=True, slots=True)
class FiringRule:
    """Fires at `fire`, ends after `resolve` good windows in a row."""

    fire: Count
    resolve: int

    @property
    def context(self) -> int:
        """How many verdicts before a window have a say in what becomes of it."""
        return max(self.fire.windows, self.resolve) - 1


def read_fire_after(text: object) -> Count | None:
    """None: `auto`. Raises `ValueError` with what is accepted."""
    if text == AUTO:
        return None
    written = _WRITTEN.fullmatch(text) if isinstance(text, str) else None
    if written is None:
        raise ValueError(ACCEPTED)
    count = Count(int(written[1]), int(written[2]))
    if not 1 <= count.bad <= count.windows <= MOST_WINDOWS:
        raise ValueError(ACCEPTED)
    return count


def write_fire_after(count: Count | None) -> str:
    return AUTO if count is None else str(count)


def fire_after(wanted: Count | None, gap: timedelta | None) -> Count:
    """What `auto` comes to. `gap`: how far windows are apart; None, not known, counts as close together."""
    if wanted is not None:
        return wanted
    return Count(1, 1) if gap is not None and gap >= _FAR_APART else Count(2, 3)
