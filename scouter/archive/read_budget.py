"""How much may be read for one answer, and for how long."""

from __future__ import annotations

import time
from dataclasses import dataclass

_LEAST_SECONDS = 0.001


class TimeUp(Exception):
    """It takes longer than it may."""


class TooManyRecords(Exception):
    """There are more records than may be read; `rows` of them at least."""

    def __init__(self, rows: int) -> None:
        super().__init__(rows)
        self.rows = rows


@dataclass(frozen=True, slots=True)
class ReadBudget:
    """`end` is on time.monotonic()."""

    rows: int
    end: float

    @property
    def seconds(self) -> float:
        """That are left, more than none: raises `TimeUp` instead."""
        self.require_time()
        return max(self.end - time.monotonic(), _LEAST_SECONDS)

    def require_time(self) -> None:
        """Raises `TimeUp`."""
        if time.monotonic() >= self.end:
            raise TimeUp

    def require_room(self, rows: int) -> None:
        """Raises `TooManyRecords`."""
        if rows > self.rows:
            raise TooManyRecords(rows)
