"""Threads of their own for one kind of work: what waits there keeps nobody else waiting."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue

from scouter.runtime.worker_thread import WorkerThread

Work = Callable[[], object]

_RETRY_SECONDS = 0.1


class Bulkhead:
    """Owns threads that all go by one name, and the line before them.

    So many pieces of work are under way at most, and so many more wait; whoever comes then is turned away at once.
    Safe to use from any thread.
    """

    def __init__(self, name: str, *, threads: int, line: int) -> None:
        self.name = name
        self.turned_away = 0
        self._most = threads + line
        self._in_hand: deque[None] = deque()  # one for each piece of work: its ends are safe to use from any thread
        self._line: SimpleQueue[Work | None] = SimpleQueue()
        self.threads = [WorkerThread(name, self._serve, retry_seconds=_RETRY_SECONDS) for _ in range(threads)]

    @property
    def waiting(self) -> int:
        """Pieces of work that wait for a thread."""
        return self._line.qsize()

    @property
    def busy(self) -> int:
        """Threads that have something in hand."""
        return max(len(self._in_hand) - self._line.qsize(), 0)

    def submit(self, work: Work) -> bool:
        """Have it done by the next thread that is free. False, at once: the line is full."""
        if len(self._in_hand) >= self._most:
            self.turned_away += 1
            return False
        self._in_hand.append(None)
        self._line.put(work)
        return True

    def take_back(self) -> list[Work]:
        """What nobody has begun; it is the caller's now."""
        found: list[Work] = []
        with suppress(Empty):
            while (work := self._line.get_nowait()) is not None:
                self._in_hand.pop()
                found.append(work)
        return found

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def request_stop(self) -> None:
        """Once nobody brings work any more. What is in the line is done first."""
        for thread in self.threads:
            thread.request_stop()
        for _ in self.threads:
            self._line.put(None)

    def join(self, deadline: float) -> bool:
        return all(thread.join(deadline) for thread in self.threads)

    def _serve(self) -> float:
        while (work := self._take()) is not None:
            try:
                work()
            finally:
                self._in_hand.pop()
        return 0.0

    def _take(self) -> Work | None:
        return self._line.get()
