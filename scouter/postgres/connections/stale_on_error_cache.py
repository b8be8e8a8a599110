"""A cache of what the database said a moment ago, which also stands in for it while it is away."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from scouter.errors import DatabaseAway
from scouter.postgres.connections.errors import AWAY

Key = TypeVar("Key")
Value = TypeVar("Value")


class StaleOnErrorCache(Generic[Key, Value]):
    """Values by key, loaded again when older than `seconds`; the least recently used give way beyond `most`.

    When loading fails because Postgres is away, the last known value is given, however old. Absence (None) is not
    remembered: what was unknown a moment ago may have been registered since.
    """

    def __init__(self, load: Callable[[Key], Value | None], *, seconds: float, maximum: int) -> None:
        self._load = load
        self._seconds = seconds
        self._maximum = maximum
        self._lock = threading.Lock()
        self._held: OrderedDict[Key, tuple[float, Value]] = OrderedDict()
        self._drops = 0

    def get(self, key: Key) -> Value | None:
        held = self._held.get(key)
        if held is not None and time.monotonic() - held[0] < self._seconds:
            return held[1]
        drops = self._drops
        try:
            value = self._load(key)
        except (*AWAY, DatabaseAway):
            if held is None:
                raise
            return held[1]
        self._hold(key, value, drops)
        return value

    def prime(self, key: Key, value: Value) -> None:
        """Hold what somebody else has loaded, for when the database is away. While it is there, it is asked first."""
        with self._lock:
            if key not in self._held and len(self._held) < self._maximum:
                self._held[key] = (float("-inf"), value)

    def drop(self, key: Key) -> None:
        """Load it afresh next time."""
        with self._lock:
            self._drops += 1
            self._held.pop(key, None)

    def clear(self) -> None:
        """Load everything afresh next time."""
        with self._lock:
            self._drops += 1
            self._held.clear()

    def _hold(self, key: Key, value: Value | None, drops: int) -> None:
        with self._lock:
            self._held.pop(key, None)
            # What was loaded while something was dropped may be from before the change that it was dropped for.
            if value is None or drops != self._drops:
                return
            self._held[key] = (time.monotonic(), value)
            while len(self._held) > self._maximum:
                self._held.popitem(last=False)
