"""Runs commands of `scouter.py` in processes that are forked from this one, which has everything imported.

A command that is started afresh spends a second on imports; forked, a few milliseconds. It can be told to kill itself
with -9 before the nth line of the archive's own code that it comes to, as exactly as no timer can, or to stop there
until it is told to go on. Orders come as JSON on standard input, a line each, and are answered on standard output:
with the exit code, or null when the command has stopped.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import scouter.archive.archiver  # for its imports, and theirs
from scouter.commands import main
from tests.server_process import ROOT

_WATCHED = (str(ROOT / "scouter" / "archive") + os.sep, str(ROOT / "scouter" / "commands" / "archive.py"))

LocalTrace = Callable[[FrameType, str, Any], Any]


class SignalAtLine:
    """A trace function: sends this process a signal. Counts over all threads."""

    def __init__(self, line: int | None, number: int) -> None:
        self._line = line
        self._signal = number
        self.lines = 0

    def __call__(self, frame: FrameType, event: str, _: Any) -> LocalTrace | None:
        return self._on_line if frame.f_code.co_filename.startswith(_WATCHED) else None

    def _on_line(self, frame: FrameType, event: str, _: Any) -> LocalTrace:
        if event == "line":
            self.lines += 1
            if self.lines == self._line:
                os.kill(os.getpid(), self._signal)
        return self._on_line


def be_the_command(order: dict[str, Any]) -> NoReturn:
    os.environ.clear()
    os.environ.update(order["environment"])
    time.tzset()
    os.chdir(order["directory"])
    said = os.open(order["said"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(said, 1)
    os.dup2(said, 2)
    trace = SignalAtLine(order["line"], order["signal"])
    threading.settrace(trace)
    sys.settrace(trace)
    status = main(order["arguments"])
    sys.settrace(None)
    Path(order["said"] + ".lines").write_text(str(trace.lines))
    sys.exit(status)


def serve() -> None:
    pid = 0
    for line in sys.stdin:
        order = json.loads(line)
        if order is None:
            os.kill(pid, signal.SIGCONT)
        else:
            pid = os.fork()
            if pid == 0:
                be_the_command(order)
        print(json.dumps(end_of(pid)), flush=True)


def end_of(pid: int) -> int | None:
    _, status = os.waitpid(pid, os.WUNTRACED)
    return None if os.WIFSTOPPED(status) else os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    assert scouter.archive.archiver.Archiver is not None
    serve()
