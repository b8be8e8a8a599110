"""The windows of a schedule: what each check would look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from scouter.drift.schedules import Schedule

Moments = npt.NDArray[np.int64]

MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CheckWindows:
    """Windows without a gap between them: records of window n have bounds[n] < created_at <= bounds[n + 1]."""

    bounds: tuple[datetime, ...]

    def __len__(self) -> int:
        return max(len(self.bounds) - 1, 0)

    @property
    def start(self) -> datetime:
        return self.bounds[0]

    @property
    def end(self) -> datetime:
        return self.bounds[-1]

    @property
    def ends(self) -> tuple[datetime, ...]:
        return self.bounds[1:]

    @property
    def first_moments(self) -> list[datetime]:
        """The first one of each window: moments are whole microseconds."""
        return [bound + MICROSECOND for bound in self.bounds[:-1]]

    def places(self, moments: Moments) -> Moments:
        """Which window each moment (microseconds since 1970) is in, shape (n,). -1, or their number: in none."""
        bounds = np.array([microseconds(bound) for bound in self.bounds], dtype=np.int64)
        return np.searchsorted(bounds, moments, side="left").astype(np.int64) - 1


def windows_between(schedule: Schedule, start: datetime, end: datetime, most: int) -> CheckWindows:
    """Those that close after `start` and by `end`, `most` + 1 of them at most.

    The first one begins at the last instant of the schedule at or before `start`; at `start`, where there is none.
    """
    bounds = [schedule.latest_at_or_before(start) or start.astimezone(UTC)]
    while len(bounds) <= most + 1:
        following = schedule.next_after(bounds[-1])
        if following is None or following > end:
            break
        bounds.append(following)
    return CheckWindows(tuple(bounds))


def microseconds(moment: datetime) -> int:
    """Since 1970."""
    return (moment - _EPOCH) // MICROSECOND
