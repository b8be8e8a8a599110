"""The archiver as Postgres sees it: whether one is at work, what it has left, and when that was."""

from __future__ import annotations

import time

import psycopg

from scouter.postgres.connections.session_settings import SCHEMA

_LOCK_SECONDS = 30.0
_LOCKS = """
    SELECT count(*) FROM pg_locks
    WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
_EARLIER = """
    UPDATE archive_part SET frozen_at = frozen_at - interval '30 days', archived_at = archived_at - interval '30 days',
           expired_at = expired_at - interval '30 days'"""


def connect(conninfo: str) -> psycopg.Connection:
    """Each statement commits by itself."""
    return psycopg.connect(conninfo, autocommit=True, options=f"-c search_path={SCHEMA} -c timezone=UTC")


def wait_until_nobody_archives(conninfo: str) -> None:
    """The session of an archiver that was killed lasts until Postgres notices."""
    deadline = time.monotonic() + _LOCK_SECONDS
    with connect(conninfo) as connection:
        while connection.execute(_LOCKS).fetchone() != (0,):
            assert time.monotonic() < deadline, "an advisory lock stays"
            time.sleep(0.005)


def let_time_pass(conninfo: str) -> None:
    """Everything in the manifest happened a month earlier: what came late since then need not wait for more."""
    with connect(conninfo) as connection:
        connection.execute(_EARLIER)


def parts(conninfo: str, state: str) -> list[tuple[str, str, int]]:
    """Kind, day and number of those in that state."""
    with connect(conninfo) as connection:
        found = connection.execute("SELECT kind, day::text, part FROM archive_part WHERE state = %s", (state,))
        return sorted(found.fetchall())
