"""Values of many features, put down on the disk as they come, and taken up again one feature after another.

So they are read once, and memory holds those of one feature: 16 bytes each.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from scouter.drift.spc_check import TimedValues
from scouter.runtime.private_files import make_private_directory

_IN_MEMORY_BYTES = 4 * 2**20
_WIDTH = 8  # bytes of a moment, and of a value


@dataclass(frozen=True, slots=True)
class _Segment:
    """Values of one feature, in the order of time: their moments at `offset`, the values behind them."""

    first: int
    offset: int
    count: int


class SpooledValues:
    """In a file that has no name: nothing is left of it, however the process ends."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._segments: dict[str, list[_Segment]] = {}
        self._end = 0
        self.rows = 0

    @property
    def names(self) -> list[str]:
        return sorted(self._segments)

    def add(
        self,
        names: Sequence[str],
        owners: npt.NDArray[np.int64],
        moments: npt.NDArray[np.int64],
        values: npt.NDArray[np.float64],
    ) -> None:
        """`owners`: which of `names` each value is of; moments in microseconds since 1970. All of shape (n,)."""
        order = np.lexsort((moments, owners))
        owners, moments, values = owners[order], moments[order], values[order]
        edges = np.flatnonzero(np.diff(owners, prepend=-1, append=-1))
        for begin, end in pairwise(edges):
            self._put(names[owners[begin]], moments[begin:end], values[begin:end])
        self.rows += len(owners)

    def of(self, name: str) -> TimedValues:
        """All of one feature, the oldest first."""
        segments = sorted(self._segments.get(name, ()), key=lambda each: each.first)
        count = sum(each.count for each in segments)
        moments, values, filled = np.empty(count, np.int64), np.empty(count), 0
        for each in segments:
            moments[filled : filled + each.count] = self._read(each.offset, each.count, np.int64)
            values[filled : filled + each.count] = self._read(each.offset + _WIDTH * each.count, each.count, np.float64)
            filled += each.count
        if not (moments[1:] >= moments[:-1]).all():
            order = np.argsort(moments, kind="stable")
            moments, values = moments[order], values[order]
        return TimedValues(moments, values)

    def _put(self, name: str, moments: npt.NDArray[np.int64], values: npt.NDArray[np.float64]) -> None:
        self._file.seek(self._end)
        self._file.write(moments.tobytes())
        self._file.write(values.tobytes())
        self._segments.setdefault(name, []).append(_Segment(int(moments[0]), self._end, len(moments)))
        self._end += 2 * _WIDTH * len(moments)

    def _read(self, offset: int, count: int, kind: type[np.int64] | type[np.float64]) -> npt.NDArray[Any]:
        self._file.seek(offset)
        return np.frombuffer(self._file.read(_WIDTH * count), dtype=kind)


@contextmanager
def spooled_values(directory: Path) -> Iterator[SpooledValues]:
    """For as long as the block takes; small ones stay in memory."""
    make_private_directory(directory)
    with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES, dir=str(directory)) as file:
        yield SpooledValues(file)
