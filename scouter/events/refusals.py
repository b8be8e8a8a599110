"""A limit on what Postgres refuses in a row: when nothing is good any more, the fault is more likely ours."""

from __future__ import annotations

import logging
import threading

log = logging.getLogger(__name__)

MOST_IN_A_ROW = 1000


class TooManyRefusals(Exception):
    """Nothing was stored: quarantine would fill with messages that may be good."""


class Refusals:
    """Counts refused messages since the last good one. Safe to use from any thread."""

    def __init__(self, most: int = MOST_IN_A_ROW) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._in_a_row = 0
        self.is_stopped = False

    def note(self, refused: int, stored: int) -> None:
        """Called before the commit. Raises `TooManyRefusals`, so that the transaction is rolled back."""
        with self._lock:
            if stored:
                self._in_a_row = 0
                if self.is_stopped:
                    log.warning("Postgres takes messages again")
                self.is_stopped = False
            elif refused:
                self._count(refused)

    def resume(self) -> None:
        """Begin to count anew: somebody has looked, and takes the messages for bad."""
        with self._lock:
            self._in_a_row = 0
            self.is_stopped = False

    def _count(self, refused: int) -> None:
        if self._in_a_row + refused > self._most:
            if not self.is_stopped:
                log.error(
                    "Postgres refused %d messages in a row: nothing more goes to quarantine, messages stay in the "
                    "spool until one is stored, an admin resumes, or the server is started again",
                    self._in_a_row,
                )
            self.is_stopped = True
            raise TooManyRefusals
        self._in_a_row += refused
