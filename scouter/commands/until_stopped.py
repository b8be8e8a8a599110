"""A server from its start to its stop: signals, and an end by force when something hangs."""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

from scouter.runtime.large_allocations import give_back_large_allocations
from scouter.runtime.supervisor import LAST_SECONDS
from scouter.runtime.worker_thread import WorkerThread
from scouter.server import Server
from scouter.settings.settings import Settings

log = logging.getLogger(__name__)

_SUPERVISE_SECONDS = 0.5
_GRACE_SECONDS = LAST_SECONDS + 1.0
_LOG_SECONDS = 1.0


def run_until_stopped(
    settings: Settings,
    start: Callable[[Server], None],
    started: Callable[[Server], None] = lambda _: None,
    ended: Callable[[], None] = lambda: None,
) -> int:
    """Start, wait for SIGTERM or SIGINT, stop. The exit status.

    `start` starts it, with nothing left running when it raises; `started` is for what comes after, and a signal breaks
    that off as well. `ended` is called when nothing of it is left, or when what is left cannot be waited for.
    """
    give_back_large_allocations()
    stop = _Stop()
    server = Server(settings)
    with suppress(KeyboardInterrupt), stop.breaks_off():
        start(server)
    try:
        with suppress(KeyboardInterrupt), stop.breaks_off():
            started(server)
        while not stop.asked.wait(_SUPERVISE_SECONDS):
            server.supervise()
    finally:
        _end_by_force_after(settings.http.shutdown_seconds + _GRACE_SECONDS, ended)
        abandoned = server.stop()
        ended()
    if abandoned:
        _end_now(1)  # the interpreter would wait for what hangs
    return 0


class _Stop:
    """SIGTERM and SIGINT. They break off what is under way at the start, and are waited for afterwards."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self._may_break_off = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._ask())

    @contextmanager
    def breaks_off(self) -> Iterator[None]:
        """The first signal raises KeyboardInterrupt in the block: a start may wait for a lock for ever."""
        if self.asked.is_set():
            raise KeyboardInterrupt
        self._may_break_off = True
        try:
            yield
        finally:
            self._may_break_off = False

    def _ask(self) -> None:
        self.asked.set()
        if self._may_break_off:
            self._may_break_off = False  # a second one must not break off what ends the first parts
            raise KeyboardInterrupt


def _end_by_force_after(seconds: float, ended: Callable[[], None]) -> None:
    """Whatever hangs: what was accepted is stored or in the spool by then."""

    def end() -> NoReturn:
        thread.pause(seconds)  # nobody asks it to stop
        try:
            left = sorted(each.name for each in threading.enumerate() if each.name != thread.name)
            log.error("abandoned what took longer than SCOUTER_SHUTDOWN_SECONDS: %s", ", ".join(left))
            ended()
        finally:
            _end_now(1)

    thread = WorkerThread("stop deadline", end)
    thread.start()
    # Nor does a log that nobody reads hold up the end: whoever writes to a full pipe waits, that thread too.
    faulthandler.dump_traceback_later(seconds + _LOG_SECONDS, exit=True, file=os.open(os.devnull, os.O_WRONLY))


def _end_now(status: int) -> NoReturn:
    try:
        logging.shutdown()
    finally:
        os._exit(status)
