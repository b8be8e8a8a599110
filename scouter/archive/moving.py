"""Moving one frozen part into a file: read, written, put into the store, read back, and only then dropped."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterator, Mapping
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
from scouter.postgres.connections.errors import first_line
from scouter.postgres.connections.job_sessions import JobSession
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
from scouter.postgres.tables.record_streams import all_entities, names_of_features, whole_table
from scouter.runtime.progress import Progress

log = logging.getLogger(__name__)

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
        session: JobSession,
        store: ObjectStore,
        owner: str,
        directory: Path,
        is_stopping: Callable[[], bool],
    ) -> None:
        """`directory` is for files on their way. `session` holds the archiver's lock."""
        self._conninfo = conninfo
        self._session = session
        self._store = store
        self._owner = owner
        self._directory = directory
        self._is_stopping = is_stopping

    def move(self, part: ArchivePart, step: Progress) -> Moved:
        """`step` is told what is done.

        Raises `StoreAway`, `DatabaseAway`, `ArchiveFault` or `Interrupted`; the part stays frozen then.
        """
        begun = time.monotonic()
        kind = KINDS[part.kind]
        path = kind.path(part.day, part.part, self._owner)
        local = self._directory / path.replace("/", "_")
        try:
            contents = self._write(kind, part, local, step)
            size = local.stat().st_size
            step.detail = f"{part.kind} of {part.day}: {contents.rows} records on their way to {self._store.name}"
            self._put(kind, local, path, contents.rows)
        finally:
            local.unlink(missing_ok=True)
        self._require_all(part, contents.rows)
        self._let_go(part, path, contents.all(), size)
        ARCHIVED_BYTES.labels(part.kind).inc(size)
        return Moved(part, path, contents.rows, size, time.monotonic() - begun)

    def _write(self, kind: Kind, part: ArchivePart, local: Path, step: Progress) -> Contents:
        step.detail = f"{part.kind} of {part.day}"
        self._vacuum(part)
        names = self._names()
        contents = Contents(names)
        with record_stream(self._conninfo, names) as stream:
            batches = self._watched(part, stream.batches(kind, whole_table(part.frozen_table)), step)
            write_part(kind, local, batches, contents.look_at)
        return contents

    def _vacuum(self, part: ArchivePart) -> None:
        """It makes reading quicker, and nothing else depends on it."""
        try:
            with self._session.outside_transactions() as connection:
                vacuum_frozen(connection, part.frozen_table)
        except (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable) as problem:
            log.info("%s is read without a vacuum: %s", part.frozen_table, first_line(problem))

    def _names(self) -> Names:
        with self._session.connection() as connection:
            return Names(all_entities(connection), self._names_of_features)

    def _names_of_features(self, ids: Collection[int]) -> Mapping[int, str]:
        with self._session.connection() as connection:
            return names_of_features(connection, ids)

    def _watched(
        self, part: ArchivePart, batches: Iterator[pa.RecordBatch], step: Progress
    ) -> Iterator[pa.RecordBatch]:
        """The same batches, counted."""
        rows = 0
        for batch in batches:
            if self._is_stopping():
                raise Interrupted
            yield batch
            rows += batch.num_rows
            ARCHIVED_RECORDS.labels(part.kind).inc(batch.num_rows)
            step.detail = f"{part.kind} of {part.day}: {rows} records"

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
        with self._session.connection() as connection:
            table = part.frozen_table
            is_whole = rows in (count_records(connection, table), count_present_records(connection, table))
        if not is_whole:
            raise ArchiveFault(
                f"{part.kind} of {part.day}: {part.frozen_table} has other records than the {rows} that were written; "
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
        with self._session.connection() as connection:
            wait_for_readers(connection)
            if not set_archived(connection, part, path, contents, size):
                raise ArchiveFault(f"{part.kind} of {part.day}: somebody else has archived part {part.part}")
            keep_entities(connection)
            add_contents(connection, part, contents)
            drop_frozen(connection, part.frozen_table)
