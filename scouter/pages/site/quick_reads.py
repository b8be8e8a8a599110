"""Connections for pages: what takes too long is given up, and the page says so instead of keeping everybody waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from scouter.errors import DatabaseAway
from scouter.postgres.connections.pool import Pool
from scouter.postgres.statements import Connection

SECONDS = 5
_LIMIT = f"SET LOCAL statement_timeout = '{SECONDS}s'"


class QuickReads:
    def __init__(self, pool: Pool, is_away: Callable[[], bool] = lambda: False) -> None:
        """`is_away`: Postgres is known not to answer; then nobody waits for it."""
        self._pool = pool
        self._is_away = is_away

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """In a transaction. Raises `psycopg.errors.QueryCanceled` for what takes longer, and `DatabaseAway`."""
        if self._is_away():
            raise DatabaseAway
        with self._pool.connection() as connection, connection.transaction():
            connection.execute(_LIMIT)
            yield connection
