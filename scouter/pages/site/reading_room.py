"""How many pages are made at once, and how soon one after the other: people never keep messages waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from heapq import heappop, heappush

from scouter.errors import Busy

_WAIT_SECONDS = 2.0
_RESTS = 2  # times as long as it was taken
_LONGEST_REST_SECONDS = 0.5


class ReadingRoom:
    """A seat rests twice as long as it was taken, half a second at most.

    Who reads does not notice. Those who reload without a pause take a third of what they could from the messages, with
    which they share one interpreter.
    """

    def __init__(self, seats: int) -> None:
        self._rested = [0.0] * seats  # since when each seat that nobody has may be taken: a heap
        self._left = threading.Condition()

    @contextmanager
    def seat(self) -> Iterator[None]:
        """Raises `Busy` for whom there is none within two seconds."""
        taken = self._take(time.monotonic() + _WAIT_SECONDS)
        try:
            yield
        finally:
            self._leave(taken)

    def _take(self, deadline: float) -> float:
        with self._left:
            while (now := time.monotonic()) < deadline:
                if self._rested and self._rested[0] <= now:
                    heappop(self._rested)
                    return now
                self._left.wait(min([deadline, *self._rested[:1]]) - now)
        raise Busy()

    def _leave(self, taken: float) -> None:
        now = time.monotonic()
        with self._left:
            heappush(self._rested, now + min(_RESTS * (now - taken), _LONGEST_REST_SECONDS))
            self._left.notify_all()
