"""A thread that looks again and again whether there is something to do."""

from __future__ import annotations

import sched
import time
from collections.abc import Callable

from scouter.runtime.worker_thread import RETRY_SECONDS, WorkerThread


class PollingThread(WorkerThread):
    """`poll` looks once, does what is due, and returns the seconds until the next look."""

    def __init__(self, name: str, poll: Callable[[], float], *, retry_seconds: float = RETRY_SECONDS) -> None:
        super().__init__(name, self._run_due, retry_seconds=retry_seconds)
        self._poll = poll
        self._scheduler = sched.scheduler(time.monotonic, self.pause)

    def _run_due(self) -> float:
        if self._scheduler.empty():  # the first look, or the last one failed
            self._scheduler.enter(0, 0, self._look)
        # Not blocking: its own waiting could not be cut short by a stop.
        return self._scheduler.run(blocking=False) or 0.0

    def _look(self) -> None:
        pause = self._poll()
        if not self.is_stopping:  # the scheduler does not come back from what is always due
            self._scheduler.enter(pause, 0, self._look)
