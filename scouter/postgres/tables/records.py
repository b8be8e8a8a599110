"""Rows of the record tables, encoded for binary COPY, and the one transaction that stores a batch of them.

The encoding is PostgreSQL's (documentation of COPY, "Binary Format"): a 16-bit count of fields, then for each field a
32-bit length and its bytes, big-endian. Timestamps are microseconds since 2000-01-01 UTC.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import numpy as np
import numpy.typing as npt
import psycopg
from psycopg import sql

from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("records")

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

RECEIPT_DAYS = 2  # after which nobody tries a batch again under its id

POSTGRES_EPOCH_MICROSECONDS = 946_684_800_000_000
DAY_MICROSECONDS = 86_400_000_000
_FIRST_DAY = date(2000, 1, 1).toordinal()
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)

_COPY_BEGIN = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_COPY_END = b"\xff\xff"

# Each field is preceded by its length; a row of fixed width is one packed struct.
_ROW_BEGIN = (("fields", ">i2"), ("l1", ">i4"), ("entity_id", ">i4"), ("l2", ">i4"), ("feature_id", ">i4"))
_ROW_TIME = (("l3", ">i4"), ("created_at", ">i8"))
_VALUE_ROW = np.dtype([*_ROW_BEGIN, *_ROW_TIME, ("l4", ">i4"), ("value", ">f8")])
_PSI_ROW = np.dtype([*_ROW_BEGIN, *_ROW_TIME, ("l4", ">i4"), ("bin_id", ">i4"), ("l5", ">i4"), ("bin_count", ">i8")])
_VALUE_BLANK = np.array((4, 4, 0, 4, 0, 8, 0, 8, 0.0), dtype=_VALUE_ROW)
_PSI_BLANK = np.array((5, 4, 0, 4, 0, 8, 0, 4, 0, 8, 0), dtype=_PSI_ROW)
_OBSERVABILITY_HEAD = struct.Struct(">hiiiqiqiqi").pack

COLUMNS = {
    "spc_record": ("entity_id", "feature_id", "created_at", "value"),
    "psi_record": ("entity_id", "feature_id", "created_at", "bin_id", "bin_count"),
    "custom_record": ("entity_id", "feature_id", "created_at", "value"),
    "observability_record": ("entity_id", "created_at", "request_count", "error_count", "route_metrics"),
}


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one entity in one table, ready for COPY.

    `first` and `last` are the outermost moments, in microseconds since 2000-01-01 UTC, `days` the UTC days of all.
    """

    table: str
    entity_id: int
    count: int
    first: int
    last: int
    days: frozenset[date]
    data: bytes


def value_rows(table: str, entity_id: int, feature_ids: Integers, moments: Integers, values: Floats) -> Rows:
    """Rows of spc_record or custom_record. Arrays of shape (rows,); moments in microseconds since 2000-01-01 UTC."""
    block = np.full(len(values), _VALUE_BLANK)
    block["entity_id"] = entity_id
    block["feature_id"] = feature_ids
    block["created_at"] = moments
    block["value"] = values
    return Rows(table, entity_id, len(values), *_span(moments), block.tobytes())


def psi_rows(entity_id: int, feature_ids: Integers, moments: Integers, bin_ids: Integers, counts: Integers) -> Rows:
    """Rows of psi_record. Arrays of shape (rows,); moments in microseconds since 2000-01-01 UTC."""
    block = np.full(len(counts), _PSI_BLANK)
    block["entity_id"] = entity_id
    block["feature_id"] = feature_ids
    block["created_at"] = moments
    block["bin_id"] = bin_ids
    block["bin_count"] = counts
    return Rows("psi_record", entity_id, len(counts), *_span(moments), block.tobytes())


def observability_row(entity_id: int, moment: int, request_count: int, error_count: int, route_metrics: bytes) -> Rows:
    """A row of observability_record. `route_metrics` is JSON; jsonb travels with a version byte before the text."""
    head = _OBSERVABILITY_HEAD(5, 4, entity_id, 8, moment, 8, request_count, 8, error_count, len(route_metrics) + 1)
    span = _span(np.array([moment], dtype=np.int64))
    return Rows("observability_record", entity_id, 1, *span, head + b"\x01" + route_metrics)


def _span(moments: Integers) -> tuple[int, int, frozenset[date]]:
    """The first and the last moment, and the UTC days of all of them."""
    first, last = int(moments.min()), int(moments.max())
    first_day, last_day = first // DAY_MICROSECONDS, last // DAY_MICROSECONDS
    days = [first_day] if first_day == last_day else np.unique(moments // DAY_MICROSECONDS).tolist()
    return first, last, frozenset(date.fromordinal(_FIRST_DAY + day) for day in days)


def to_microseconds(moment: datetime) -> int:
    """Microseconds since 2000-01-01 UTC, Postgres' own count. Exact: a float holds these 51 bits."""
    return round(moment.timestamp() * 1e6) - POSTGRES_EPOCH_MICROSECONDS


def from_microseconds(moment: int) -> datetime:
    return _EPOCH + timedelta(microseconds=moment)


@dataclass(frozen=True, slots=True)
class OpenedBatch:
    """`gone`: entities that have been deleted. `at`: by the database's clock, microseconds since 2000-01-01 UTC.
    `sooner`: of profiles that are checked often, how much sooner one of their records is late.
    """

    is_new: bool
    gone: frozenset[int]
    at: int
    sooner: Mapping[int, timedelta]


def open_batch(
    connection: Connection, batch_id: UUID, entity_ids: frozenset[int], late_after: timedelta = timedelta(0)
) -> OpenedBatch:
    """Write the batch's receipt. Entities that are there stay until the end of the transaction.

    `late_after`: the age from which a record is late, of profiles whose schedule leaves checks a whole grace period.
    """
    # Bound on this side: only so can several statements travel together.
    with psycopg.ClientCursor(connection) as cursor:
        cursor.execute(
            _sql["open_batch"].text, {"id": batch_id, "entity_ids": list(entity_ids), "late_after": late_after}
        )
        opened = cursor.fetchone()
        cursor.nextset()
        present = dict(cursor.fetchall())
        cursor.nextset()
        is_new = cursor.fetchone() is not None
    assert opened is not None  # noqa: S101  # a row of constants
    sooner = {entity_id: by for entity_id, by in present.items() if by is not None}
    return OpenedBatch(is_new, entity_ids - present.keys(), to_microseconds(opened[1]), sooner)


def add_receipt(connection: Connection, batch_id: UUID) -> bool:
    """Whether this id is new: what is written under it has not been written before."""
    return _sql["add_receipt"].run(connection, id=batch_id) == 1


def copy_rows(connection: Connection, batch: Iterable[Rows]) -> None:
    for table, blocks in _by_table(batch).items():
        _copy(connection, table, blocks)


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
