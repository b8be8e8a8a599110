"""Sessions of the pages that somebody signed out of before their time."""

from __future__ import annotations

from datetime import datetime

from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("ended_sessions")

ENDED_SESSION_DAYS = 2  # kept beyond their end: clocks of servers may differ


def end_session(connection: Connection, jti: str, until: datetime) -> None:
    """`until`: when it would have ended anyway. Ending one twice changes nothing."""
    _sql["end_session"].run(connection, jti=jti, until=until)


def is_session_ended(connection: Connection, jti: str) -> bool:
    is_ended: bool = _sql["is_session_ended"].values(connection, jti=jti)[0]
    return is_ended
