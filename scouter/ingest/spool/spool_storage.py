"""The SQLite file of a spool: its tables, and what is asked of them. Knows nothing of what the rows mean."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import ExitStack, closing, suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from scouter.runtime.private_files import make_private

PAGE_BYTES = 8192
_LOG_BYTES = 16 * 2**20
# The names of its columns are those of the first version: files that it has left are read.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    batch BLOB,
    fate TEXT,
    transport TEXT NOT NULL,
    received_at TEXT NOT NULL,
    caller TEXT NOT NULL,
    key TEXT,
    poison TEXT,
    packed INTEGER NOT NULL,
    raw BLOB NOT NULL
)
"""
_DELTAS_SCHEMA = "CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY CHECK (id = 1), notes TEXT NOT NULL)"
_ADD = (
    "INSERT INTO message (number, batch, fate, transport, received_at, caller, key, poison, packed, raw) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_FROM = (
    "SELECT number, batch, fate, transport, received_at, caller, key, poison, packed, raw "
    "FROM message WHERE number >= ? ORDER BY number"
)
_WAITING = "SELECT transport, count(*) FROM message WHERE number >= ? AND number < ? GROUP BY transport"
_WAITING_OF_BATCH = (
    "SELECT transport, count(*) FROM message WHERE batch = ? AND number >= ? AND number < ? GROUP BY transport"
)
_EVERY_ROW = "SELECT count(transport) FROM message"
_LAST = (
    "SELECT max(coalesce((SELECT max(number) FROM message), 0), coalesce((SELECT max(seq) FROM sqlite_sequence), 0))"
)


class SpoolStorage:
    """Open files. Threads may add, take out and read ahead, one each. Raises `sqlite3.Error`."""

    def __init__(self, path: Path, *, max_bytes: int) -> None:
        """Raises `sqlite3.DatabaseError` for a file that is none of ours, `OperationalError` where there is no room."""
        self._max_pages = max_bytes // PAGE_BYTES
        with ExitStack() as opened:
            # FULL: what add() has returned from survives a power cut.
            self._adding = opened.enter_context(closing(_connect(path, self._max_pages, "FULL")))
            self._adding.execute(_SCHEMA)
            self._adding.execute(_DELTAS_SCHEMA)
            # What is taken out may come back after a power cut: it is known by its number.
            self._draining = opened.enter_context(closing(_connect(path, self._max_pages, "NORMAL")))
            # For a thread that reads ahead.
            self._reading = opened.enter_context(closing(_connect(path, self._max_pages, "NORMAL")))
            (self.last_number,) = self._draining.execute(_LAST).fetchone()
            self._draining.execute(_EVERY_ROW).fetchone()  # damage is met now, and not by whoever drains it
            self._opened = opened.pop_all()

    def add(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """All of them or none, durably. Each begins with its number."""
        with self._adding:
            self._adding.executemany(_ADD, rows)

    def write_something(self) -> None:
        """As durable as a message, and worth nothing: it tells whether the disk takes anything at all."""
        (before,) = self._adding.execute("PRAGMA user_version").fetchone()
        self._adding.execute(f"PRAGMA user_version = {(before + 1) % 2**31}")

    def has_pages_for(self, size: int) -> bool:
        """Whether so many bytes more are within the limit of the file."""
        (pages,) = self._adding.execute("PRAGMA page_count").fetchone()
        (unused,) = self._adding.execute("PRAGMA freelist_count").fetchone()
        # Some of it is lost to the order that SQLite keeps.
        return bool(pages - unused + 2 * size // PAGE_BYTES + 8 < self._max_pages)

    def rows_from(self, number: int) -> sqlite3.Cursor:
        """In order. For the thread that reads ahead; close it, or the log of the file could not be emptied."""
        return self._reading.execute(_FROM, (number,))

    def remove_before(self, number: int) -> None:
        with self._draining:
            self._draining.execute("DELETE FROM message WHERE number < ?", (number,))

    def remove_batches(self, batches: Sequence[UUID]) -> None:
        with self._draining:
            self._draining.executemany("DELETE FROM message WHERE batch = ?", [(batch.bytes,) for batch in batches])

    def save_deltas(self, text: str) -> None:
        with self._adding:
            self._adding.execute("INSERT OR REPLACE INTO note (id, notes) VALUES (1, ?)", (text,))

    def saved_deltas(self) -> str | None:
        row = self._draining.execute("SELECT notes FROM note").fetchone()
        return row[0] if row else None

    def batches(self) -> list[UUID]:
        found = self._draining.execute("SELECT DISTINCT batch FROM message WHERE batch IS NOT NULL")
        return [UUID(bytes=row[0]) for row in found]

    def waiting(self, first: int, before: int) -> dict[str, int]:
        """By transport, those with first <= number < before."""
        return dict(self._draining.execute(_WAITING, (first, before)).fetchall())

    def waiting_of_batch(self, batch: UUID, first: int, before: int) -> dict[str, int]:
        return dict(self._draining.execute(_WAITING_OF_BATCH, (batch.bytes, first, before)).fetchall())

    def oldest(self, first: int) -> datetime | None:
        """When the first message from that number on was received."""
        found = self._draining.execute(
            "SELECT received_at FROM message WHERE number >= ? ORDER BY number LIMIT 1", (first,)
        ).fetchone()
        return datetime.fromisoformat(found[0]) if found else None

    def close(self) -> None:
        self._opened.close()


def paths_of(path: Path) -> tuple[Path, ...]:
    """The file and what SQLite has beside it, which goes first: a log without its file would be read into the next."""
    return (path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm"), path)


def _connect(path: Path, max_pages: int, synchronous: str) -> sqlite3.Connection:
    with suppress(OSError):  # SQLite fails at the same, and says so in its own way
        make_private(path)  # and what SQLite makes beside it
    connection = sqlite3.connect(path, timeout=30, check_same_thread=False)
    try:
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute(f"PRAGMA journal_size_limit = {_LOG_BYTES}")
        connection.execute(f"PRAGMA max_page_count = {max_pages}")
    except BaseException:
        connection.close()
        raise
    return connection
