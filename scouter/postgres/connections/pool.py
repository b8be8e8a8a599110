"""Connections: how each is set up, and the pools that hand them out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

from scouter.metrics import POOL_ERRORS, POOL_IDLE, POOL_SIZE, POOL_WAITING
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.connections.query_deadlines import QueryDeadlines
from scouter.postgres.connections.session import Session
from scouter.postgres.connections.session_settings import NO_LIMITS, Limits, SessionSettings
from scouter.postgres.statements import Connection
from scouter.runtime.metrics_collector import Gauge, labelled

# A network that dropped the connection is noticed within half a minute.
KEEPALIVES = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 25_000}
ENCODING = "UTF8"  # of all names and texts, whatever the database or the shell would have
_SET_UP_SECONDS = 5.0
_QUERY_SECONDS = 300.0  # of pools: nobody waits as long for an answer that ever comes
_POOL_SETTINGS = SessionSettings(Limits(statement=_QUERY_SECONDS + 5.0, idle=_QUERY_SECONDS + 5.0))
_RECONNECT_SECONDS = 1.0
_CLOSE_SECONDS = 1.0  # for a connection that is being opened: nobody will use it
_AWAY_SECONDS = 2.0  # as long as it takes to notice that the database is back


def connect(
    conninfo: str,
    *,
    purpose: str = "",
    mark: str = "",
    limits: Limits = NO_LIMITS,
    deadlines: QueryDeadlines | None = None,
    seconds: float = _SET_UP_SECONDS,
    **options: Any,
) -> Session:
    """One connection outside every pool. `purpose` is what its name says among the database's sessions.

    `mark` tells it from others of that purpose while it is in a transaction. With `deadlines` it is given up when the
    first query is not answered in that many `seconds`.
    """
    name = f"scouter {purpose}".strip()
    try:
        connection = Session.connect(
            conninfo, application_name=name, client_encoding=ENCODING, **{**KEEPALIVES, **options}
        )
    except OSError as problem:  # of what psycopg waits with: there is no descriptor left
        raise psycopg.OperationalError(f"cannot open a connection: {problem.strerror or problem}") from problem
    try:
        with deadlines.limit(connection, seconds) if deadlines else nullcontext():
            connection.settle(SessionSettings(limits, marked(purpose, mark)))
    except BaseException:
        connection.close()
        raise
    return connection


def marked(purpose: str, mark: str) -> str:
    """What such a connection is called; empty without a mark."""
    return f"scouter {purpose} {mark}" if mark else ""


_FIGURES = (
    (POOL_SIZE, "pool_size"),
    (POOL_IDLE, "pool_available"),
    (POOL_WAITING, "requests_waiting"),
    (POOL_ERRORS, "requests_errors"),
)


class Pool(ConnectionPool[Session]):
    """Hands out connections to whoever may wait for one, and not for ever for what it answers.

    While the database `is_away` nobody waits long: the threads are needed for what goes on without it.
    """

    def __init__(self, deadlines: QueryDeadlines | None, is_away: Callable[[], bool], *arguments: Any, **options: Any):
        self._deadlines = deadlines
        self._is_away = is_away
        super().__init__(*arguments, **options)

    @contextmanager
    def connection(self, timeout: float | None = None) -> Iterator[Session]:
        """A transaction, committed at the end of the block. A COMMIT is waited for no longer than a query."""
        connection = self.getconn(_AWAY_SECONDS if self._is_away() else timeout)
        try:
            with self._limited(connection), connection:
                yield connection
        finally:
            self.putconn(connection)

    def end(self, deadline: float) -> None:
        """Close, until `deadline` on time.monotonic() at most. What is being opened is left to itself."""
        patience = min(max(deadline - time.monotonic(), 0.0), _CLOSE_SECONDS)
        self.close(patience / (self.num_workers + 1))  # of each of its threads

    def within(self, seconds: float) -> ConnectionSource:
        """For whoever tries again by himself, and must not hold up a stop: waits no longer for a connection."""
        return _Within(self, seconds)

    def metrics(self) -> Iterable[Gauge]:
        for metric, figure in _FIGURES:
            yield labelled(metric, lambda figure=figure: [(self.name, self.get_stats().get(figure, 0))])  # type: ignore[misc]

    @contextmanager
    def _limited(self, connection: Connection) -> Iterator[None]:
        with self._deadlines.limit(connection, _QUERY_SECONDS) if self._deadlines else nullcontext():
            yield


class _Within:
    def __init__(self, pool: Pool, seconds: float) -> None:
        self._pool = pool
        self._seconds = seconds

    def connection(self) -> AbstractContextManager[Connection]:
        return self._pool.connection(self._seconds)


def open_pool(
    conninfo: str,
    *,
    name: str,
    smallest: int,
    largest: int,
    acquire_seconds: float,
    idle_seconds: float = 300.0,
    lifetime_seconds: float = 1800.0,
    check: bool = False,
    deadlines: QueryDeadlines | None = None,
    is_away: Callable[[], bool] = lambda: False,
) -> Pool:
    """A pool that opens its connections in the background; it is the caller's to close."""

    def limited(connection: Session, action: Callable[[Session], None]) -> None:
        with deadlines.limit(connection, _SET_UP_SECONDS) if deadlines else nullcontext():
            action(connection)

    def test(connection: Session) -> None:
        """One that is broken is rarely alone, and the pool would find out at ever longer intervals."""
        try:
            limited(connection, ConnectionPool.check_connection)
        except psycopg.Error:
            pool.check()
            raise

    pool = Pool(
        deadlines,
        is_away,
        conninfo,
        connection_class=Session,
        kwargs={
            "application_name": f"scouter {name}",
            "client_encoding": ENCODING,
            "connect_timeout": 10,
            **KEEPALIVES,
        },
        name=name,
        min_size=smallest,
        max_size=largest,
        timeout=acquire_seconds,
        reconnect_timeout=_RECONNECT_SECONDS,
        reconnect_failed=_try_on,
        max_idle=idle_seconds,
        max_lifetime=lifetime_seconds,
        configure=lambda connection: limited(connection, lambda made: made.settle(_POOL_SETTINGS)),
        check=test if check else None,
        open=True,
    )
    return pool


def _try_on(pool: ConnectionPool[Any]) -> None:
    """Begin anew. The pool's own tries come at ever longer intervals, and a database that is back waits for them."""
    pool.resize(pool.min_size, pool.max_size)
