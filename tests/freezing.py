"""Stopping a process where it is, as if its machine had frozen."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

_SECONDS = 10.0


def freeze(pid: int) -> None:
    """On return none of its threads runs any more: the signal alone leaves some of them a moment on a busy machine."""
    os.kill(pid, signal.SIGSTOP)
    deadline = time.monotonic() + _SECONDS
    while not _is_frozen(pid):
        assert time.monotonic() < deadline, f"process {pid} did not freeze"
        time.sleep(0.001)


def thaw(pid: int) -> None:
    os.kill(pid, signal.SIGCONT)


def _is_frozen(pid: int) -> bool:
    states = [_state(task) for task in Path(f"/proc/{pid}/task").iterdir()]
    return all(state in "TtZX" for state in states)


def _state(task: Path) -> str:
    try:
        return (task / "stat").read_text().rpartition(") ")[2][0]
    except (FileNotFoundError, ProcessLookupError):  # it has just ended
        return "X"
