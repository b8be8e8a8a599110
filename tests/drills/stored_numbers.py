"""What became of the numbers, read from the database behind the server's back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

import numpy as np
import numpy.typing as npt
import psycopg

from scouter.postgres.pool import SCHEMA
from tests.drills.numbered_messages import numbers_in

Numbers = npt.NDArray[np.int64]

_VALUES: LiteralString = (
    "COPY (SELECT value FROM spc_record UNION ALL SELECT value FROM custom_record) TO STDOUT (FORMAT BINARY)"
)
_COPY_HEAD = 19  # signature, flags, length of the extension
_COPY_ROW = np.dtype([("fields", ">i2"), ("length", ">i4"), ("value", ">f8")])
_COPY_TAIL = 2


@dataclass(frozen=True)
class Quarantined:
    id: str
    reason: str
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class InDatabase:
    stored: Numbers  # one for each row
    quarantined: list[Quarantined]


def read_database(conninfo: str) -> InDatabase:
    with psycopg.connect(conninfo, options=f"-c search_path={SCHEMA} -c timezone=UTC") as connection:
        return InDatabase(_stored(connection), _quarantined(connection))


def _stored(connection: psycopg.Connection) -> Numbers:
    """A number that was negated, so that the database refuses it, counts as the same number."""
    with connection.cursor() as cursor, cursor.copy(_VALUES) as copy:
        data = b"".join(bytes(block) for block in copy)
    values = np.frombuffer(data[_COPY_HEAD:-_COPY_TAIL], dtype=_COPY_ROW)["value"]
    return np.abs(values.astype(np.int64))


def _quarantined(connection: psycopg.Connection) -> list[Quarantined]:
    there = connection.execute("SELECT to_regclass('quarantine') IS NOT NULL").fetchone()
    if there != (True,):
        return []
    rows = connection.execute("SELECT id::text, reason, raw FROM quarantine")
    return [Quarantined(id_, reason, tuple(numbers_in(bytes(raw)))) for id_, reason, raw in rows]
