"""One connection for one thread at a time, which is cut off in time and replaced when it broke."""

from __future__ import annotations

import select
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from secrets import token_hex

import psycopg

from scouter.postgres.connections.backend_sessions import end_lost_session
from scouter.postgres.connections.pool import connect, marked
from scouter.postgres.connections.query_deadlines import QueryDeadlines
from scouter.postgres.connections.session import Session
from scouter.postgres.connections.session_settings import Limits
from scouter.postgres.statements import Connection

_CONNECT_SECONDS = 2  # libpq takes no less
_SERVER_GRACE_SECONDS = 1.0
_LOCK_SECONDS = 2.0
_LOCK_SHARE = 0.5  # of the time that a use may take
_LIFETIME_SECONDS = 1800.0  # a name may come to stand for another server


class IngestConnection:
    """One connection for one thread at a time, opened when it is needed and opened again when it broke."""

    def __init__(self, conninfo: str, deadlines: QueryDeadlines, *, purpose: str, max_seconds: float) -> None:
        """`max_seconds`: no use takes longer."""
        self._conninfo = conninfo
        self._deadlines = deadlines
        self._purpose = purpose
        self._limits = _let_go_after(max_seconds)
        self._mark = token_hex(4)
        self._connection: Session | None = None
        # Of a connection before, the server may not know that it is lost: what it holds is ended from the next one. It
        # may sit in the middle of a COPY, where no time-out of the server's reaches it.
        self._may_have_lost_one = False
        self._opened_at = 0.0

    @contextmanager
    def use(self, seconds: float) -> Iterator[Connection]:
        """A transaction that is committed at the end of the block and cut off after `seconds`.

        Raises psycopg's errors. After one that broke the connection, the next use opens another.
        """
        connection = self._present() or self._open(seconds)
        try:
            with self._deadlines.limit(connection, seconds):
                yield connection.begin()
                connection.commit()
        except BaseException:
            self._abandon(connection)
            raise

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            self._may_have_lost_one = False

    def _present(self) -> Session | None:
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

    def _open(self, seconds: float) -> Session:
        connection = connect(
            self._conninfo,
            purpose=self._purpose,
            mark=self._mark,
            limits=self._limits,
            deadlines=self._deadlines,
            seconds=seconds,
            connect_timeout=_CONNECT_SECONDS,
        )
        try:
            if self._may_have_lost_one:
                with self._deadlines.limit(connection, seconds):
                    end_lost_session(connection.begin(), marked(self._purpose, self._mark))
                    connection.commit()
        except BaseException:
            connection.close()
            raise
        self._may_have_lost_one = True
        self._connection = connection
        self._opened_at = time.monotonic()
        return connection

    def _abandon(self, connection: Session) -> None:
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


def _let_go_after(seconds: float) -> Limits:
    """Make the server give up, too, what we have given up. It may never hear that the connection is gone.

    Without this the locks of a transaction that nobody will end hold up those who try the same batch again, and each
    of them leaves another such transaction behind.
    """
    later = seconds + _SERVER_GRACE_SECONDS
    # Who waits for a lock hears of it before he is cut off: others are in the way then, and Postgres is well.
    return Limits(statement=later, lock=min(seconds * _LOCK_SHARE, _LOCK_SECONDS), idle=later)


def _has_something_to_say(connection: Connection) -> bool:
    """Postgres says nothing to a connection at rest, but for that it hangs up."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
