"""One connection for one thread at a time, which is cut off in time and replaced when it broke."""

from __future__ import annotations

import select
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg

from scouter.postgres.connections.backend_sessions import BackendSession, end_session, own_session
from scouter.postgres.connections.pool import connect
from scouter.postgres.connections.query_deadlines import QueryDeadlines
from scouter.postgres.statements import Connection

_CONNECT_SECONDS = 2  # libpq takes no less
_SERVER_GRACE_SECONDS = 1.0
_LOCK_SECONDS = 2.0
_LIFETIME_SECONDS = 1800.0  # a name may come to stand for another server


class IngestConnection:
    """One connection for one thread at a time, opened when it is needed and opened again when it broke."""

    def __init__(self, conninfo: str, deadlines: QueryDeadlines, *, purpose: str, max_seconds: float) -> None:
        """`max_seconds`: no use takes longer."""
        self._conninfo = conninfo
        self._deadlines = deadlines
        self._purpose = purpose
        self._max_seconds = max_seconds
        self._connection: Connection | None = None
        # Of the connection, or of the one before it, which the server may not know to be lost: what it holds is ended
        # from the next one. It may sit in the middle of a COPY, where no time-out of the server's reaches it.
        self._session: BackendSession | None = None
        self._opened_at = 0.0

    @contextmanager
    def use(self, seconds: float) -> Iterator[Connection]:
        """A transaction that is committed at the end of the block and cut off after `seconds`.

        Raises psycopg's errors. After one that broke the connection, the next use opens another.
        """
        connection = self._present() or self._open(seconds)
        try:
            with self._deadlines.limit(connection, seconds):
                yield connection
                connection.commit()
        except BaseException:
            self._abandon(connection)
            raise

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            self._session = None

    def _present(self) -> Connection | None:
        """The open connection, unless it is old, or the server has hung up on it."""
        connection = self._connection
        if connection is None:
            return None
        if time.monotonic() - self._opened_at > _LIFETIME_SECONDS:
            self.close()
            return None
        if connection.closed or _has_something_to_say(connection):
            connection.close()
            self._connection = None
            return None
        return connection

    def _open(self, seconds: float) -> Connection:
        connection = connect(
            self._conninfo,
            purpose=self._purpose,
            deadlines=self._deadlines,
            seconds=seconds,
            connect_timeout=_CONNECT_SECONDS,
        )
        try:
            with self._deadlines.limit(connection, seconds):
                connection.execute(_let_go_after(self._max_seconds).encode())
                if self._session is not None:
                    end_session(connection, self._session)
                self._session = own_session(connection)
                connection.commit()
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        self._opened_at = time.monotonic()
        return connection

    def _abandon(self, connection: Connection) -> None:
        """Roll back when the connection still works, for a moment at most; else let it go.

        Whatever keeps it from that: the next use must not commit what this one has begun.
        """
        self._connection = None
        try:
            with suppress(psycopg.Error, OSError):
                self._roll_back(connection)
                self._connection = connection
        finally:
            if self._connection is None:
                connection.close()

    def _roll_back(self, connection: Connection) -> None:
        with self._deadlines.limit(connection, 0.5):
            connection.rollback()


def _let_go_after(seconds: float) -> str:
    """Make the server give up, too, what we have given up. It may never hear that the connection is gone.

    Without this the locks of a transaction that nobody will end hold up those who try the same batch again, and each
    of them leaves another such transaction behind.
    """
    later = round((seconds + _SERVER_GRACE_SECONDS) * 1000)
    locks = round(min(seconds, _LOCK_SECONDS) * 1000)
    return (
        f"SET statement_timeout TO {later}; SET idle_in_transaction_session_timeout TO {later}; "
        f"SET lock_timeout TO {locks}"
    )


def _has_something_to_say(connection: Connection) -> bool:
    """Postgres says nothing to a connection at rest, but for that it hangs up."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
