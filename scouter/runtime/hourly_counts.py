"""Counts of what would fill the log if each had a line: one line an hour says how many there were."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Mapping

_HOUR = 3600.0
_MOST_KINDS = 20
_OTHERS = "others"


class HourlyCounts:
    """Safe to use from any thread. Whoever sends may make up kinds; beyond twenty they are counted together."""

    def __init__(self, seconds: float = _HOUR) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._next = float("-inf")  # on time.monotonic()

    def add(self, kind: str, count: int = 1) -> None:
        with self._lock:
            is_new = kind not in self._counts and len(self._counts) >= _MOST_KINDS
            self._counts[_OTHERS if is_new else kind] += count

    def due(self) -> Mapping[str, int]:
        """What has come since it was last said, by kind. At once for the first, then once an hour; else nothing."""
        if not self._counts or time.monotonic() < self._next:
            return {}
        return self.rest()

    def rest(self) -> Mapping[str, int]:
        """The same, whenever that is: nobody comes back for it."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
            self._next = time.monotonic() + self._seconds
        return counts


def in_words(counts: Mapping[str, int]) -> str:
    """Most frequent first."""
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    return ", ".join(f"{count} of {kind}" for kind, count in ordered)
