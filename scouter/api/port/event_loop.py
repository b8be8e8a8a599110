"""Which sockets have something to do: the kernel keeps the list, so that a turn costs what has happened and no more.

Waitress' own loop asks every socket at every turn what it waits for, thousands that are silent too, and wakes for a
socket that can be written to while a thread is just writing to it: thousands of turns a second without work, each of
which takes the interpreter from whoever has some.
"""

from __future__ import annotations

import os
import select
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from waitress import wasyncore

READ, WRITE = select.POLLIN | select.POLLPRI, select.POLLOUT

Events = list[tuple[int, int]]


class Kernel(Protocol):
    """Tells once that a descriptor is ready, and then no more until it is armed again."""

    def add(self, number: int, flags: int) -> None: ...

    def arm(self, number: int, flags: int) -> None:
        """From any thread."""

    def forget(self, number: int) -> None: ...

    def wait(self, seconds: float) -> Events: ...

    def close(self) -> None: ...


class EpollKernel:
    """Of Linux. What another thread arms counts for the wait under way: nobody has to be woken."""

    def __init__(self) -> None:
        self._epoll = select.epoll()

    def add(self, number: int, flags: int) -> None:
        self._epoll.register(number, flags | select.EPOLLONESHOT)

    def arm(self, number: int, flags: int) -> None:
        self._epoll.modify(number, flags | select.EPOLLONESHOT)

    def forget(self, number: int) -> None:
        self._epoll.unregister(number)

    def wait(self, seconds: float) -> Events:
        return self._epoll.poll(seconds)

    def close(self) -> None:
        self._epoll.close()


class PollKernel:
    """Of other systems. The loop is woken for what is armed while it waits."""

    def __init__(self) -> None:
        self._poll = select.poll()
        self._armed: deque[tuple[int, int]] = deque()
        self._owner = 0  # the thread that waits
        self._bell, self._button = os.pipe()
        for end in (self._bell, self._button):
            os.set_blocking(end, False)
        self._poll.register(self._bell, select.POLLIN)

    def add(self, number: int, flags: int) -> None:
        self._poll.register(number, flags)

    def arm(self, number: int, flags: int) -> None:
        self._armed.append((number, flags))
        if threading.get_ident() != self._owner:
            with suppress(BlockingIOError):  # it has been rung often enough
                os.write(self._button, b"x")

    def forget(self, number: int) -> None:
        with suppress(KeyError):  # it is not waited for now
            self._poll.unregister(number)

    def wait(self, seconds: float) -> Events:
        self._owner = threading.get_ident()
        while self._armed:
            self._poll.register(*self._armed.popleft())
        ready = self._poll.poll(seconds * 1000)
        return [each for each in ready if self._is_for_others(each[0])]

    def close(self) -> None:
        os.close(self._bell)
        os.close(self._button)

    def _is_for_others(self, number: int) -> bool:
        if number != self._bell:
            self._poll.unregister(number)
            return True
        os.read(self._bell, 4096)
        return False


def best_kernel() -> Kernel:
    return EpollKernel() if hasattr(select, "epoll") else PollKernel()


class WatchedSockets(dict[int, Any]):
    """Waitress' sockets by descriptor. They are put in and taken out by the thread that makes the turns."""

    def __init__(self, kernel: Callable[[], Kernel] = best_kernel) -> None:
        super().__init__()
        self._kernel = kernel()
        self.turns = 0

    def __setitem__(self, number: int, each: Any) -> None:
        super().__setitem__(number, each)
        self._kernel.add(number, READ)

    def __delitem__(self, number: int) -> None:
        super().__delitem__(number)
        self._kernel.forget(number)

    def clear(self) -> None:
        """The end."""
        super().clear()
        self._kernel.close()

    def arm(self, number: int, each: Any) -> None:
        """Wait for what it waits for now. From any thread that keeps it from being closed meanwhile."""
        flags = (READ if each.readable() else 0) | (WRITE if each.writable() else 0)
        if flags:
            self._kernel.arm(number, flags)

    def turn(self, seconds: float) -> None:
        """Wait for something to happen, that long at most, and have whoever it happened to deal with it."""
        self.turns += 1
        problem: BaseException | None = None
        for number, flags in self._kernel.wait(seconds):
            try:
                self._tell(number, flags)
            except BaseException as raised:  # noqa: BLE001  # the others are told only once: they are heard first
                problem = raised
        if problem is not None:
            raise problem

    def _tell(self, number: int, flags: int) -> None:
        each = self.get(number)
        if each is None:  # closed in this turn
            return
        try:
            wasyncore.readwrite(each, flags)
        finally:
            if self.get(number) is each:
                self.arm(number, each)
