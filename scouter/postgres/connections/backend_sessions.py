"""The server's side of a connection."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from scouter.postgres.statements import Connection, named_statements

log = logging.getLogger(__name__)

_sql = named_statements("sessions")


@dataclass(frozen=True, slots=True)
class BackendSession:
    """A process of Postgres'. Its number alone may be another's by now."""

    pid: int
    backend_start: datetime


def own_session(connection: Connection) -> BackendSession | None:
    return _sql["own_session"].one(connection, BackendSession)


def end_session(connection: Connection, session: BackendSession) -> None:
    """Roll back whatever it is at, if it is still there."""
    if _sql["end_session"].values(connection, pid=session.pid, backend_start=session.backend_start):
        log.warning("Postgres did not know that a connection was lost; its transaction is ended")


def try_lock_for_session(connection: Connection, name: str) -> bool:
    """Take the lock of that name, over all servers of this database, until the session ends. False: another has it."""
    return bool(_sql["try_lock_for_session"].values(connection, name=name)[0])


def database_time(connection: Connection) -> datetime:
    moment: datetime = _sql["database_time"].values(connection)[0]
    return moment
