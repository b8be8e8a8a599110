"""The program as a person sees it: started on a terminal, and read from there."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from tests.server_process import ROOT

_ERASE = "\r\x1b[2K"


class ProgramOnTerminal:
    """`python scouter.py ARGUMENTS` with standard output and error on a terminal of its own."""

    def __init__(self, *arguments: str, environment: Mapping[str, str], columns: int = 100) -> None:
        self._reader, writer = os.openpty()
        self.resize(columns)
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("SCOUTER_", "DATABASE_", "LOG_")) and name not in {"CI", "NO_COLOR"}
        }
        try:
            self.process = subprocess.Popen(
                # Who runs the tests in the background ignores Ctrl-C, and all that they start with them.
                ["env", "--default-signal=INT", sys.executable, str(ROOT / "scouter.py"), *arguments],
                env={**inherited, "TERM": "xterm", **environment},
                stdin=writer,
                stdout=writer,
                stderr=writer,
                start_new_session=True,
            )
        finally:
            os.close(writer)
        self.sent = ""
        """Everything that it wrote so far, with what moves the cursor."""

    def resize(self, columns: int) -> None:
        fcntl.ioctl(self._reader, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    @property
    def lines(self) -> list[str]:
        """What stays to be read: bars are erased."""
        return [line.rpartition(_ERASE)[2] for line in self.sent.split("\n")[:-1]]

    @property
    def bars(self) -> list[str]:
        """Each that was drawn, in order."""
        pieces = [piece.partition("\n")[0] for piece in self.sent.split(_ERASE)[1:]]
        return [piece for piece in pieces if piece and piece not in self.lines]

    def read_until(self, text: str, seconds: float = 30) -> Self:
        deadline = time.monotonic() + seconds
        while text not in self.sent:
            assert time.monotonic() < deadline, f"{text!r} did not come:\n{self.sent}"
            if not self._read():
                assert text in self.sent, f"it ended:\n{self.sent}"
        return self

    def interrupt(self) -> None:
        """Ctrl-C."""
        os.killpg(self.process.pid, signal.SIGINT)

    def wait(self, seconds: float = 30) -> int:
        """Read the rest. The exit status."""
        deadline = time.monotonic() + seconds
        while self._read():
            assert time.monotonic() < deadline, self.sent
        return self.process.wait(seconds)

    def _read(self) -> bool:
        """What is there within a moment. False: nobody has the terminal open any more."""
        if not select.select([self._reader], [], [], 0.1)[0]:
            return True
        try:
            self.sent += os.read(self._reader, 2**16).decode(errors="replace").replace("\r\n", "\n")
        except OSError:
            return False
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.wait()
        finally:
            os.close(self._reader)
