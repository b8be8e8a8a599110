"""The connections that messages depend on, the breaker that they share, and the limits on waiting for them."""

from __future__ import annotations

from scouter.postgres.connections.breaker import Breaker
from scouter.postgres.connections.ingest_pool import Line, Lines
from scouter.postgres.connections.query_deadlines import Deadlines

_MOST_QUICK = 8
_SLOW_SECONDS = 10.0


class Lifelines:
    """`quick` is for looking things up while a sender waits, `slow` for the rare making of partitions."""

    def __init__(self, conninfo: str, seconds: float) -> None:
        self._conninfo = conninfo
        self.deadlines = Deadlines()
        self.breaker = Breaker()
        self.quick = self._lines("requests", _MOST_QUICK, seconds)
        self.slow = self._lines("partitions", 2, _SLOW_SECONDS)

    def line(self, purpose: str, most_seconds: float) -> Line:
        """A line for a thread of its own; the caller's to close."""
        return Line(self._conninfo, self.deadlines, purpose=purpose, most_seconds=most_seconds)

    def start(self) -> None:
        self.deadlines.start()

    def stop(self) -> None:
        self.quick.close()
        self.slow.close()
        self.deadlines.stop()

    def _lines(self, purpose: str, most: int, seconds: float) -> Lines:
        return Lines(self._conninfo, self.deadlines, self.breaker, most=most, seconds=seconds, purpose=purpose)
