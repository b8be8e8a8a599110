"""A set of hours of the last 28 days: 672 bits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)
SIZE = 28 * 24


@dataclass(frozen=True, slots=True)
class HourSet:
    """`bits` has a bit for each hour from `first` on, the lowest for `first` itself."""

    first: datetime
    bits: int = 0

    def __contains__(self, moment: object) -> bool:
        """Whether the hour that this moment is in belongs to it. Hours that are not kept do not."""
        at = self._index(moment) if isinstance(moment, datetime) else -1
        return at >= 0 and bool(self.bits >> at & 1)

    def with_hour(self, moment: datetime) -> HourSet:
        """With the hour that this moment is in; the oldest hours make room for it. One too old to be kept: the same."""
        at = self._index(moment)
        if at < 0:
            return self
        dropped = max(at - SIZE + 1, 0)
        return HourSet(self.first + dropped * HOUR, (self.bits >> dropped) | 1 << (at - dropped))

    def text(self) -> str:
        """As Postgres writes `bit varying`, the oldest hour first; ends with the newest hour in it."""
        return f"{self.bits:b}"[::-1] if self.bits else ""

    @classmethod
    def parse(cls, first: datetime, text: str) -> HourSet:
        return cls(hour_of(first), int(text[::-1] or "0", 2))

    def _index(self, moment: datetime) -> int:
        return (hour_of(moment) - self.first) // HOUR


def hour_of(moment: datetime) -> datetime:
    """When its hour began."""
    return moment.replace(minute=0, second=0, microsecond=0)


def empty_set(now: datetime) -> HourSet:
    """Which can take any of the last 28 days."""
    return HourSet(hour_of(now) - (SIZE - 1) * HOUR)
