"""Taking daily partitions out of their tables, beside writers and readers that notice at most a short wait."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from psycopg import sql

from scouter.postgres.schema.partitions import partition_name
from scouter.postgres.statements import Connection, maintenance_statement, named_statements

_DAY = re.compile(r"_(\d{8})")

_sql = named_statements("partitions")


def detach(connection: Connection, table: str, day: date, new_name: str) -> None:
    """The partition of a day becomes a table of its own. It is to be the first statement of the caller's transaction.

    Raises `psycopg.errors.LockNotAvailable` when a reader, a writer or a vacuum is in the way for longer than half a
    second: roll back, and try again after a pause that lets those through who have waited meanwhile. The lock on the
    table is held until the end of the transaction: let it be short.
    """
    _run(connection, "detach_partition", table, day, new_name=sql.Identifier(new_name))


def drop(connection: Connection, table: str, day: date) -> None:
    """The partition of a day goes with all that is in it. Otherwise like `detach`."""
    _run(connection, "drop_partition", table, day)


def due_partitions(connection: Connection, table: str, ended_before: date) -> list[date]:
    """The UTC days that have a partition attached and were over when `ended_before` began. The oldest first."""
    days = (_day_of(table, name) for name in _sql["attached_partitions"].values(connection, tables=[table]))
    return sorted(day for day in days if day is not None and day < ended_before)


def _run(connection: Connection, statement: str, table: str, day: date, **names: sql.Identifier) -> None:
    partition = sql.Identifier(partition_name(table, day))
    text = maintenance_statement(statement)
    connection.execute(sql.SQL(text).format(parent=sql.Identifier(table), partition=partition, **names))


def _day_of(table: str, partition: str) -> date | None:
    """None: somebody else made it, and it is theirs."""
    match = _DAY.fullmatch(partition.removeprefix(table))
    return datetime.strptime(match[1], "%Y%m%d").replace(tzinfo=UTC).date() if match else None
