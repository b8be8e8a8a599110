"""One spool: messages on the local disk, in the order in which they came, in a SQLite file."""

from __future__ import annotations

import logging
import sqlite3
import threading
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from scouter.auth.permissions import Caller
from scouter.errors import DiskFull, ScouterError, SpoolFull
from scouter.ingest.messages.inbound import InboundMessage
from scouter.ingest.messages.outcomes import TOTAL_NAMES, Outcome, Totals
from scouter.ingest.messages.results import Rejected
from scouter.wire.quarantine import Reason

log = logging.getLogger(__name__)

SavedDeltas = Mapping[UUID, dict[str, Totals]]  # changes of the ledger, by the id under which they are written

_PAGE_BYTES = 8192
_PACK_BYTES = 512  # smaller ones do not get smaller
_FAST = 1  # zlib's level: JSON of records shrinks to a tenth of its size even so
_EMPTY_ENOUGH_BYTES = 16 * 2**20
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
    "INSERT INTO message (batch, fate, transport, received_at, caller, key, poison, packed, raw) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_HEAD = (
    "SELECT number, batch, fate, transport, received_at, caller, key, poison, packed, raw "
    "FROM message WHERE number >= ? ORDER BY number"
)
_WAITING = "SELECT transport, count(*) FROM message WHERE number < ? GROUP BY transport"
_BEYOND = 2**63 - 1  # the largest number that SQLite has


@dataclass(frozen=True, slots=True)
class SpooledMessage:
    """A message for the spool.

    `batch` is the id under which it may have been committed, `outcome` what has become of it in that case.
    `rejected` is the result that it has already.
    """

    inbound: InboundMessage
    rejected: Rejected | None = None
    batch: UUID | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class SpoolEntry:
    """A message in the spool, with its place."""

    number: int
    message: SpooledMessage


class _RejectedText(msgspec.Struct):
    """Why a message was rejected, as it is kept."""

    id: UUID
    reason: str
    detail: str


class _Caller(msgspec.Struct):
    username: str
    permissions: list[str]
    groups: list[str]


class SpoolFile:
    """One file, open in this process alone. Threads may add, take out and read ahead, one each."""

    def __init__(self, path: Path, *, max_bytes: int) -> None:
        """Raises `sqlite3.DatabaseError` for a file that is none of ours."""
        self.id = UUID(path.stem)
        self.path = path
        self._lock = threading.Lock()  # SQLite has room for one writer; waiting here is cheaper than there
        # FULL: what add() has returned from survives a power cut.
        self._adding = _connect(path, max_bytes, "FULL")
        self._adding.execute(_SCHEMA)
        self._adding.execute(_DELTAS_SCHEMA)
        # What is taken out may come back after a power cut: it is known by its number.
        self._draining = _connect(path, max_bytes, "NORMAL")
        self._reading = _connect(path, max_bytes, "NORMAL")  # for a thread that reads ahead
        self._max_pages = max_bytes // _PAGE_BYTES
        self.is_full = False

    def add(self, messages: Sequence[SpooledMessage]) -> None:
        """All of them or none, durably. Raises `SpoolFull`, or `DiskFull` when it is the disk."""
        rows = [_row(message) for message in messages]
        with self._lock:
            try:
                with self._adding:
                    self._adding.executemany(_ADD, rows)
                self.is_full = False
            except sqlite3.OperationalError as problem:
                self.is_full = True
                raise self._why(problem, sum(len(row[-1]) for row in rows)) from problem

    def head(self, position: int, max_bytes: int) -> list[SpoolEntry]:
        """The oldest messages from `position` on, about as many bytes; all of one batch, or all of none."""
        kept: list[SpoolEntry] = []
        size = 0
        rows = self._reading.execute(_HEAD, (position,))
        for row in rows:
            entry = _entry(row)
            if kept and entry.message.batch != kept[0].message.batch:
                break
            kept.append(entry)
            size += len(entry.message.inbound.raw)
            if size >= max_bytes and entry.message.batch is None:  # a batch is stored whole
                break
        rows.close()  # or the log of the file could not be emptied
        return kept

    def remove_before(self, position: int) -> None:
        """Forget messages that are stored, and give the space back when nothing is left."""
        with self._lock:
            with self._draining:
                self._draining.execute("DELETE FROM message WHERE number < ?", (position,))
            self.is_full = False
            if self.size() > _EMPTY_ENOUGH_BYTES and self.is_empty():
                self._draining.execute("VACUUM")
                self._draining.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def remove_batches(self, batches: Sequence[UUID]) -> None:
        """Forget messages of batches that were committed after all."""
        with self._lock, self._draining:
            self._draining.executemany("DELETE FROM message WHERE batch = ?", [(batch.bytes,) for batch in batches])

    def save_deltas(self, pending_ledger: SavedDeltas) -> None:
        """Keep these instead of those before. When there is no room they are not kept."""
        text = msgspec.json.encode(
            {str(delta_id): _encoded_changes(each) for delta_id, each in pending_ledger.items()}
        ).decode()
        with self._lock:
            try:
                with self._adding:
                    self._adding.execute("INSERT OR REPLACE INTO note (id, notes) VALUES (1, ?)", (text,))
            except sqlite3.OperationalError as problem:
                log.warning("counts of refused messages are not kept on the disk: %s", problem)

    def saved_deltas(self) -> SavedDeltas:
        row = self._draining.execute("SELECT notes FROM note").fetchone()
        kept = msgspec.json.decode(row[0], type=dict[str, dict[str, dict[str, int]]]) if row else {}
        return {
            UUID(delta_id): {transport: Totals(**counts) for transport, counts in changes.items()}
            for delta_id, changes in kept.items()
        }

    def undecided(self) -> list[UUID]:
        """Batches of which it is not known whether they were committed."""
        found = self._draining.execute("SELECT DISTINCT batch FROM message WHERE batch IS NOT NULL")
        return [UUID(bytes=row[0]) for row in found]

    def waiting(self, *, before: int = _BEYOND) -> dict[str, int]:
        """Messages by transport, those before a position or all."""
        return dict(self._draining.execute(_WAITING, (before,)).fetchall())

    def is_empty(self) -> bool:
        return self._draining.execute("SELECT 1 FROM message LIMIT 1").fetchone() is None

    def oldest(self) -> datetime | None:
        """When the first message in it was received. Safe to call from any thread."""
        with _connect(self.path, None, "NORMAL") as reading:
            row = reading.execute("SELECT received_at FROM message ORDER BY number LIMIT 1").fetchone()
        reading.close()
        return datetime.fromisoformat(row[0]) if row else None

    def size(self) -> int:
        """Bytes on the disk."""
        return sum(path.stat().st_size for path in self.paths() if path.exists())

    def paths(self) -> tuple[Path, ...]:
        return (self.path, self.path.with_name(self.path.name + "-wal"), self.path.with_name(self.path.name + "-shm"))

    def close(self) -> None:
        for connection in (self._adding, self._draining, self._reading):
            connection.close()

    def _why(self, problem: sqlite3.OperationalError, needed: int) -> ScouterError:
        log.error("cannot write to the spool %s: %s", self.path, problem)
        (pages,) = self._adding.execute("PRAGMA page_count").fetchone()
        reached_its_limit = pages + 2 * needed // _PAGE_BYTES + 8 >= self._max_pages
        return SpoolFull() if problem.sqlite_errorcode == sqlite3.SQLITE_FULL and reached_its_limit else DiskFull()


