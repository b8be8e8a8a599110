"""Rows of the record tables, encoded for binary COPY, and the one transaction that stores a batch of them.

The encoding is PostgreSQL's (documentation of COPY, "Binary Format"): a 16-bit count of fields, then for each field a
32-bit length and its bytes, big-endian. Timestamps are microseconds since 2000-01-01 UTC.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from psycopg import sql

from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("records")

POSTGRES_EPOCH_MICROSECONDS = 946_684_800_000_000
DAY_MICROSECONDS = 86_400_000_000
_FIRST_DAY = date(2000, 1, 1).toordinal()

_COPY_BEGIN = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_COPY_END = b"\xff\xff"

_VALUE_ROW = struct.Struct(">hiiiiiqid").pack
_PSI_ROW = struct.Struct(">hiiiiiqiiiq").pack
_OBSERVABILITY_HEAD = struct.Struct(">hiiiqiqiqi").pack

COLUMNS = {
    "spc_record": ("entity_id", "feature_id", "created_at", "value"),
    "psi_record": ("entity_id", "feature_id", "created_at", "bin_id", "bin_count"),
    "custom_record": ("entity_id", "feature_id", "created_at", "value"),
    "observability_record": ("entity_id", "created_at", "request_count", "error_count", "route_metrics"),
}


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one table, ready for COPY. `days` are the UTC days they fall on."""

    table: str
    count: int
    days: frozenset[date]
    data: bytes


def encode_value_row(entity_id: int, feature_id: int, microseconds: int, value: float) -> bytes:
    """A row of spc_record or custom_record; `microseconds` since 2000-01-01 UTC."""
    return _VALUE_ROW(4, 4, entity_id, 4, feature_id, 8, microseconds, 8, value)


def encode_psi_row(entity_id: int, feature_id: int, microseconds: int, bin_id: int, bin_count: int) -> bytes:
    return _PSI_ROW(5, 4, entity_id, 4, feature_id, 8, microseconds, 4, bin_id, 8, bin_count)


def encode_observability_row(
    entity_id: int, microseconds: int, request_count: int, error_count: int, route_metrics: bytes
) -> bytes:
    """`route_metrics` is JSON; jsonb travels with a version byte before the text."""
    head = _OBSERVABILITY_HEAD(
        5, 4, entity_id, 8, microseconds, 8, request_count, 8, error_count, len(route_metrics) + 1
    )
    return head + b"\x01" + route_metrics


def day_of(microseconds: int) -> date:
    """The UTC day of a moment in microseconds since 2000-01-01 UTC."""
    return date.fromordinal(_FIRST_DAY + microseconds // DAY_MICROSECONDS)


def store_batch(
    connection: Connection,
    batch_id: UUID,
    batch: Iterable[Rows],
    also: Callable[[Connection], None] | None = None,
) -> bool:
    """Store everything in one transaction together with the batch's receipt. False: this id was stored before.

    `also` runs in the same transaction, for what must be true exactly when the rows are there.
    """
    with connection.transaction():
        if _sql["add_receipt"].values(connection, id=batch_id) == []:
            return False
        for table, blocks in _by_table(batch).items():
            _copy(connection, table, blocks)
        if also is not None:
            also(connection)
    return True


def _by_table(batch: Iterable[Rows]) -> dict[str, list[bytes]]:
    tables: dict[str, list[bytes]] = {}
    for rows in batch:
        tables.setdefault(rows.table, []).append(rows.data)
    return tables


def _copy(connection: Connection, table: str, blocks: list[bytes]) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, COLUMNS[table]))
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(sql.Identifier(table), columns)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(b"".join([_COPY_BEGIN, *blocks, _COPY_END]))
