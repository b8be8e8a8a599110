"""Moving one frozen part into a file: read, written, put into the store, read back, and only then dropped."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pyarrow as pa

from scouter.archive.contents import Contents
from scouter.archive.interruption import Interrupted
from scouter.archive.kinds import KINDS, Kind
from scouter.archive.part_file import read_back, write_part
from scouter.archive.record_stream import Names, record_stream
from scouter.archive.stores.store import ObjectStore
from scouter.errors import ArchiveFault, StoreAway
from scouter.metrics import ARCHIVED_BYTES, ARCHIVED_RECORDS
from scouter.postgres.statements import Connection
from scouter.postgres.tables.manifest import (
    ArchivePart,
    Content,
    add_contents,
    count_present_records,
    count_records,
    drop_frozen,
    keep_entities,
    set_archived,
    vacuum_frozen,
    wait_for_readers,
)
from scouter.postgres.tables.record_streams import whole_table

log = logging.getLogger(__name__)

_SAY_SECONDS = 10.0
_TRIES = 30  # to get a table that readers use, ten seconds each


@dataclass(frozen=True, slots=True)
class Moved:
    """One part in the store."""

    part: ArchivePart
    path: str
    rows: int
    bytes: int
    seconds: float


class Mover:
    """Moves frozen parts, one after the other, for whoever is the archiver."""

    def __init__(
        self,
        conninfo: str,
        connection: Connection,
        store: ObjectStore,
        owner: str,
        directory: Path,
        is_stopping: Callable[[], bool],
    ) -> None:
        """`directory` is for files on their way. `connection` commits by itself and holds the archiver's lock."""
        self._conninfo = conninfo
        self._connection = connection
        self._store = store
        self._owner = owner
        self._directory = directory
        self._is_stopping = is_stopping

    def move(self, part: ArchivePart) -> Moved:
        """Raises `StoreAway`, `DatabaseAway`, `ArchiveFault` or `Interrupted`; the part stays frozen then."""
        begun = time.monotonic()
        kind = KINDS[part.kind]
        path = kind.path(part.day, part.part, self._owner)
        local = self._directory / path.replace("/", "_")
        try:
            contents = self._write(kind, part, local)
            size = local.stat().st_size
            self._put(kind, local, path, contents.rows)
        finally:
            local.unlink(missing_ok=True)
        self._require_all(part, contents.rows)
        self._let_go(part, path, contents.all(), size)
        ARCHIVED_BYTES.labels(part.kind).inc(size)
        return Moved(part, path, contents.rows, size, time.monotonic() - begun)

    def _write(self, kind: Kind, part: ArchivePart, local: Path) -> Contents:
        vacuum_frozen(self._connection, part.frozen_table)
        names = Names(self._connection)
        contents = Contents(names)
        with record_stream(self._conninfo, names) as stream:
            batches = self._watched(part, stream.batches(kind, whole_table(part.frozen_table)))
            write_part(kind, local, batches, contents.look_at)
        return contents

    def _watched(self, part: ArchivePart, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The same batches, counted, with a word in the log now and then."""
        rows, said = 0, time.monotonic()
        for batch in batches:
            if self._is_stopping():
                raise Interrupted
            yield batch
            rows += batch.num_rows
            ARCHIVED_RECORDS.labels(part.kind).inc(batch.num_rows)
            if time.monotonic() - said > _SAY_SECONDS:
                log.info("archiving %s of %s: %d records so far", part.kind, part.day, rows)
                said = time.monotonic()

    def _put(self, kind: Kind, local: Path, path: str, rows: int) -> None:
        self._store.put(local, path)
        with self._store.open(path) as file:
            try:
                found = read_back(kind, file)
            except (pa.ArrowException, OSError) as problem:
                raise StoreAway(self._store.name, f"{path} does not come back as it was put there: {problem}") from None
        if found != rows:
            raise StoreAway(self._store.name, f"{path} has {found} records, and {rows} were put there")

    def _require_all(self, part: ArchivePart, rows: int) -> None:
        """The file has every record of the table, but for profiles that are deleted. Nobody writes to the table."""
        table = part.frozen_table
        if rows != count_records(self._connection, table) and rows != count_present_records(self._connection, table):
            raise ArchiveFault(
                f"{part.kind} of {part.day}: {table} has other records than the {rows} that were written; "
                "was a profile deleted just now? It is tried again"
            )

    def _let_go(self, part: ArchivePart, path: str, contents: list[Content], size: int) -> None:
        """From here on the file is what counts."""
        for _ in range(_TRIES):
            try:
                self._switch(part, path, contents, size)
            except psycopg.errors.LockNotAvailable:
                if self._is_stopping():
                    raise Interrupted from None
            else:
                return
        raise ArchiveFault(f"{part.kind} of {part.day}: {part.frozen_table} was in use all the time; it is tried again")

    def _switch(self, part: ArchivePart, path: str, contents: list[Content], size: int) -> None:
        with self._connection.transaction():
            wait_for_readers(self._connection)
            if not set_archived(self._connection, part, path, contents, size):
                raise ArchiveFault(f"{part.kind} of {part.day}: somebody else has archived part {part.part}")
            keep_entities(self._connection)
            add_contents(self._connection, part, contents)
            drop_frozen(self._connection, part.frozen_table)
