"""What was refused a moment ago, so that nobody asks again for every message that brings it."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable


class RecentRefusals:
    """Names by owner, for `seconds`; the oldest give way beyond `maximum`. Safe to use from any thread."""

    def __init__(self, *, seconds: float, maximum: int) -> None:
        self._seconds = seconds
        self._maximum = maximum
        self._lock = threading.Lock()
        self._until: OrderedDict[tuple[int, str], float] = OrderedDict()  # on time.monotonic()

    def add(self, owner: int, names: Iterable[str]) -> None:
        until = time.monotonic() + self._seconds
        with self._lock:
            for name in names:
                self._until.pop((owner, name), None)
                self._until[owner, name] = until
            while len(self._until) > self._maximum:
                self._until.popitem(last=False)

    def holds(self, owner: int, names: Iterable[str]) -> bool:
        """Whether every one of them was refused a moment ago."""
        now = time.monotonic()
        return all(self._until.get((owner, name), 0.0) > now for name in names)

    def forget(self, owner: int) -> None:
        with self._lock:
            for key in [key for key in self._until if key[0] == owner]:
                del self._until[key]
