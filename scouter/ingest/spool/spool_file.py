"""One spool: messages on the local disk, in the order in which they came.

How far it is drained is known from Postgres: what lies before that position counts no more, whether or not it could be
removed. So a full disk keeps nobody from draining, and what is drained is given back by beginning the file anew.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from uuid import UUID

from scouter.errors import ScouterError, SpoolBroken, SpoolDiskFull, SpoolFull
from scouter.ingest.spool.spool_disk import SpoolDisk
from scouter.ingest.spool.spool_storage import SpoolStorage, paths_of
from scouter.ingest.spool.spooled_message import (
    SavedDeltas,
    SpooledMessage,
    SpoolEntry,
    decoded_deltas,
    encoded_deltas,
    entry_of,
    row_of,
)

log = logging.getLogger(__name__)

_ROW_BYTES = 512  # of a message beside its body, about
_EMPTY_ENOUGH_BYTES = 16 * 2**20
_SMALL_BYTES = 2**20  # where room is scarce
_BEYOND = 2**63 - 1  # the largest number that SQLite has
_NO_ROOM = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}


class SpoolFile:
    """The spool `id`, open in this process alone. Its numbers rise for as long as its name exists.

    Where there is no room for a file it is made by the first message that finds some.
    """

    def __init__(self, path: Path, *, max_bytes: int, disk: SpoolDisk) -> None:
        """Raises `sqlite3.DatabaseError` for a file that is none of ours, or that cannot be opened now."""
        self.id = UUID(path.stem)
        self.path = path
        self.is_full = False  # the last message was not kept for want of room
        self._max_bytes = max_bytes
        self._disk = disk
        self._lock = threading.Lock()  # SQLite has room for one writer; waiting here is cheaper than there
        self._first = 1  # what is before it is drained
        self._next = 1
        self._drained_batches: set[UUID] = set()  # that could not be removed
        self._is_cluttered = False  # something could not be removed
        self._deltas: SavedDeltas | None = None  # as they should be in the file; None: as they are
        self._refused_bytes = 0
        self._storage: SpoolStorage | None = None
        self._begin()

    def add(self, messages: Sequence[SpooledMessage]) -> None:
        """All of them or none, durably. Raises `SpoolFull`, `SpoolDiskFull` or `SpoolBroken`."""
        rows = [row_of(message) for message in messages]
        size = sum(len(row[-1]) + _ROW_BYTES for row in rows)
        with self._lock:
            try:
                self._require_room(size)
                storage = self._opened()
                storage.add([(number, *row) for number, row in enumerate(rows, self._next)])
            except sqlite3.Error as problem:
                raise self._refusal(problem, size) from problem
            except SpoolDiskFull:
                self._refuse(size)
                raise
            self._next += len(rows)
            self.is_full = False

    def try_again(self) -> None:
        """After a message was refused: look whether one of its size would be kept now."""
        with self._lock:
            if not self.is_full or not self._disk.has_room_for(self._refused_bytes):
                return
            try:
                storage = self._opened()
                if storage.has_pages_for(self._refused_bytes):
                    storage.write_something()
                    self.is_full = False
            except sqlite3.Error as problem:
                log.debug("the spool %s takes nothing yet: %s", self.path, problem)

    def head(self, position: int, max_bytes: int) -> list[SpoolEntry]:
        """The oldest messages from `position` on, about as many bytes; all of one batch, or all of none."""
        kept: list[SpoolEntry] = []
        size = 0
        with closing(self._entries(position)) as entries:
            for entry in entries:
                if kept and entry.message.batch != kept[0].message.batch:
                    break
                kept.append(entry)
                size += len(entry.message.inbound.raw)
                if size >= max_bytes and entry.message.batch is None:  # a batch is stored whole
                    break
        return kept

    def remove_before(self, position: int) -> None:
        """Forget messages that are stored: at once, whatever becomes of their room."""
        with self._lock:
            self._first = max(self._first, position)
            self._next = max(self._next, position)
            self._tidy(lambda storage: storage.remove_before(position))

    def remove_batches(self, batches: Sequence[UUID]) -> None:
        """Forget messages of batches that were committed after all."""
        with self._lock:
            if not self._tidy(lambda storage: storage.remove_batches(batches)):
                self._drained_batches.update(batches)

    def begin_anew(self) -> None:
        """Give the room back, once nothing waits. Nobody may be reading ahead."""
        with self._lock:
            if self._storage is None or not self._is_worth_it() or self._waiting(_BEYOND):
                return
            deltas = self._kept_deltas()
            self._storage.close()
            self._storage = None
            for path in paths_of(self.path):
                path.unlink(missing_ok=True)
            self._drained_batches.clear()
            self._is_cluttered = False
            self._deltas = deltas or None
            self._begin()

    def save_deltas(self, deltas: SavedDeltas) -> None:
        """Keep these instead of those before; as soon as there is room."""
        with self._lock:
            self._deltas = deltas
            self._write_deltas()

    def saved_deltas(self) -> SavedDeltas:
        with self._lock:
            return self._kept_deltas()

    def undecided(self) -> list[UUID]:
        """Batches of which it is not known whether they were committed."""
        with self._lock:
            return self._storage.batches() if self._storage else []

    def waiting(self, *, before: int = _BEYOND) -> dict[str, int]:
        """Messages by transport, those before a position or all."""
        with self._lock:
            return self._waiting(before)

    def is_empty(self) -> bool:
        return not self.waiting()

    def oldest(self) -> datetime | None:
        """When the first message in it was received."""
        with self._lock:
            return self._storage.oldest(self._first) if self._storage else None

    def size(self) -> int:
        """Bytes on the disk."""
        return sum(path.stat().st_size for path in self.paths() if path.exists())

    def paths(self) -> tuple[Path, ...]:
        return paths_of(self.path)

    def close(self) -> None:
        with self._lock:
            if self._storage is not None:
                self._storage.close()
                self._storage = None

    def _entries(self, position: int) -> Generator[SpoolEntry, None, None]:
        """From there on, for the thread that reads ahead."""
        if self._storage is None:
            return
        with closing(self._storage.rows_from(max(position, self._first))) as rows:
            for entry in map(entry_of, rows):
                if entry.message.batch not in self._drained_batches:
                    yield entry

    # --- under the lock from here on

    def _begin(self) -> None:
        """Open it. What is not there yet may stay away as long as there is no room for it."""
        is_new = not self.path.exists()
        try:
            self._opened()
        except sqlite3.OperationalError as problem:
            if not is_new or _kind(problem) not in _NO_ROOM:
                raise
            self.path.unlink(missing_ok=True)
            self._refuse(0)
            log.error("there is no room for a spool in %s: %s", self.path.parent, problem)

    def _opened(self) -> SpoolStorage:
        if self._storage is None:
            self._storage = SpoolStorage(self.path, max_bytes=self._max_bytes)
            self._next = max(self._next, self._storage.last_number + 1)
            self._write_deltas()
        return self._storage

    def _waiting(self, before: int) -> dict[str, int]:
        if self._storage is None:
            return {}
        counts = Counter(self._storage.waiting(self._first, before))
        for batch in self._drained_batches:
            counts -= Counter(self._storage.waiting_of_batch(batch, self._first, before))
        return dict(counts)

    def _tidy(self, action: Callable[[SpoolStorage], None]) -> bool:
        """Remove something. False: there was no room to do it, which changes nothing but the room."""
        if self._storage is None:
            return True
        try:
            action(self._storage)
        except sqlite3.OperationalError as problem:
            if not self._is_cluttered:
                log.warning("nothing can be removed from the spool %s until it is empty: %s", self.path, problem)
            self._is_cluttered = True
            return False
        return True

    def _is_worth_it(self) -> bool:
        enough = _EMPTY_ENOUGH_BYTES if self._disk.has_room_for(0) else _SMALL_BYTES
        return self._is_cluttered or self.size() > enough

    def _kept_deltas(self) -> SavedDeltas:
        if self._deltas is not None:
            return self._deltas
        text = self._storage.saved_deltas() if self._storage else None
        return decoded_deltas(text) if text is not None else {}

    def _write_deltas(self) -> None:
        if self._storage is None or self._deltas is None:
            return
        try:
            self._storage.save_deltas(encoded_deltas(self._deltas))
            self._deltas = None
        except sqlite3.OperationalError as problem:
            log.warning("counts of refused messages are not kept on the disk: %s", problem)

    def _require_room(self, size: int) -> None:
        if not self._disk.has_room_for(size):
            raise SpoolDiskFull

    def _refuse(self, size: int) -> None:
        if not self.is_full:
            log.error("the spool %s keeps no more messages", self.path)
        self.is_full = True
        self._refused_bytes = size

    def _refusal(self, problem: sqlite3.Error, size: int) -> ScouterError:
        log.error("cannot write to the spool %s: %s", self.path, problem)
        self._refuse(size)
        if _kind(problem) != sqlite3.SQLITE_FULL:
            return SpoolBroken(str(problem))
        is_at_its_limit = self._storage is not None and not self._storage.has_pages_for(size)
        return SpoolFull() if is_at_its_limit else SpoolDiskFull()


def _kind(problem: sqlite3.Error) -> int:
    """The kind of an error of SQLite, without what makes it special."""
    return getattr(problem, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
