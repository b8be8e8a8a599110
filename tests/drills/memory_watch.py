"""How much memory a server process holds, sampled while it works."""

from __future__ import annotations

import threading
from pathlib import Path

_PAUSE_SECONDS = 0.5


class MemoryWatch:
    """Owns the thread `memory watch`. Sizes are resident bytes."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory watch")
        self.first = self.maximum = resident_bytes(pid)
        self._thread.start()

    @property
    def growth(self) -> int:
        return self.maximum - self.first

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopping.wait(_PAUSE_SECONDS):
            self.maximum = max(self.maximum, resident_bytes(self._pid))


def resident_bytes(pid: int) -> int:
    """0 when the process is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:")), 0)
