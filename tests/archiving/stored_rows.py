"""What is stored of profiles: in the tables, and in the files of a store that is a directory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq

from scouter.postgres.connections.session_settings import SCHEMA
from tests.archiving.records import FEATURE_COLUMNS, TABLES, Row, as_stored

OfProfile = tuple[str, Row]  # uid, row

_VALUES = {"spc": ("value",), "psi": ("bin_id", "bin_count"), "custom": ("value",)}
_ROWS = """
    SELECT entity.uid, feature.name, record.created_at, {values} FROM {table} AS record
    JOIN entity ON entity.id = record.entity_id JOIN feature ON feature.id = record.feature_id"""


def in_tables(conninfo: str, kind: str, uids: Iterable[str] | None = None) -> Counter[OfProfile]:
    """The multiset of what is hot, frozen tables left out; of some profiles, or of all."""
    columns = ", ".join(_VALUES[kind])
    query = _ROWS.format(values=columns, table=TABLES[kind]) + " WHERE %(uids)s::text[] IS NULL OR uid = ANY (%(uids)s)"
    with psycopg.connect(conninfo, options=f"-c search_path={SCHEMA} -c timezone=UTC") as connection:
        found = connection.execute(query.encode(), {"uids": None if uids is None else list(uids)})
        return Counter((uid, as_stored(kind, feature, at, *values)) for uid, feature, at, *values in found)


def in_files(paths: Iterable[Path], kind: str, uids: Iterable[str] | None = None) -> Counter[OfProfile]:
    """The multiset of what Parquet files hold; of some profiles, or of all."""
    chosen = None if uids is None else [("uid", "in", list(uids))]
    found: Counter[OfProfile] = Counter()
    for path in paths:
        found.update(in_table(pq.read_table(path, partitioning=None, filters=chosen), kind))
    return found


def in_table(table: pa.Table, kind: str) -> Counter[OfProfile]:
    columns = ("uid", FEATURE_COLUMNS[kind], "created_at", *_VALUES[kind])
    lists = [table.column(name).to_pylist() for name in columns]
    return Counter(
        (uid, as_stored(kind, feature, at, *values)) for uid, feature, at, *values in zip(*lists, strict=True)
    )


def files_of(store: Path, kind: str) -> list[Path]:
    """Everything that anybody who reads the kind's directory would find."""
    return sorted((store / kind).rglob("*.parquet"))