def _connect(path: Path, max_bytes: int | None, synchronous: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=30, check_same_thread=False)
    connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.execute(f"PRAGMA journal_size_limit = {_EMPTY_ENOUGH_BYTES}")
    if max_bytes is not None:
        connection.execute(f"PRAGMA max_page_count = {max_bytes // _PAGE_BYTES}")
    return connection


def _row(message: SpooledMessage) -> tuple[Any, ...]:
    inbound = message.inbound
    packed = len(inbound.raw) >= _PACK_BYTES
    return (
        message.batch.bytes if message.batch else None,
        _encoded_outcome(message.outcome),
        inbound.transport,
        inbound.received_at.isoformat(),
        _encoded_caller(inbound.caller),
        inbound.key,
        _encoded_rejection(message.rejected),
        packed,
        zlib.compress(inbound.raw, _FAST) if packed else inbound.raw,
    )


def _entry(row: Any) -> SpoolEntry:
    number, batch, outcome, transport, received_at, caller, key, rejected, packed, raw = row
    sender = msgspec.json.decode(caller, type=_Caller)
    inbound = InboundMessage(
        transport,
        zlib.decompress(raw) if packed else raw,
        Caller(sender.username, frozenset(sender.permissions), frozenset(sender.groups)),
        datetime.fromisoformat(received_at),
        key,
    )
    batch_id = None if batch is None else UUID(bytes=batch)
    return SpoolEntry(
        number, SpooledMessage(inbound, _decoded_rejection(rejected), batch_id, _decoded_outcome(outcome))
    )


def _encoded_caller(caller: Caller) -> str:
    return msgspec.json.encode(_Caller(caller.username, sorted(caller.permissions), sorted(caller.groups))).decode()


def _encoded_rejection(rejected: Rejected | None) -> str | None:
    if rejected is None:
        return None
    return msgspec.json.encode(_RejectedText(rejected.id, rejected.reason.value, rejected.detail)).decode()


def _decoded_rejection(text: str | None) -> Rejected | None:
    if text is None:
        return None
    kept = msgspec.json.decode(text, type=_RejectedText)
    return Rejected(ScouterError(kept.detail), Reason(kept.reason), kept.id)


def _encoded_changes(changes: Mapping[str, Totals]) -> dict[str, dict[str, int]]:
    return {transport: _counts(totals) for transport, totals in changes.items()}


def _counts(totals: Totals) -> dict[str, int]:
    return {name: count for name in TOTAL_NAMES if (count := getattr(totals, name))}


def _encoded_outcome(outcome: Outcome | None) -> str | None:
    if outcome is None:
        return None
    return msgspec.json.encode(_counts(outcome.totals)).decode()


def _decoded_outcome(text: str | None) -> Outcome | None:
    return None if text is None else Outcome(Totals(**msgspec.json.decode(text, type=dict[str, int])))
