"""Limits failed logins per user and address. A right password always passes: the limit is for guessing."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque

MAX_FAILURES = 10
WINDOW_SECONDS = 60.0
_MAX_TRACKED = 10_000


class LoginLimit:
    """Counts failures in a sliding window. Times are seconds of any steady clock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def is_suspect(self, username: str, address: str) -> bool:
        """Whether this user failed from this address too often of late."""
        return len(self._failures.get((username, address), ())) > MAX_FAILURES

    def failed(self, username: str, address: str, now: float) -> int | None:
        """Note a failure. None, or the seconds to wait when there were too many in the last minute."""
        with self._lock:
            times = self._failures.pop((username, address), deque())
            while times and times[0] <= now - WINDOW_SECONDS:
                times.popleft()
            if len(times) <= MAX_FAILURES:  # no more is needed to know that it is too many
                times.append(now)
            self._failures[username, address] = times
            while len(self._failures) > _MAX_TRACKED:
                self._failures.popitem(last=False)
            too_many = len(times) > MAX_FAILURES
            return max(1, int(times[0] + WINDOW_SECONDS - now)) if too_many else None
