"""What became of the numbers, read from the database and the spool behind the server's back."""

from __future__ import annotations

import contextlib
import sqlite3
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import LiteralString

import numpy as np
import numpy.typing as npt
import psycopg

from scouter.postgres.connections.session_settings import SCHEMA
from tests.drills.numbered_messages import numbers_in

Numbers = npt.NDArray[np.int64]

_VALUES: LiteralString = (
    "COPY (SELECT value FROM spc_record UNION ALL SELECT value FROM custom_record) TO STDOUT (FORMAT BINARY)"
)
_WAITING = "SELECT packed, raw FROM message WHERE number >= ?"
_COPY_HEAD = 19  # signature, flags, length of the extension
_COPY_ROW = np.dtype([("fields", ">i2"), ("length", ">i4"), ("value", ">f8")])
_COPY_TAIL = 2


@dataclass(frozen=True)
class Quarantined:
    id: str
    reason: str
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Found:
    stored: Numbers  # one for each row
    quarantined: list[Quarantined]
    spooled: Numbers = field(default_factory=lambda: np.empty(0, dtype=np.int64))  # still in files of the server


def read_database(conninfo: str, spools: Path | None = None) -> Found:
    """`spools`: the directory of the server's spool files, when it has stopped."""
    with psycopg.connect(conninfo, options=f"-c search_path={SCHEMA} -c timezone=UTC") as connection:
        stored, quarantined = _stored(connection), _quarantined(connection)
        if spools is None:
            return Found(stored, quarantined)
        return Found(stored, quarantined, _spooled(connection, spools))


def _spooled(connection: psycopg.Connection, spools: Path) -> Numbers:
    """What waits in the files and is not stored yet: each spool has its place in the database."""
    next_of = {str(id_): number for id_, number in connection.execute("SELECT id, next FROM spool")}
    numbers: list[int] = []
    for path in spools.rglob("*.sqlite"):
        with contextlib.closing(sqlite3.connect(path)) as file:
            rows = file.execute(_WAITING, (next_of.get(path.stem, 0),))
            for packed, raw in rows:
                numbers += numbers_in(zlib.decompress(raw) if packed else raw)
    return np.array(numbers, dtype=np.int64)


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
