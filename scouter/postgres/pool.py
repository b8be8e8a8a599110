"""Connections: how each is set up, and the pools that hand them out."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

from scouter.postgres.statements import Connection

SCHEMA = "scouter_py"  # ours alone: the reference's `scouter` schema may live in the same database

# UTC: a session in another zone would shift wide chart bins. JIT: compiling a chart query takes longer than running
# it. Memory for sorting: a month of one profile would otherwise be sorted on disk.
_SESSION = f"SET search_path TO {SCHEMA}; SET TIME ZONE 'UTC'; SET jit TO off; SET work_mem TO '16MB'"

_RECONNECT_SECONDS = 1.0

Pool = ConnectionPool[Connection]


def set_up(connection: Connection) -> None:
    """What every session of ours needs."""
    connection.execute(_SESSION)
    connection.commit()


def connect(conninfo: str, *, purpose: str = "", **options: Any) -> Connection:
    """One connection outside every pool. `purpose` is what its name says among the database's sessions."""
    connection = psycopg.connect(conninfo, application_name=f"scouter {purpose}".strip(), **options)
    set_up(connection)
    return connection


def _try_on(pool: Pool) -> None:
    """Begin anew. The pool's own tries come at ever longer intervals, and a database that is back waits for them."""
    pool.resize(pool.min_size, pool.max_size)


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
) -> Pool:
    """A pool that opens its connections in the background; it is the caller's to close."""

    def test(connection: Connection) -> None:
        """One that is broken is rarely alone, and the pool would find out at ever longer intervals."""
        try:
            ConnectionPool.check_connection(connection)
        except psycopg.Error:
            pool.check()
            raise

    pool: Pool = ConnectionPool(
        conninfo,
        kwargs={"application_name": f"scouter {name}"},
        name=name,
        min_size=smallest,
        max_size=largest,
        timeout=acquire_seconds,
        reconnect_timeout=_RECONNECT_SECONDS,
        reconnect_failed=_try_on,
        max_idle=idle_seconds,
        max_lifetime=lifetime_seconds,
        configure=set_up,
        check=test if check else None,
        open=True,
    )
    return pool
