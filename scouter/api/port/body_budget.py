"""How many bytes of request bodies are in memory at once: of those that arrive, and of those that are handled.

A message takes a multiple of its bytes while it is handled, and a body that is never finished takes its bytes for as
long as its client likes. So all of them together have a limit, and those of callers who may be anybody a part of
it: as many as renew their tokens at the same time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

from scouter.metrics import HTTP_BODY_BYTES
from scouter.runtime.metrics_collector import Gauge, gauge

# The last quarter is for those, so that a few large bodies keep no ordinary message out.
_ORDINARY_BYTES = 2**20


class BodyBudget:
    """Takes and gives back from any thread."""

    def __init__(self, max_bytes: int) -> None:
        self._all = max_bytes
        self._for_large = max_bytes * 3 // 4
        self._for_strangers = max_bytes // 4
        self._lock = threading.Lock()
        self._held = 0
        self._held_by_strangers = 0

    @property
    def held(self) -> int:
        return self._held

    def take(self, count: int, *, size: int, is_known: bool) -> bool:
        """`count` more bytes for a body of `size`. False: there is no room, and nothing is taken."""
        limit = self._all if size <= _ORDINARY_BYTES else self._for_large
        with self._lock:
            if self._held + count > limit:
                return False
            if not is_known:
                if self._held_by_strangers + count > self._for_strangers:
                    return False
                self._held_by_strangers += count
            self._held += count
            return True

    def give_back(self, count: int, *, is_known: bool) -> None:
        with self._lock:
            self._held -= count
            if not is_known:
                self._held_by_strangers -= count

    def metrics(self) -> Iterable[Gauge]:
        yield gauge(HTTP_BODY_BYTES, lambda: self._held)
