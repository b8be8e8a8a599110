"""The connections that messages depend on, the breaker that they share, and the limits on waiting for them."""

from __future__ import annotations

from scouter.postgres.connections.breaker import Breaker
from scouter.postgres.connections.ingest_connection import IngestConnection
from scouter.postgres.connections.ingest_pool import IngestPool
from scouter.postgres.connections.query_deadlines import QueryDeadlines

_MAX_QUICK = 8
_SLOW_SECONDS = 10.0


class DatabaseConnections:
    """`quick` is for looking things up while a sender waits, `slow` for the rare making of partitions."""

    def __init__(self, conninfo: str, seconds: float) -> None:
        self._conninfo = conninfo
        self.deadlines = QueryDeadlines()
        self.breaker = Breaker()
        self.quick = self._pool("requests", _MAX_QUICK, seconds)
        self.slow = self._pool("partitions", 2, _SLOW_SECONDS)

    def dedicated(self, purpose: str, max_seconds: float) -> IngestConnection:
        """A line for a thread of its own; the caller's to close."""
        return IngestConnection(self._conninfo, self.deadlines, purpose=purpose, max_seconds=max_seconds)

    def start(self) -> None:
        self.deadlines.start()

    def stop(self) -> None:
        self.quick.close()
        self.slow.close()
        self.deadlines.stop()

    def _pool(self, purpose: str, maximum: int, seconds: float) -> IngestPool:
        return IngestPool(
            self._conninfo, self.deadlines, self.breaker, maximum=maximum, seconds=seconds, purpose=purpose
        )
