"""A published client in a process of its own, driven from a test."""

from __future__ import annotations

import json
import os
import select
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

DRIVERS = Path(__file__).parent / "drivers"
_ANSWER_SECONDS = 30.0


class ClientRaised(Exception):
    """What the client raised, as its type and text."""


class ClientSession:
    """Runs `drivers/session.py` with a client environment's python, in a directory that holds nothing else."""

    def __init__(self, python: Path, directory: Path) -> None:
        self._python = python
        self._directory = directory
        self._log = directory / "client.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._unread = b""

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def __enter__(self) -> Self:
        self._directory.mkdir(parents=True)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [str(self._python), str(DRIVERS / "session.py")],
                cwd=self._directory,
                env=client_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.communicate(timeout=10)

    def ask(self, do: str, **arguments: object) -> Any:
        """What the command returned. Raises `ClientRaised` when the client did."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **arguments}).encode() + b"\n")
        self._process.stdin.flush()
        reply = json.loads(self._line(do, time.monotonic() + _ANSWER_SECONDS))
        if "error" in reply:
            raised = ClientRaised(reply["error"])
            raised.add_note(self.log[-4000:])
            raise raised
        return reply["value"]

    def _line(self, do: str, deadline: float) -> bytes:
        assert self._process is not None
        assert self._process.stdout is not None
        while b"\n" not in self._unread:
            left = deadline - time.monotonic()
            ready, _, _ = select.select([self._process.stdout], [], [], max(left, 0))
            assert ready, f"no answer to {do!r} in time; the client said:\n{self.log}"
            read = os.read(self._process.stdout.fileno(), 1 << 20)
            assert read, f"the client ended during {do!r}:\n{self.log}"
            self._unread += read
        line, _, self._unread = self._unread.partition(b"\n")
        return line


def client_environment(**more: str) -> dict[str, str]:
    """The environment of a client: without what would change whom it logs in to, or how it gets there."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SCOUTER_", "PYTHON")) and not name.lower().endswith("_proxy")
    }
    return {**kept, "LOG_LEVEL": "info", **more}
