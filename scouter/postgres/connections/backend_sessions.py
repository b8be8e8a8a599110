"""The server's side of a connection: what it holds, what becomes of it when it was lost, and which time it has."""

from __future__ import annotations

import logging
from datetime import datetime

from scouter.postgres.statements import Connection, named_statements

log = logging.getLogger(__name__)

_sql = named_statements("sessions")


def end_lost_session(connection: Connection, name: str) -> None:
    """Roll back what another session of that name is at, if it is still there."""
    if _sql["end_lost_session"].values(connection, name=name):
        log.warning("Postgres did not know that a connection was lost; its transaction is ended")


def try_lock_for_session(connection: Connection, name: str) -> bool:
    """Take the lock of that name, over all servers of this database, until the session ends. False: another has it."""
    return bool(_sql["try_lock_for_session"].values(connection, name=name)[0])


def try_lock_for_transaction(connection: Connection, name: str) -> bool:
    """The same lock, until the transaction ends."""
    return bool(_sql["try_lock_for_transaction"].values(connection, name=name)[0])


def database_time(connection: Connection) -> datetime:
    moment: datetime = _sql["database_time"].values(connection)[0]
    return moment
