"""Sessions for work in the background: many short transactions, none of which may be in anybody's way for long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from scouter.postgres.connections.backend_sessions import try_lock_for_session
from scouter.postgres.connections.pool import connect
from scouter.postgres.connections.query_deadlines import QueryDeadlines
from scouter.postgres.statements import Connection

_CONNECT_SECONDS = 10
_GRACE_SECONDS = 5.0  # the server cuts a statement off first, and says so
_SOLE_SECONDS = 25.0
_READING_SECONDS = 600.0
# Between two statements; a server that is frozen must not keep the lock from those that are well.
_IDLE_TIMEOUT = "60s"
# In a deadlock, which Postgres looks for after a whole second, it is us who give way.
_LOCK_TIMEOUT = "500ms"


class AlreadyUnderWay(Exception):
    """Another session does this work now."""


class JobSession:
    """One connection outside every pool. When it breaks, what it holds is let go, and the work ends."""

    def __init__(self, connection: Connection, deadlines: QueryDeadlines, seconds: float) -> None:
        self._connection = connection
        self._deadlines = deadlines
        self._seconds = seconds

    @property
    def is_lost(self) -> bool:
        return self._connection.closed or self._connection.broken

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A transaction, committed at the end of the block."""
        with self._deadlines.limit(self._connection, self._seconds), self._connection.transaction():
            yield self._connection


@contextmanager
def sole_session(conninfo: str, deadlines: QueryDeadlines, work: str) -> Iterator[JobSession]:
    """The only one for this `work` in the whole database. Raises `AlreadyUnderWay` when there is another."""
    with _work_session(conninfo, deadlines, work, _SOLE_SECONDS) as session:
        with session.connection() as connection:
            if not try_lock_for_session(connection, f"scouter_py.{work}"):
                raise AlreadyUnderWay
        yield session


@contextmanager
def reading_session(conninfo: str, deadlines: QueryDeadlines, work: str) -> Iterator[JobSession]:
    """For a look at what the `work` would be: it can change nothing, and may count for minutes."""
    with _work_session(conninfo, deadlines, work, _READING_SECONDS) as session:
        with session.connection() as connection:
            connection.execute("SET default_transaction_read_only TO on")
        yield session


@contextmanager
def _work_session(conninfo: str, deadlines: QueryDeadlines, work: str, seconds: float) -> Iterator[JobSession]:
    with connect(
        conninfo, purpose=work, deadlines=deadlines, connect_timeout=_CONNECT_SECONDS, autocommit=True
    ) as connection:
        session = JobSession(connection, deadlines, seconds + _GRACE_SECONDS)
        with session.connection():
            connection.execute(_limits(seconds).encode())
        yield session


def _limits(seconds: float) -> str:
    return (
        f"SET statement_timeout TO '{seconds:g}s'; SET lock_timeout TO '{_LOCK_TIMEOUT}'; "
        f"SET idle_session_timeout TO '{_IDLE_TIMEOUT}'; SET idle_in_transaction_session_timeout TO '{_IDLE_TIMEOUT}'"
    )
