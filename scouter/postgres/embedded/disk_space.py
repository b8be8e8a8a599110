"""Room on the disk of the embedded database. Postgres that cannot write its log stops altogether; we stop before."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from scouter.errors import DiskFull
from scouter.metrics import DISK_FREE
from scouter.runtime.health import HealthCheck, HealthState
from scouter.runtime.metrics_collector import Gauge, gauge

log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.2  # at full rate the database writes some 40 MB in this time


class DiskSpace:
    """Watches the free space of a directory against a minimum. Safe to use from any thread."""

    def __init__(self, directory: Path, minimum: int) -> None:
        self._directory = directory
        self._minimum = minimum
        self._free = 0
        self._looked_at = float("-inf")  # on time.monotonic()
        self._low = False
        self._lock = threading.Lock()

    @property
    def minimum(self) -> int:
        return self._minimum

    def free(self) -> int:
        """Free bytes, at most a moment ago."""
        if time.monotonic() - self._looked_at > _LOOK_SECONDS:
            with self._lock:
                self._look()
        return self._free

    def is_low(self) -> bool:
        return self.free() < self._minimum

    def health_checks(self) -> Iterable[HealthCheck]:
        yield HealthCheck("disk", self._state, readiness=True)

    def metrics(self) -> Iterable[Gauge]:
        yield gauge(DISK_FREE, self.free)

    def require_room(self) -> None:
        """Raises `DiskFull` when there is less room than the minimum."""
        if self.is_low():
            raise DiskFull

    def _state(self) -> HealthState:
        return HealthState(not self.is_low(), f"{self.free() // 2**20} MiB free")

    def _look(self) -> None:
        try:
            self._free = shutil.disk_usage(self._directory).free
        except OSError:
            self._free = 0  # a disk that has gone has no room
        self._looked_at = time.monotonic()
        low = self._free < self._minimum
        if low != self._low:
            self._low = low
            said = "records are refused until there is more" if low else "records are accepted again"
            log.warning("%d MiB free in %s: %s", self._free // 2**20, self._directory, said)
