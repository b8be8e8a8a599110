"""A limit on what Postgres refuses in a row: when nothing is good any more, the fault is more likely ours."""

from __future__ import annotations

import logging
import threading

log = logging.getLogger(__name__)

MAX_IN_A_ROW = 1000


class TooManyRejections(Exception):
    """Nothing was stored: quarantine would fill with messages that may be good."""


class RejectionLimit:
    """Counts rejected messages since the last good one. Safe to use from any thread.

    Beyond the limit messages stay where they are, and are tried now and then, until something is stored, which shows
    that the cause is gone, or until somebody who has looked takes them for bad.
    """

    def __init__(self, maximum: int = MAX_IN_A_ROW) -> None:
        self._maximum = maximum
        self._lock = threading.Lock()
        self._in_a_row = 0
        self._is_waived = False
        self.is_stopped = False

    def count(self, *, rejected: int, stored: int) -> None:
        """Called before the commit. Raises `TooManyRejections`, so that the transaction is rolled back."""
        with self._lock:
            if stored:
                self._begin_anew(is_waived=False)
            elif rejected:
                self._count_rejected(rejected)

    def resume(self) -> None:
        """Whatever Postgres refuses is bad indeed, until it takes a message again."""
        with self._lock:
            self._begin_anew(is_waived=True)

    def _begin_anew(self, *, is_waived: bool) -> None:
        if self.is_stopped:
            log.warning("messages that Postgres refuses go to quarantine again")
        self._in_a_row = 0
        self._is_waived = is_waived
        self.is_stopped = False

    def _count_rejected(self, rejected: int) -> None:
        if not self._is_waived and self._in_a_row + rejected > self._maximum:
            if not self.is_stopped:
                log.error(
                    "Postgres refuses more than %d messages in a row, which is more likely a fault of the database or "
                    "of this server: they stay in the spool, and are tried again. If they are bad, an admin says so "
                    "with POST /scouter/spool/resume",
                    self._maximum,
                )
            self.is_stopped = True
            raise TooManyRejections
        self._in_a_row += rejected
