"""Standard error on a real terminal and elsewhere: lines and a bar, and neither in the middle of the other."""

from __future__ import annotations

import fcntl
import io
import os
import struct
import termios
from collections.abc import Iterator
from contextlib import closing
from typing import TextIO

import pytest

from scouter.terminal import Terminal, is_terminal, takes_bar

_END = b"\0end"


class Screen:
    """A terminal of which one reads what was sent to it."""

    def __init__(self) -> None:
        self._reader, writer = os.openpty()
        self.stream: TextIO = os.fdopen(writer, "w", encoding="utf-8")

    def sent(self) -> str:
        """All of it: the kernel passes it on when it likes, in pieces, but in order."""
        os.write(self.stream.fileno(), _END)
        read = b""
        while not read.endswith(_END):
            read += os.read(self._reader, 2**16)
        return read.removesuffix(_END).decode().replace("\r\n", "\n")

    def resize(self, columns: int) -> None:
        fcntl.ioctl(self._reader, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def hang_up(self) -> None:
        os.close(self._reader)
        self._reader = -1

    def close(self) -> None:
        if self._reader >= 0:
            self.hang_up()
        try:
            self.stream.close()
        except OSError:  # it has hung up with something unsent
            return


@pytest.fixture
def screen() -> Iterator[Screen]:
    with closing(Screen()) as opened:
        yield opened


def test_a_line_is_written_above_the_bar(screen: Screen) -> None:
    terminal = Terminal(screen.stream, has_bar=True)
    terminal.show("a", "half")
    terminal.write("a line\n")
    terminal.flush()
    terminal.hide("a")
    terminal.write("another\n")
    terminal.flush()
    assert screen.sent() == "\r\x1b[2Khalf\r\x1b[2Ka line\nhalf\r\x1b[2Kanother\n"


def test_the_newest_bar_is_seen_and_the_one_below_again_after_it(screen: Screen) -> None:
    terminal = Terminal(screen.stream, has_bar=True)
    for owner in ("a", "b"):
        terminal.show(owner, owner * 3)
    terminal.hide("b")
    terminal.hide("a")
    terminal.hide("a")
    assert screen.sent().split("\r\x1b[2K") == ["", "aaa", "bbb", "aaa", ""]


def test_its_width_is_that_of_now(screen: Screen) -> None:
    terminal = Terminal(screen.stream, has_bar=True)
    for columns in (132, 7):
        screen.resize(columns)
        assert terminal.columns == columns
    screen.stream.close()
    assert terminal.columns == 80


def test_a_terminal_that_is_gone_ends_the_bar_and_not_the_work(screen: Screen) -> None:
    terminal = Terminal(screen.stream, has_bar=True)
    screen.hang_up()
    terminal.show("a", "half")
    assert not terminal.has_bar
    terminal.show("a", "more")
    terminal.hide("a")


def test_nobody_listens_where_standard_error_is_closed() -> None:
    terminal = Terminal(None)
    terminal.write("a line\n")
    terminal.flush()
    terminal.show("a", "half")
    assert terminal.columns == 80
    assert not is_terminal(None)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "xterm", "NO_COLOR": "", "CI": ""}, True),
        ({"TERM": "dumb"}, False),
        ({"TERM": ""}, False),
        ({}, False),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "xterm", "CI": "true"}, False),
    ],
)
def test_a_bar_is_for_terminals_that_can_and_people_who_want_it(
    screen: Screen, environment: dict[str, str], expected: bool
) -> None:
    assert takes_bar(screen.stream, environment) is expected
    assert not takes_bar(io.StringIO(), environment)
    assert not takes_bar(None, environment)
