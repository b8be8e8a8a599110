"""Connections for what messages depend on: nobody waits for one longer than a moment, and a broken one is replaced.

A pool serves requests that may wait. It finds out late that the database is back, and hides for how long it waits.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from scouter.errors import DatabaseAway
from scouter.postgres.connections.breaker import Breaker
from scouter.postgres.connections.errors import is_away
from scouter.postgres.connections.ingest_connection import IngestConnection
from scouter.postgres.connections.query_deadlines import QueryDeadlines
from scouter.postgres.statements import Connection


class IngestPool:
    """Up to `most` lines for many threads. While the breaker is open nobody gets one; a failure opens it.

    Raises `DatabaseAway` for whatever is wrong with the database, and psycopg's other errors as they are.
    """

    def __init__(
        self, conninfo: str, deadlines: QueryDeadlines, breaker: Breaker, *, maximum: int, seconds: float, purpose: str
    ) -> None:
        self._idle = [
            IngestConnection(conninfo, deadlines, purpose=purpose, max_seconds=seconds) for _ in range(maximum)
        ]
        self._free = threading.Semaphore(maximum)
        self._breaker = breaker
        self._seconds = seconds

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A transaction, committed at the end of the block."""
        if self._breaker.is_open:
            raise DatabaseAway
        with self._borrowed() as dedicated:
            try:
                with dedicated.use(self._seconds) as connection:
                    yield connection
            except psycopg.Error as problem:
                if not is_away(problem):
                    raise
                self._breaker.trip(problem)
                raise DatabaseAway from problem

    def close(self) -> None:
        """Call when nobody uses them any more."""
        for dedicated in self._idle:
            dedicated.close()

    @contextmanager
    def _borrowed(self) -> Iterator[IngestConnection]:
        # Not a reason to open the breaker: whoever holds a line is cut off in the same time, and opens it then.
        if not self._free.acquire(timeout=self._seconds):
            raise DatabaseAway
        dedicated = self._idle.pop()  # the one that was used last: it is the likeliest to be open
        try:
            yield dedicated
        finally:
            self._idle.append(dedicated)
            self._free.release()
