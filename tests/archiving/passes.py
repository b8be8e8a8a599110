"""Passes of `python scouter.py archive` beside a server, whole ones and ones that are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.server_process import ROOT

_KILLED = -signal.SIGKILL


@dataclass(frozen=True)
class Ended:
    """`lines`: of the archive's code, that were run; None when it was killed."""

    status: int
    said: str
    lines: int | None

    @property
    def was_killed(self) -> bool:
        return self.status == _KILLED


class Passes:
    """Owns a process that forks the passes."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._said = directory / "said"
        self._process: subprocess.Popen[str] | None = None

    def run(self, environment: Mapping[str, str], *arguments: str, kill_at: int | None = None) -> Ended:
        """One pass. With `kill_at`, it is killed before that line of the archive's code, if it comes that far."""
        return self._ended(self._answer(self._order(environment, arguments, kill_at, signal.SIGKILL)))

    def run_until(self, environment: Mapping[str, str], line: int) -> Ended | None:
        """One pass that stops before that line, if it comes that far: None, and `go_on` is to be called."""
        status = self._answer(self._order(environment, (), line, signal.SIGSTOP))
        return None if status is None else self._ended(status)

    def go_on(self) -> Ended:
        return self._ended(self._answer(None))

    def _order(
        self, environment: Mapping[str, str], arguments: Sequence[str], line: int | None, number: int
    ) -> dict[str, Any]:
        return {
            "environment": {**_inherited(), **environment},
            "directory": str(self._directory),
            "arguments": ["archive", *arguments],
            "said": str(self._said),
            "line": line,
            "signal": number,
        }

    def _ended(self, status: int | None) -> Ended:
        assert status is not None, "the pass has stopped"
        said = self._said.read_text(errors="replace")
        lines = int(Path(f"{self._said}.lines").read_text()) if status == 0 else None
        assert status in (0, _KILLED), f"the pass ended with {status}:\n{said}"
        return Ended(status, said, lines)

    def _answer(self, order: dict[str, Any] | None) -> int | None:
        assert self._process is not None and self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the process that forks the passes has ended"
        status: int | None = json.loads(answer)
        return status

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.archiving.forked_commands"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_inherited()
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None and self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(30)


def _inherited() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("SCOUTER_")}
