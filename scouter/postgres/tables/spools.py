"""How far each spool is drained, and which database messages are spooled for."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("spools")


def installation(connection: Connection) -> UUID:
    """The identity of this database."""
    found: UUID = _sql["installation"].values(connection)[0]
    return found


def open_spool(connection: Connection, spool: UUID) -> int:
    """The number of the first message that is not drained yet."""
    _sql["open_spool"].run(connection, id=spool)
    position: int = _sql["spool_position"].values(connection, id=spool)[0]
    return position


def move_spool(connection: Connection, spool: UUID, *, expected: int, following: int) -> bool:
    """Whether it was at `expected`, and is at `following` when this transaction is committed."""
    return _sql["move_spool"].run(connection, id=spool, expected=expected, next=following) == 1


def settled_batches(connection: Connection, batches: Collection[UUID]) -> list[UUID]:
    """Which of these have been committed."""
    return _sql["settled_batches"].values(connection, ids=list(batches))
