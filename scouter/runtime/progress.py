"""Progress of what takes longer than two seconds: a bar where a person waits at a terminal, else lines in the log."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from scouter.runtime.how_far import FIRST_SECONDS, HowFar, pause_before_next_line
from scouter.runtime.worker_thread import WorkerThread
from scouter.terminal import Terminal, standard_error

_FRAME_SECONDS = 0.2
_ASK_SECONDS = 2.0  # between two questions about what a bar waits for
_END_SECONDS = 0.5


class Progress:
    """What somebody says of his work while he is at it, from his own thread; `progress` makes it."""

    def __init__(
        self, log: logging.Logger, what: str, total: int | None, unit: str, level: int, terminal: Terminal
    ) -> None:
        self._log = log
        self._what = what
        self._unit = unit
        self._level = level
        self._terminal = terminal
        # A bar is for whoever waits for the work. What a server does beside its own is for the log.
        self._is_bar = terminal.has_bar and threading.current_thread() is threading.main_thread()
        self._began = time.monotonic()
        self._asked_at = float("-inf")
        self._hindrance = ""
        self._was_said = self._has_ended = False
        self._lock = threading.Lock()  # after its end nothing is said or drawn any more
        self._thread = WorkerThread("progress", self._look)
        self.done = 0
        self.total = total
        self.detail = ""
        """What it is at."""
        self.waits_for: Callable[[], str] = str
        """Asked now and then, in another thread, what stands in the way; it raises nothing."""
        self.result = ""
        """Said at the end in any case, with the time that it took."""

    def advance(self, count: int = 1) -> None:
        self.done += count

    def begin(self) -> None:
        if self._log.isEnabledFor(self._level):
            self._thread.start()

    def end(self, *, is_whole: bool) -> None:
        self._thread.request_stop()
        with self._lock:
            self._has_ended = True
            self._terminal.hide(self)
        self._thread.join(time.monotonic() + _END_SECONDS)
        how_far = self._how_far()
        if is_whole and self.result:
            self._log.log(self._level, "%s, in %.1f s", self.result, how_far.seconds)
        elif self._was_said:
            self._log.log(self._level, "%s", how_far.end_line(is_whole=is_whole))

    def _look(self) -> float:
        """Say how far it is, if it is time to. The seconds until the next look."""
        seconds = time.monotonic() - self._began
        if seconds < FIRST_SECONDS:
            return FIRST_SECONDS - seconds
        self._ask()
        with self._lock:
            if not self._has_ended:
                self._was_said = True
                self._say()
        return _FRAME_SECONDS if self._is_bar else pause_before_next_line(seconds)

    def _ask(self) -> None:
        now = time.monotonic()
        if not self._is_bar or now - self._asked_at > _ASK_SECONDS:
            self._asked_at, self._hindrance = now, self.waits_for()

    def _say(self) -> None:
        if self._is_bar:
            self._terminal.show(self, self._how_far().bar(self._terminal.columns))
        else:
            self._log.log(self._level, "%s", self._how_far().line())

    def _how_far(self) -> HowFar:
        detail = ", ".join(each for each in (self.detail, self._hindrance) if each)
        return HowFar(self._what, time.monotonic() - self._began, self.done, self.total, self._unit, detail)


@contextmanager
def progress(
    log: logging.Logger, what: str, *, total: int | None = None, unit: str = "", level: int = logging.INFO
) -> Iterator[Progress]:
    """The block is the work. Nothing is said of one that takes less than two seconds, but its `result`.

    `log` is that of whoever does it, and takes the lines at that `level`; a terminal has a bar in their place.
    """
    step = Progress(log, what, total, unit, level, standard_error())
    step.begin()
    try:
        yield step
    except BaseException:
        step.end(is_whole=False)
        raise
    step.end(is_whole=True)
