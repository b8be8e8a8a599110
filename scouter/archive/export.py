"""The records of one profile and window as one Parquet file, made while it is sent."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scouter.archive.kinds import Kind
from scouter.archive.reads import ArchiveReads
from scouter.archive.sink import Sink
from scouter.archive.sources import open_sources
from scouter.errors import ArchiveBusy
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.entities import Entity
from scouter.postgres.tables.record_streams import all_entities, names_of_features, window_of_one
from scouter.runtime.private_files import make_private_directory

if TYPE_CHECKING:  # whoever exports nothing does not load Arrow
    import pyarrow as pa

_IN_MEMORY_BYTES = 4 * 2**20


@dataclass(frozen=True, slots=True)
class Asked:
    """Records with start <= created_at < end; without `archive`, those that are in Postgres."""

    kind: Kind
    entity: Entity
    start: datetime
    end: datetime
    archive: bool


class Exports:
    """Makes exports, so many at once. Memory does not depend on how much is exported."""

    def __init__(
        self, conninfo: str, pool: Pool, reads: ArchiveReads, directory: Path, *, maximum: int, wait_seconds: float
    ) -> None:
        """`directory` is for what Postgres has, until the client has taken it."""
        self._conninfo = conninfo
        self._pool = pool
        self._reads = reads
        self._directory = directory
        self._free = threading.BoundedSemaphore(maximum)
        self._wait_seconds = wait_seconds

    def begin(self, asked: Asked) -> Iterator[bytes]:
        """The file in chunks. What can be known to be wrong beforehand is raised here, and not on the way.

        Raises `ArchiveBusy`, `StoreAway`, or what the database raises.
        """
        chunks = self._chunks(asked)
        first = next(chunks)
        return _all(first, chunks)

    def _chunks(self, asked: Asked) -> Iterator[bytes]:
        from scouter.archive.part_file import parquet_writer

        with self._turn(), self._sink() as sink:
            with parquet_writer(asked.kind, sink) as writer:
                files = self._write_hot(asked, writer)
                for batch in self._archived(asked, files):
                    writer.write_batch(batch)
                    yield from sink.taken()
            yield from sink.taken()

    def _write_hot(self, asked: Asked, writer: Any) -> list[str]:
        """At the speed of Postgres, not of the client: meanwhile no day leaves its table. The files to go on with."""
        from scouter.archive.record_stream import Names, record_stream

        with self._pool.connection() as connection:
            sources = open_sources(connection, asked.kind, asked.entity.id, asked.start, asked.end)
            names = Names(all_entities(connection), lambda ids: names_of_features(connection, ids))
            with record_stream(self._conninfo, names) as stream:
                for table in sources.tables:
                    query = window_of_one(table, asked.entity.id, asked.start, asked.end)
                    for batch in stream.batches(asked.kind, query):
                        writer.write_batch(batch)
        return sources.files if asked.archive else []

    def _archived(self, asked: Asked, files: list[str]) -> Iterator[pa.RecordBatch]:
        if not files:
            return iter(())
        from scouter.archive.queries import ArchivedRecords

        records = ArchivedRecords(self._reads.store, asked.kind, asked.entity.uid, files)
        batches = records.batches(asked.start, asked.end)
        first = self._reads.run(lambda: next(batches, None))
        return chain([] if first is None else [first], batches)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._free.acquire(timeout=self._wait_seconds):
            raise ArchiveBusy("as many exports are under way as may", action="try again later")
        try:
            yield
        finally:
            self._free.release()

    @contextmanager
    def _sink(self) -> Iterator[Sink]:
        make_private_directory(self._directory)
        with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES, dir=str(self._directory)) as file:
            yield Sink(file)


def _all(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    """A generator: whoever stops halfway closes it, and with it what it has open."""
    yield first
    yield from rest
