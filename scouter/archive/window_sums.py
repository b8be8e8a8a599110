"""Sums of records by feature and window, gathered from wherever the records are: hot tables and files of one window."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from scouter.drift.replayed_features import WindowMean

Integers = npt.NDArray[np.int64]


class WindowCounts:
    """Observations of PSI: by feature, window and bin. Columns, for there may be as many as records."""

    def __init__(self, windows: int) -> None:
        self.window_rows = np.zeros(windows, dtype=np.int64)
        self._codes: dict[str, int] = {}
        self._parts: list[tuple[Integers, Integers, Integers, Integers]] = []
        self._sorted: tuple[Integers, ...] | None = None

    @property
    def rows(self) -> int:
        return int(self.window_rows.sum())

    def add(
        self, names: Sequence[str], owners: Integers, places: Integers, bins: Integers, counts: Integers, rows: Integers
    ) -> None:
        """`owners`: which of `names` each sum is of; `places`: its window. All of shape (n,)."""
        codes = np.array([self._codes.setdefault(name, len(self._codes)) for name in names], dtype=np.int64)
        self._parts.append((codes[owners], places, bins, counts))
        np.add.at(self.window_rows, places, rows)

    def of(self, name: str) -> dict[int, dict[int, int]]:
        """Of one feature: window -> bin -> observations."""
        found: dict[int, dict[int, int]] = {}
        code = self._codes.get(name)
        if code is None:
            return found
        owners, places, bins, counts = self._columns()
        begin, end = np.searchsorted(owners, (code, code + 1))
        columns = (column[begin:end].tolist() for column in (places, bins, counts))
        for place, bin_id, count in zip(*columns, strict=True):
            bins_of = found.setdefault(place, {})
            bins_of[bin_id] = bins_of.get(bin_id, 0) + count
        return found

    def _columns(self) -> tuple[Integers, ...]:
        """Sorted by feature, once."""
        if self._sorted is None:
            columns = [np.concatenate(column) for column in zip(*self._parts, strict=True)]
            order = np.argsort(columns[0], kind="stable")
            self._sorted, self._parts = tuple(column[order] for column in columns), []
        return self._sorted


class WindowMeans:
    """Custom metrics: mean and scatter by metric and window."""

    def __init__(self, windows: int) -> None:
        self.window_rows = np.zeros(windows, dtype=np.int64)
        self._means: dict[str, dict[int, WindowMean]] = {}

    @property
    def rows(self) -> int:
        return int(self.window_rows.sum())

    def add(self, found: Iterator[tuple[str, int, WindowMean]]) -> None:
        """Metric, window and what a part of its records comes to."""
        for name, place, mean in found:
            by_window = self._means.setdefault(name, {})
            other = by_window.get(place)
            by_window[place] = mean if other is None else merged_means(other, mean)
            self.window_rows[place] += mean.count

    def of(self, name: str) -> dict[int, WindowMean]:
        """Of one metric, by window."""
        return self._means.get(name, {})


def merged_means(one: WindowMean, other: WindowMean) -> WindowMean:
    """Of both, which have no record in common: Chan, Golub, LeVeque 1979, as in `scouter.drift.charts`.

    Where either scatters beyond reckoning, so do both together; one record alone does not scatter.
    """
    count = one.count + other.count
    half_apart = other.mean / 2 - one.mean / 2  # the whole of it may be more than a float holds
    share = other.count / count
    mean = one.mean + half_apart * share + half_apart * share
    spreads = [_spread(each) for each in (one, other)]
    if None in spreads:
        return WindowMean(count, mean, None)
    between = abs(half_apart) * 2 * math.sqrt(one.count * share)
    deviation = math.hypot(*(each or 0.0 for each in spreads), between) / math.sqrt(count - 1)
    return WindowMean(count, mean, deviation if math.isfinite(deviation) else None)


def _spread(part: WindowMean) -> float | None:
    """The root of the sum of squares about its mean."""
    if part.deviation is None:
        return 0.0 if part.count == 1 else None
    return part.deviation * math.sqrt(part.count - 1)
