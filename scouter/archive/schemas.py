"""The columns of archived files. They are documented: whoever reads the archive without the server relies on them."""

from __future__ import annotations

import pyarrow as pa

from scouter.archive.kinds import Kind

MOMENT = pa.timestamp("us", "UTC")
_VALUES = {"value": pa.float64(), "bin_id": pa.int32(), "bin_count": pa.int64()}


def schema_of(kind: Kind) -> pa.Schema:
    """What a reader sees. Nothing in it is null; names are written out, for ids mean nothing outside their database."""
    return _schema(kind, pa.string())


def written_schema(kind: Kind) -> pa.Schema:
    """The same as it is handed to the writer, who is quicker when it is told which names are equal."""
    return _schema(kind, pa.dictionary(pa.int32(), pa.string()))


def _schema(kind: Kind, name_type: pa.DataType) -> pa.Schema:
    names = ("uid", "space", "name", "version", kind.feature)
    columns = [("created_at", MOMENT), *((name, name_type) for name in names)]
    columns += [(name, _VALUES[name]) for name in kind.values]
    return pa.schema([pa.field(name, column, nullable=False) for name, column in columns])
