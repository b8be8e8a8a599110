"""Standard error, which the lines of the log share with a bar: neither ever stands in the middle of the other."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import TextIO

_ERASE = "\r\x1b[2K"
_COLUMNS = 80  # of a terminal that does not say
_LAST_STANDARD = 2


class Terminal:
    """Takes whole lines, as a stream does, and draws at most one bar below them. Safe to use from any thread."""

    def __init__(self, stream: TextIO | None, *, has_bar: bool = False) -> None:
        """`stream` is None where nobody listens."""
        self._stream = stream
        self._has_bar = has_bar
        self._bars: dict[object, str] = {}  # by owner, the newest last: that one is shown
        self._lock = threading.Lock()

    @property
    def has_bar(self) -> bool:
        return self._has_bar

    @property
    def columns(self) -> int:
        """As of now: people resize their windows."""
        try:
            return os.get_terminal_size(self._stream.fileno()).columns if self._stream else _COLUMNS
        except (OSError, ValueError):
            return _COLUMNS

    def write(self, text: str) -> None:
        """Whole lines. Raises OSError when nobody reads any more."""
        if self._stream is None:
            return
        with self._lock:
            self._stream.write(f"{_ERASE}{text}{self._shown}" if self._bars else text)

    def flush(self) -> None:
        if self._stream is not None:
            self._stream.flush()

    def show(self, owner: object, bar: str) -> None:
        """Draw it in place of the owner's last one. `bar` is shorter than a line."""
        with self._lock:
            self._bars.pop(owner, None)
            self._bars[owner] = bar
            self._draw()

    def hide(self, owner: object) -> None:
        """Nothing of it is left; a bar of somebody else is seen again."""
        with self._lock:
            if self._bars.pop(owner, None) is not None:
                self._draw()

    @property
    def _shown(self) -> str:
        return next(reversed(self._bars.values()), "")

    def _draw(self) -> None:
        if self._stream is None or not self._has_bar:
            return
        try:
            self._stream.write(_ERASE + self._shown)
            self._stream.flush()
        except (OSError, ValueError):  # the terminal is gone; the work goes on
            self._has_bar = False


def takes_bar(stream: TextIO | None, environment: Mapping[str, str]) -> bool:
    """Whether a person sees it move: on a terminal that can, and where nobody has asked for plain text."""
    if (environment.get("TERM") or "dumb") == "dumb" or environment.get("NO_COLOR") or environment.get("CI"):
        return False
    return is_terminal(stream)


def is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()


def standard_error() -> Terminal:
    """That of this process; until it is set up, one that nobody reads."""
    return _standard_error


def set_up_standard_error(stream: TextIO | None, *, has_bar: bool) -> Terminal:
    global _standard_error
    _hold_standard_descriptors()
    _standard_error = Terminal(stream, has_bar=has_bar)
    return _standard_error


def _hold_standard_descriptors() -> None:
    """One that was closed before we began would be the number of our next socket, and libraries write to it."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= _LAST_STANDARD:
        pass
    os.close(descriptor)


_standard_error = Terminal(None)
