"""How many pages are made at once: people never keep messages waiting."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from scouter.errors import Busy

_WAIT_SECONDS = 2.0


class ReadingRoom:
    def __init__(self, seats: int) -> None:
        self._seats = threading.BoundedSemaphore(seats)

    @contextmanager
    def seat(self) -> Iterator[None]:
        """Raises `Busy` for whom there is none within two seconds."""
        if not self._seats.acquire(timeout=_WAIT_SECONDS):
            raise Busy()
        try:
            yield
        finally:
            self._seats.release()
