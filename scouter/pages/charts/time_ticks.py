"""The horizontal axis: dates where a day begins in the reader's zone, hours between them.

The zone is asked for each day, so those of 23 and 25 hours, and those that begin at one o'clock, are right as well.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from scouter.pages.text.times import MONTHS

_DAY = 86_400
_CLOCK_STEPS = (1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200)
_DAY_STEPS = (1, 2, 3, 5, 7, 14)
_MONTH_STEPS = (1, 2, 3, 6)
_YEAR_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)
_MONTH_LENGTH, _YEAR_LENGTH = 30.44 * _DAY, 365.25 * _DAY
# What datetime can say, less a year, since zones move it and days before and after are asked for.
EARLIEST = datetime(2, 1, 1, tzinfo=UTC).timestamp()
LATEST = datetime(9998, 12, 31, tzinfo=UTC).timestamp()
_ANY_MONDAY = date(1970, 1, 5)


@dataclass(frozen=True, slots=True)
class TimeTick:
    """An instant in epoch seconds, and what is written below it."""

    instant: float
    text: str


def time_ticks(start: float, end: float, most: int, zone: tzinfo) -> list[TimeTick]:
    """Ticks within start to end, both in epoch seconds, ascending: about `most` of them or fewer.

    No date stands there twice without an hour.
    """
    first, last = bearable(start), bearable(end)
    unit, step = _spacing(last - first, most)
    found = {instant for instant in _instants(first, last, unit, step, zone) if first <= instant <= last}
    ticks = [TimeTick(instant, _text(instant, unit, step, zone)) for instant in sorted(found)]
    return _with_a_date(_each_date_once(ticks) if unit in ("clock", "day") else ticks, zone)


def bearable(instant: float) -> float:
    """An instant that datetime can say; the earliest for what is no number."""
    return EARLIEST if math.isnan(instant) else min(max(instant, EARLIEST), LATEST)


def _spacing(length: float, most: int) -> tuple[str, int]:
    """The unit and how many of it lie between two ticks, for a window of so many seconds."""
    choices = (
        ("clock", 1.0, _CLOCK_STEPS),
        ("day", _DAY, _DAY_STEPS),
        ("month", _MONTH_LENGTH, _MONTH_STEPS),
        ("year", _YEAR_LENGTH, _YEAR_STEPS),
    )
    fitting = ((unit, step) for unit, size, steps in choices for step in steps if length <= size * step * most)
    return next(fitting, ("year", _YEAR_STEPS[-1]))


def _instants(start: float, end: float, unit: str, step: int, zone: tzinfo) -> Iterator[float]:
    opening, closing = _local(start, zone).date(), _local(end, zone).date()
    if unit == "clock":
        yield from _clock_times(start, end, step, zone)
    elif unit == "day":
        yield from (_beginning_of(day, zone) for day in _days(opening, closing, step))
    else:
        months = step if unit == "month" else step * 12
        yield from (_beginning_of(day, zone) for day in _firsts_of_months(opening, closing, months))


def _clock_times(start: float, end: float, step: int, zone: tzinfo) -> Iterator[float]:
    """Multiples of a step on the local clock. An hour that comes twice has its ticks twice."""
    midnights = [_beginning_of(day, zone) for day in _days(_local(start, zone).date(), _local(end, zone).date(), 1)]
    yield from midnights
    for offset in {_offset(instant, zone) for instant in (start, *midnights, end)}:
        first, last = math.ceil((start + offset) / step), math.floor((end + offset) / step)
        instants = (index * step - offset for index in range(first, last + 1))
        yield from (instant for instant in instants if _offset(instant, zone) == offset)


def _days(first: date, last: date, step: int) -> Iterator[date]:
    """Every `step` days, counted from one Monday, so that ticks stay on their dates while a window moves on."""
    day = first - timedelta(days=(first - _ANY_MONDAY).days % step)
    while day <= last:
        yield day
        day += timedelta(days=step)


def _firsts_of_months(first: date, last: date, step: int) -> Iterator[date]:
    opening, closing = first.year * 12 + first.month - 1, last.year * 12 + last.month - 1
    for month in range(max(12, opening - opening % step), closing + 1, step):
        yield date(month // 12, month % 12 + 1, 1)


def _beginning_of(day: date, zone: tzinfo) -> float:
    """The first instant of a day. Where the clock jumps over midnight, that is the instant of the jump."""
    return datetime.combine(day, time(), zone).timestamp()


def _text(instant: float, unit: str, step: int, zone: tzinfo) -> str:
    local = _local(instant, zone)
    if unit == "clock" and _local(instant - 1, zone).date() == local.date():
        return f"{local:%H:%M:%S}" if step < 60 else f"{local:%H:%M}"
    if unit in ("clock", "day"):
        return _date(local)
    return str(local.year) if local.month == 1 else MONTHS[local.month - 1]


def _each_date_once(ticks: list[TimeTick]) -> list[TimeTick]:
    """Without a date that was there before: some clocks were put back over midnight."""
    texts = [tick.text for tick in ticks]
    return [tick for index, tick in enumerate(ticks) if ":" in tick.text or tick.text not in texts[:index]]


def _with_a_date(ticks: list[TimeTick], zone: tzinfo) -> list[TimeTick]:
    """With the date before the first hour, where all of them are hours of one day."""
    if not ticks or any(":" not in tick.text for tick in ticks):
        return ticks
    first = TimeTick(ticks[0].instant, f"{_date(_local(ticks[0].instant, zone))} {ticks[0].text}")
    return [first, *ticks[1:]]


def _date(local: datetime) -> str:
    return f"{local.day} {MONTHS[local.month - 1]}"


def _local(instant: float, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(instant, zone)


def _offset(instant: float, zone: tzinfo) -> float:
    return (_local(instant, zone).utcoffset() or timedelta()).total_seconds()
