"""For whom a session waits, in words: people want to know whom to ask."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from scouter.postgres.connections.pool import connect
from scouter.postgres.connections.session_settings import Limits
from scouter.postgres.statements import Connection, named_statements
from scouter.runtime.how_far import duration

_CONNECT_SECONDS = 3
_LIMITS = Limits(statement=2.0)

_sql = named_statements("sessions")


@dataclass(frozen=True, slots=True)
class BlockingSession:
    """What is null is not ours to know, or not so: one on the same machine has no address."""

    pid: int
    name: str | None
    address: str | None
    seconds: float | None

    def __str__(self) -> str:
        named = f" ({self.name})" if self.name else ""
        place = f" from {self.address}" if self.address else ""
        lasting = "" if self.seconds is None else f", in its transaction for {duration(self.seconds)}"
        return f"session {self.pid}{named}{place}{lasting}"


def blocking_sessions(connection: Connection, pid: int) -> list[BlockingSession]:
    """Those that hold what the session `pid` waits for."""
    return _sql["blocking_sessions"].all(connection, BlockingSession, pid=pid)


def session_number(connection: Connection) -> int:
    """Of the session that is behind this transaction; a pooler gives the next one another."""
    number: int = _sql["session_number"].values(connection)[0]
    return number


def hindrance(conninfo: str, pid: int) -> str:
    """`waits for session 42 (psql) of Postgres`, over a connection of its own; empty when nobody is in the way."""
    try:
        with connect(conninfo, purpose="look", limits=_LIMITS, connect_timeout=_CONNECT_SECONDS) as connection:
            found = blocking_sessions(connection, pid)
    except psycopg.Error:  # whoever waits will say what is wrong, if it is
        return ""
    return f"waits for {' and '.join(map(str, found))} of Postgres" if found else ""
