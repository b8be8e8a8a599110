"""The one kind of thread that this server makes: no bug ends it, and its owner can end it in time."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from scouter.metrics import THREAD_FAILURES

log = logging.getLogger(__name__)

RETRY_SECONDS = 2.0


class WorkerThread:
    """Owns the thread `name`, which calls `action` again and again.

    `action` does a piece of work and returns the seconds until it wants to be called again; what it waits for in
    between, it waits for with `pause`, which a stop cuts short. What the action knows how to meet is the action's to
    catch. Whatever else leaves it is logged with the name of the thread, counted, and followed by another call after
    `retry_seconds`.
    """

    def __init__(self, name: str, action: Callable[[], float], *, retry_seconds: float = RETRY_SECONDS) -> None:
        self.name = name
        self._action = action
        self._retry_seconds = retry_seconds
        self._failures = THREAD_FAILURES.labels(name)  # from now on: one that appears late looks like no failure
        self._stopping = threading.Event()
        # It rests after a failure. Not until an action ends well: one may take as long as the process.
        self.is_failing = False
        # A daemon: what hangs in a call that nobody can cut short must not keep the process from ending. Who stops it
        # waits for it, as long as a stop may take.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    def start(self) -> None:
        self._thread.start()

    def pause(self, seconds: float) -> bool:
        """Wait, for the thread itself. Whether it is to stop, then at once."""
        return self._stopping.wait(seconds)

    def request_stop(self) -> None:
        """The action under way is the last one."""
        self._stopping.set()

    def join(self, deadline: float) -> bool:
        """Wait for the end, until `deadline` on time.monotonic() at most. Whether it has ended, or never begun."""
        if self._thread.ident is not None:
            self._thread.join(max(deadline - time.monotonic(), 0.0))
        return not self._thread.is_alive()

    def _run(self) -> None:
        pause = 0.0
        while not self._stopping.is_set():
            pause = self._turn(pause)

    def _turn(self, pause: float) -> float:
        """Wait, then act. The seconds to wait before the next turn."""
        retry = self._retry_seconds
        try:
            if self._stopping.wait(pause):
                return 0.0
            self.is_failing = False
            return float(self._action())  # whatever else it returned would be waited for without end
        except BaseException:  # a thread that ends in silence is worse than whatever this is
            self.is_failing = True
            with suppress(BaseException):  # without memory there is no line in the log either
                self._failures.inc()
                log.exception("thread %r failed in an unforeseen way; it goes on in %g s", self.name, retry)
            return retry
