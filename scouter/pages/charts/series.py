"""What a chart draws: values by time bin, within a window. Gaps stay gaps."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from itertools import groupby, pairwise
from statistics import fmean, median

from scouter.pages.charts.scale import drawable
from scouter.pages.charts.time_ticks import bearable

# A bin is missing between two that begin further apart than this many bins.
_GAP = 1.5
_LEAST_WINDOW = 60.0
_WIDEST = 100 * 365.25 * 86_400  # what is wider is no bin that somebody asked for
_SMALLER = 2.0**20  # so that sums of the largest values stay floats


@dataclass(frozen=True, slots=True)
class Window:
    """What time a chart is about, in epoch seconds, and in whose zone it is read."""

    start: float
    end: float
    zone: tzinfo = UTC

    def drawable(self) -> Window:
        """The same with an end that is after its start, by a minute at least."""
        start, end = bearable(self.start), bearable(self.end)
        return Window(start, max(end, start + _LEAST_WINDOW), self.zone)


@dataclass(frozen=True, slots=True)
class CheckSpan:
    """The window of a check that alerted, (start, end], in epoch seconds."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Series:
    """Values by time bin: the bin's start in epoch seconds, ascending, and what is known of it.

    `lowest` and `highest` are parallel to `values`, or empty where they are not known. `bin_seconds` is the width of a
    bin; 0 takes the distance that most of them have.
    """

    times: Sequence[float]
    values: Sequence[float | None]
    lowest: Sequence[float | None] = ()
    highest: Sequence[float | None] = ()
    bin_seconds: float = 0.0

    @classmethod
    def newest_first(cls, times: Sequence[float], values: Sequence[float | None], bin_seconds: float = 0.0) -> Series:
        """From lists that begin with the newest, as replies have them."""
        return cls(times[::-1], values[::-1], bin_seconds=bin_seconds)


@dataclass(frozen=True, slots=True)
class Bin:
    """One time bin as it is drawn. The numbers are finite, and none is too large for arithmetic."""

    start: float
    width: float
    value: float
    lowest: float | None
    highest: float | None
    reach: tuple[float, float]  # the least and the greatest of its numbers

    @classmethod
    def of(
        cls, start: float, width: float, value: float, lowest: float | None = None, highest: float | None = None
    ) -> Bin:
        known = [each for each in (value, lowest, highest) if each is not None]
        return cls(start, width, value, lowest, highest, (min(known), max(known)))

    @property
    def middle(self) -> float:
        return self.start + self.width / 2


@dataclass(frozen=True, slots=True)
class Bins:
    """The bins of a series that lie in a window, ascending, and how wide each of them is, in seconds."""

    items: Sequence[Bin] = ()
    width: float = 0.0
    runs: Sequence[Sequence[Bin]] = field(default=())  # without a gap inside

    @classmethod
    def of(
        cls, series: Series, window: Window, most: int, value_of_many: Callable[[list[float]], float] = fmean
    ) -> Bins:
        """The drawable bins, neighbours put together where there are more than `most`."""
        width = _width(series)
        inside = [
            each for each in _bins(series, width) if each.start + width > window.start and each.start < window.end
        ]
        items, width = _put_together(inside, width, window, most, value_of_many)
        return cls(items, width, list(_runs(items, width)))

    def within(self, span: CheckSpan) -> list[Bin]:
        """The bins that overlap the window of a check."""
        return [each for each in self.items if each.start < span.end and each.start + self.width > span.start]


def _width(series: Series) -> float:
    if 0 < series.bin_seconds <= _WIDEST:
        return series.bin_seconds
    steps = [later - earlier for earlier, later in pairwise(series.times) if 0 < later - earlier <= _WIDEST]
    return median(steps) if steps else _LEAST_WINDOW


def _bins(series: Series, width: float) -> Iterator[Bin]:
    unknown: Sequence[float | None] = [None] * len(series.values)
    rows = zip(series.times, series.values, series.lowest or unknown, series.highest or unknown, strict=True)
    for start, value, lowest, highest in rows:
        known = drawable(value)
        if known is not None and math.isfinite(start) and bearable(start) == start:
            yield Bin.of(start, width, known, drawable(lowest), drawable(highest))


def _put_together(
    bins: list[Bin], width: float, window: Window, most: int, value_of_many: Callable[[list[float]], float]
) -> tuple[list[Bin], float]:
    if len(bins) <= most:
        return bins, width
    wide = width * math.ceil((window.end - window.start) / width / (most - 1))
    groups = groupby(bins, key=lambda each: math.floor(each.start / wide))
    return [_as_one(list(group), index * wide, wide, value_of_many) for index, group in groups], wide


def _as_one(bins: list[Bin], start: float, width: float, value_of_many: Callable[[list[float]], float]) -> Bin:
    """One value for all of them, and all that they reach, where that is known of them."""
    value = value_of_many([each.value / _SMALLER for each in bins]) * _SMALLER
    if all(each.lowest is None and each.highest is None for each in bins):
        return Bin.of(start, width, value)
    reaches = [each.reach for each in bins]
    return Bin.of(start, width, value, min(low for low, _ in reaches), max(high for _, high in reaches))


def _runs(bins: Sequence[Bin], width: float) -> Iterator[list[Bin]]:
    run: list[Bin] = []
    for each in bins:
        if run and each.start - run[-1].start > width * _GAP:
            yield run
            run = []
        run.append(each)
    if run:
        yield run
