"""The connections that messages depend on, the breaker that they share, and the limits on waiting for them."""

from __future__ import annotations

from collections.abc import Iterable

from scouter.metrics import BREAKER_OPEN, BREAKER_OPENINGS
from scouter.postgres.connections.breaker import Breaker
from scouter.postgres.connections.ingest_connection import IngestConnection
from scouter.postgres.connections.ingest_pool import IngestPool
from scouter.postgres.connections.query_deadlines import QueryDeadlines
from scouter.runtime.metrics_collector import Gauge, gauge
from scouter.runtime.part import ThreadPart

_MAX_QUICK = 8
_MAX_SLOW = 2
_SLOW_SECONDS = 10.0


class DatabaseConnections(ThreadPart):
    """`quick` is for looking things up while a sender waits, `slow` for the rare making of partitions."""

    def __init__(self, conninfo: str, seconds: float) -> None:
        self._conninfo = conninfo
        self.deadlines = QueryDeadlines()
        self.breaker = Breaker()
        self.quick = self._pool("requests", _MAX_QUICK, seconds)
        self.slow = self._pool("partitions", _MAX_SLOW, _SLOW_SECONDS)
        super().__init__("database deadlines", [self.deadlines.thread])

    @property
    def maximum(self) -> int:
        """How many the two pools may have open."""
        return _MAX_QUICK + _MAX_SLOW

    def dedicated(self, purpose: str, max_seconds: float) -> IngestConnection:
        """A connection for a thread of its own; the caller's to close."""
        return IngestConnection(self._conninfo, self.deadlines, purpose=purpose, max_seconds=max_seconds)

    def join(self, deadline: float) -> bool:
        self.quick.close()
        self.slow.close()
        return super().join(deadline)

    def metrics(self) -> Iterable[Gauge]:
        yield gauge(BREAKER_OPEN, lambda: self.breaker.is_open)
        yield gauge(BREAKER_OPENINGS, lambda: self.breaker.openings)

    def _pool(self, purpose: str, maximum: int, seconds: float) -> IngestPool:
        return IngestPool(
            self._conninfo, self.deadlines, self.breaker, maximum=maximum, seconds=seconds, purpose=purpose
        )
