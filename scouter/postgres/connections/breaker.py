"""The circuit breaker: after Postgres failed once, nobody waits for it until somebody has seen it work again."""

from __future__ import annotations

import logging
import threading
import time

log = logging.getLogger(__name__)


class Breaker:
    """Open: Postgres is away or too slow. Safe to use from any thread; asking costs nothing."""

    def __init__(self) -> None:
        self.is_open = False
        self.openings = 0
        self._opened_at = 0.0  # on time.monotonic()
        self._lock = threading.Lock()
        self.problem = ""

    def trip(self, problem: object) -> None:
        """Something did not work that works while Postgres is all right."""
        with self._lock:
            if self.is_open:
                return
            self.is_open = True
            self.openings += 1
            self._opened_at = time.monotonic()
            self.problem = str(problem).strip().partition("\n")[0] or type(problem).__name__
        log.warning("Postgres is away or too slow, messages go to the spool: %s", self.problem)

    def close(self) -> None:
        """Postgres has just stored something in time."""
        with self._lock:
            if not self.is_open:
                return
            self.is_open = False
        log.warning("Postgres stores again, after %.1f s", time.monotonic() - self._opened_at)
