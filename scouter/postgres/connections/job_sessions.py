"""Sessions for work in the background: many short transactions, none of which may be in anybody's way for long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import inf

from scouter.postgres.connections.backend_sessions import try_lock_for_session, try_lock_for_transaction
from scouter.postgres.connections.pool import connect
from scouter.postgres.connections.query_deadlines import QueryDeadlines
from scouter.postgres.connections.session import Session
from scouter.postgres.connections.session_settings import Limits
from scouter.postgres.statements import Connection

_CONNECT_SECONDS = 10
_GRACE_SECONDS = 5.0  # the server cuts a statement off first, and says so
_SOLE_SECONDS = 25.0
_READING_SECONDS = 600.0
# Between two statements; a server that is frozen must not keep the lock from those that are well.
_IDLE_SECONDS = 60.0
# In a deadlock, which Postgres looks for after a whole second, it is us who give way.
_LOCK_SECONDS = 0.5


class AlreadyUnderWay(Exception):
    """Another session does this work now."""


class JobSession:
    """One connection outside every pool. When it breaks, what it holds is let go, and the work ends."""

    def __init__(self, connection: Session, deadlines: QueryDeadlines, seconds: float) -> None:
        """`seconds`: no transaction takes longer."""
        self._connection = connection
        self._deadlines = deadlines
        self._seconds = seconds
        # Behind a pooler a lock lasts as long as a transaction: this one has nothing else to do.
        self._holder: Session | None = None

    @property
    def is_lost(self) -> bool:
        return any(each.closed or each.broken for each in (self._connection, self._holder) if each is not None)

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A transaction, committed at the end of the block."""
        with self.outside_transactions() as connection, self._connection.one_transaction():
            yield connection

    @contextmanager
    def outside_transactions(self) -> Iterator[Connection]:
        """For a statement that cannot be in one. Behind a pooler it runs with whatever settings there are."""
        self._require_lock()
        with self._deadlines.limit(self._connection, self._seconds):
            yield self._connection

    @contextmanager
    def locked(self, conninfo: str, work: str, limits: Limits) -> Iterator[None]:
        """The only session for this `work` in the whole database. Raises `AlreadyUnderWay` when there is another."""
        lock = f"scouter_py.{work}"
        if not self._connection.is_pooled:
            with self.connection() as connection:
                _require(is_ours=try_lock_for_session(connection, lock))
            yield
            return
        holding = Limits(lock=limits.lock, idle=limits.resting)
        with _connected(conninfo, self._deadlines, f"{work} lock", holding) as holder:
            with self._deadlines.limit(holder, _CONNECT_SECONDS):
                _require(is_ours=try_lock_for_transaction(holder.begin(), lock))
            self._holder = holder
            yield

    def _require_lock(self) -> None:
        """Raises psycopg's error when whoever holds it has lost it."""
        if self._holder is not None:
            with self._deadlines.limit(self._holder, _GRACE_SECONDS):
                self._holder.execute("SELECT")


@contextmanager
def sole_session(conninfo: str, deadlines: QueryDeadlines, work: str) -> Iterator[JobSession]:
    """The only one for this `work` in the whole database. Raises `AlreadyUnderWay` when there is another."""
    limits = Limits(_SOLE_SECONDS, _LOCK_SECONDS, _IDLE_SECONDS, _IDLE_SECONDS)
    with _work_session(conninfo, deadlines, work, limits) as session, session.locked(conninfo, work, limits):
        yield session


@contextmanager
def patient_session(conninfo: str, deadlines: QueryDeadlines, work: str) -> Iterator[JobSession]:
    """The same for work whose statements may take as long as they take, and that rests for as long."""
    limits = Limits()
    with _work_session(conninfo, deadlines, work, limits) as session, session.locked(conninfo, work, limits):
        yield session


@contextmanager
def reading_session(conninfo: str, deadlines: QueryDeadlines, work: str) -> Iterator[JobSession]:
    """For a look at what the `work` would be: it can change nothing, and may count for minutes."""
    limits = Limits(_READING_SECONDS, _LOCK_SECONDS, _IDLE_SECONDS, _IDLE_SECONDS)
    with _work_session(conninfo, deadlines, work, limits, is_reading=True) as session:
        yield session


@contextmanager
def _work_session(
    conninfo: str, deadlines: QueryDeadlines, work: str, limits: Limits, *, is_reading: bool = False
) -> Iterator[JobSession]:
    with _connected(conninfo, deadlines, work, limits) as connection:
        connection.autocommit = True
        connection.read_only = is_reading or None
        yield JobSession(connection, deadlines, limits.statement + _GRACE_SECONDS if limits.statement else inf)


@contextmanager
def _connected(conninfo: str, deadlines: QueryDeadlines, purpose: str, limits: Limits) -> Iterator[Session]:
    """Closed at the end, whatever it is at."""
    connection = connect(
        conninfo, purpose=purpose, limits=limits, deadlines=deadlines, connect_timeout=_CONNECT_SECONDS
    )
    try:
        yield connection
    finally:
        connection.close()


def _require(*, is_ours: bool) -> None:
    if not is_ours:
        raise AlreadyUnderWay
