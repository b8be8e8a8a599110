"""Taking a day out of its table, so that nobody writes to it any more while readers still find it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import psycopg

from scouter.archive.due import DueDay
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.schema.detaching import detach
from scouter.postgres.tables.manifest import ArchivePart, add_part, drop_frozen, is_empty, next_part

log = logging.getLogger(__name__)

_TRIES = 20
_PAUSE_SECONDS = 1.0  # those who waited behind us are let through


def freeze(connections: ConnectionSource, due: DueDay, is_stopping: Callable[[], bool]) -> ArchivePart | None:
    """The day as a part of its own; None when nothing is in it, or when it is in use all the time."""
    for _ in range(_TRIES):
        try:
            return _frozen(connections, due)
        except psycopg.errors.LockNotAvailable:
            if is_stopping():
                return None
            time.sleep(_PAUSE_SECONDS)
    log.warning("%s of %s stays for now: it was in use at every one of %d tries", due.kind.name, due.day, _TRIES)
    return None


def _frozen(connections: ConnectionSource, due: DueDay) -> ArchivePart | None:
    kind, day = due.kind, due.day
    with connections.connection() as connection:
        number = next_part(connection, kind.name, day)
    table = kind.frozen_table(day, number)
    with connections.connection() as connection:
        detach(connection, kind.table, day, table)
        if is_empty(connection, table):
            drop_frozen(connection, table)
            return None
        return add_part(connection, kind.name, day, number, table)
