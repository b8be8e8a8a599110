"""Messages from RabbitMQ that are stored while the broker may still deliver them again."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from scouter.postgres.statements import Connection, named_statements

DELIVERY_DAYS = 7  # a broker that was away longer than this may deliver twice

_sql = named_statements("rabbitmq_deliveries")


def share_deliveries(connection: Connection) -> None:
    """Before anything is stored: whoever meets a redelivered message waits for this transaction."""
    _sql["share_deliveries"].run(connection)


def settle_deliveries(connection: Connection) -> None:
    """Wait until no such transaction is under way, and keep others from beginning one."""
    _sql["settle_deliveries"].run(connection)


def add_deliveries(connection: Connection, session: UUID, digests: Mapping[int, bytes]) -> None:
    """Messages of this session that are stored now, by their delivery tags."""
    _sql["add_deliveries"].run(connection, session=session, numbers=list(digests), digests=list(digests.values()))


def take_over_delivery(connection: Connection, session: UUID, number: int, digest: bytes) -> bool:
    """Whether this message is stored already. If it is, it counts as one of this session's from now on."""
    return _sql["take_over_delivery"].run(connection, session=session, number=number, digest=digest) == 1


def forget_deliveries(connection: Connection, session: UUID, number: int) -> None:
    """The broker knows that everything up to this delivery tag is stored."""
    _sql["forget_deliveries"].run(connection, session=session, number=number)
