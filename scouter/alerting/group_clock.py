"""The group clock: one thread that lets groups speak when they may.

Each transaction takes some groups from all other servers, writes one message of each into the outbox, and keeps what
was told. Killed anywhere, all of that has happened, or nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from scouter.alerting.group_speech import MOST_AT_ONCE, speak
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.connections.contention import retried
from scouter.postgres.connections.errors import AWAY
from scouter.postgres.tables.message_groups import seconds_until_group
from scouter.runtime.part import ThreadPart
from scouter.runtime.polling_thread import PollingThread

log = logging.getLogger(__name__)

_LOOK_EVERY_SECONDS = 1.0
_SHORTEST_PAUSE_SECONDS = 0.05
_AWAY_SECONDS = 2.0
_LATELY_SECONDS = 60.0


class GroupClock(ThreadPart):
    """Owns the thread `group clock`."""

    def __init__(self, connections: ConnectionSource, message_written: Callable[[], None] = lambda: None) -> None:
        """`message_written` is called when messages are committed."""
        self._connections = connections
        self._message_written = message_written
        self._passed_at = time.monotonic()
        self._thread = PollingThread("group clock", self._pass, retry_seconds=_AWAY_SECONDS)
        super().__init__("group clock", [self._thread])

    @property
    def runs(self) -> bool:
        """Whether it has come round lately, or has only just been made."""
        return time.monotonic() - self._passed_at < _LATELY_SECONDS

    def tick(self) -> int:
        """Let every group speak that may. How many looked at what they have to say."""
        looked = 0
        while not self._thread.is_stopping:
            due = retried(self._speak)
            looked += due
            if due < MOST_AT_ONCE:
                break
        if looked:
            self._message_written()
        return looked

    def _pass(self) -> float:
        try:
            self.tick()
            with self._connections.connection() as connection:
                due = seconds_until_group(connection)
        except AWAY as problem:
            log.warning("messages about problems wait for the database: %s", type(problem).__name__)
            return _AWAY_SECONDS
        self._passed_at = time.monotonic()
        return _LOOK_EVERY_SECONDS if due is None else min(max(due, _SHORTEST_PAUSE_SECONDS), _LOOK_EVERY_SECONDS)

    def _speak(self) -> int:
        with self._connections.connection() as connection:
            return speak(connection)
