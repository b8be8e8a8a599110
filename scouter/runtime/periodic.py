"""A thread that does one thing again and again."""

from __future__ import annotations

import sched
import threading
import time
from collections.abc import Callable


class Periodic:
    """Owns the thread `name`. `action` does its work and returns the seconds until it wants to be called again.

    What the action may run into is the action's to catch: an exception that leaves it ends the thread, and `alive`
    tells.
    """

    def __init__(self, name: str, action: Callable[[], float]) -> None:
        self._action = action
        self._stopping = threading.Event()
        self._scheduler = sched.scheduler(time.monotonic, self._stopping.wait)
        self._thread = threading.Thread(target=self._run, name=name)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Return when the action under way is done; it is not called again."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        self._scheduler.enter(0, 0, self._act)
        while not self._stopping.is_set():
            # Not blocking: its own waiting could not be cut short by a stop.
            self._stopping.wait(self._scheduler.run(blocking=False))

    def _act(self) -> None:
        self._scheduler.enter(self._action(), 0, self._act)
