"""The disk that spools are on. It may be another than the database's, or the same."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable
from pathlib import Path

from scouter.metrics import SPOOL_DISK_FREE
from scouter.runtime.health import HealthCheck, HealthState
from scouter.runtime.metrics_collector import Gauge, gauge

log = logging.getLogger(__name__)

# Left free by messages: SQLite copies its log, of about as much, before it can give anything back.
RESERVE_BYTES = 8 * 2**20


class SpoolDisk:
    """Its free space, less a reserve that no message gets. Safe to use from any thread."""

    def __init__(self, directory: Path, *, reserve: int = RESERVE_BYTES) -> None:
        self.directory = directory
        self._reserve = reserve
        self._is_low = False

    def free(self) -> int:
        try:
            return shutil.disk_usage(self.directory).free
        except OSError:
            return 0  # a disk that has gone has no room

    def has_room_for(self, size: int) -> bool:
        return self.free() - size >= self._reserve

    def look(self) -> None:
        """Say in the log when it becomes low, and when it is not any more."""
        is_low = not self.has_room_for(0)
        if is_low != self._is_low:
            self._is_low = is_low
            said = "an outage of Postgres could not be bridged" if is_low else "messages can be kept again"
            log.warning("%d MiB free for the spool in %s: %s", self.free() // 2**20, self.directory, said)

    def health_checks(self) -> Iterable[HealthCheck]:
        """It does not decide: as long as Postgres answers, no spool is needed."""
        yield HealthCheck("spool disk", self._state)

    def metrics(self) -> Iterable[Gauge]:
        yield gauge(SPOOL_DISK_FREE, self.free)

    def _state(self) -> HealthState:
        return HealthState(self.has_room_for(0), f"{self.free() // 2**20} MiB free")
