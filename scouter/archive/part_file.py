"""One file of the archive: written from batches of records, and read back whole before its table goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from scouter.archive.kinds import Kind
from scouter.archive.schemas import schema_of, written_schema
from scouter.runtime.private_files import make_private

_COMPRESSION = "zstd"
_LEVEL = 1  # level 3 makes files 3 % smaller and takes half as long again


def parquet_writer(kind: Kind, sink: Any) -> pq.ParquetWriter:
    """For a path, or something to write to. Row groups are the batches that it is given; statistics of their pages
    tell where a profile is.
    """
    return pq.ParquetWriter(
        sink,
        written_schema(kind),
        compression=_COMPRESSION,
        compression_level=_LEVEL,
        use_dictionary=["uid", "space", "name", "version", kind.feature],
        write_page_index=True,
        write_page_checksum=True,
        store_schema=False,  # readers see plain text, not how it was handed to the writer
        sorting_columns=_sorting(kind),
    )


def write_part(
    kind: Kind, path: Path, batches: Iterable[pa.RecordBatch], look_at: Callable[[pa.RecordBatch], None]
) -> None:
    """`look_at` sees every batch that was written."""
    make_private(path)
    with parquet_writer(kind, str(path)) as writer:
        for batch in batches:
            writer.write_batch(batch)
            look_at(batch)


def read_back(kind: Kind, file: IO[bytes]) -> int:
    """How many rows are in the file; every page is read and its checksum verified. Raises `pa.ArrowException`."""
    with pq.ParquetFile(file, page_checksum_verification=True) as parquet:
        if not parquet.schema_arrow.equals(schema_of(kind)):
            raise pa.ArrowInvalid(f"unexpected columns: {parquet.schema_arrow.names}")
        # Group by group: asked for all of them, pyarrow fetches ahead and holds on to the whole file.
        groups = range(parquet.num_row_groups)
        return sum(batch.num_rows for group in groups for batch in parquet.iter_batches(row_groups=[group]))


def _sorting(kind: Kind) -> list[Any]:
    names = written_schema(kind).names
    return [pq.SortingColumn(names.index(name)) for name in ("uid",)]
