"""What is left after the drill of the archive, and whether it is what was promised."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import psycopg
import pyarrow.parquet as pq

from scouter.postgres.connections.session_settings import SCHEMA
from tests.archiving.records import KINDS, TABLES
from tests.archiving.stored_rows import files_of, in_files, in_tables
from tests.drills.archive_subjects import Bulk, Different, Integers, Watched, compare, compare_rows

_SHOWN = 5
_NUMBER = {"spc": "value", "psi": "bin_count", "custom": "value"}
_LEFT = r"""
    SELECT relname FROM pg_class
    WHERE relnamespace = %s::regnamespace AND relkind = 'r' AND relname LIKE 'frozen\_%%'"""
_HOT_DAYS = "SELECT count(DISTINCT (created_at AT TIME ZONE 'UTC')::date) FROM {table} WHERE created_at < %s"
_BULK = """
    SELECT {number}::bigint, (extract(epoch FROM created_at) * 1000000)::bigint FROM {table}
    WHERE entity_id = (SELECT id FROM entity WHERE uid = %s)"""


@dataclass(frozen=True)
class Left:
    """What is wrong when the last pass has ended."""

    different: Different
    frozen: int  # parts or tables that no pass has finished
    hot: int  # days that are older than the retention and still in tables
    unlisted: int  # files in the store that the manifest does not know: whoever reads the directory counts them too
    missing: int  # files that the manifest knows and the store does not
    on_the_way: int  # files in the server's own directory


@dataclass(frozen=True)
class Findings:
    """Everything is counted. A promise is a count that has to be 0."""

    rows: int
    late_parts: int  # files beyond the first of their day
    files: int
    command_kills: int
    server_kills: int
    frozen_kills: int  # kills that left a part between its table and its file
    ended: int  # passes that were over before the kill
    charts: int
    exports: int
    p95_ms: int  # of a chart
    # --- promises
    wrong: int  # charts and exports
    refused: int  # requests
    lost: int
    twice: int
    changed: int
    frozen: int
    hot: int
    unlisted: int
    missing: int
    on_the_way: int
    died: int  # servers and commands that ended in another way than they were told to
    names: dict[str, list[str]] = field(default_factory=dict)

    @property
    def broken(self) -> list[str]:
        names = [one.name for one in dataclasses.fields(self)]
        promises = names[names.index("wrong") : names.index("names")]
        return [f"{name.replace('_', ' ')}: {getattr(self, name)}" for name in promises if getattr(self, name)]

    def shown(self) -> str:
        counts = {one.name: getattr(self, one.name) for one in dataclasses.fields(self) if one.name != "names"}
        lines = [f"{name.replace('_', ' '):16}{count:>12,}" for name, count in counts.items()]
        return "\n".join(lines + [f"{what}: {one}" for what, named in self.names.items() for one in named[:_SHOWN]])


def what_is_left(conninfo: str, store: Path, own: Path, watched: Sequence[Watched], bulk: Sequence[Bulk]) -> Left:
    """Look when nothing runs any more and everything that is old enough should be archived. `own`: data directories."""
    with psycopg.connect(conninfo, options=f"-c search_path={SCHEMA} -c timezone=UTC") as connection:
        frozen = connection.execute("SELECT count(*) FROM archive_part WHERE state = 'frozen'").fetchone()
        tables = connection.execute(_LEFT, (SCHEMA,)).fetchall()
        listed = {str(path) for (path,) in connection.execute("SELECT path FROM archive_part WHERE path IS NOT NULL")}
        hot = sum(_hot_days(connection, kind) for kind in KINDS)
    assert frozen is not None
    there = {str(path.relative_to(store)) for path in store.rglob("*") if path.is_file()}
    there = {path for path in there if not path.startswith("scouter-archive-")}
    return Left(
        different=_added([*_small(conninfo, store, watched), *(_large(conninfo, store, one) for one in bulk)]),
        frozen=frozen[0] + len(tables),
        hot=hot,
        unlisted=len(there - listed),
        missing=len(listed - there),
        on_the_way=sum(path.is_file() for path in own.glob("*/data/archive/**/*")),
    )


def _hot_days(connection: psycopg.Connection, kind: str) -> int:
    retained = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    found = connection.execute(_HOT_DAYS.format(table=TABLES[kind]).encode(), (retained,)).fetchone()
    assert found is not None
    return int(found[0])


def _small(conninfo: str, store: Path, watched: Iterable[Watched]) -> Iterable[Different]:
    for one in watched:
        paths = files_of(store, one.kind)
        hot = in_tables(conninfo, one.kind, [one.uid])
        yield compare_rows(one, hot + in_files(paths, one.kind, [one.uid]))


def _large(conninfo: str, store: Path, bulk: Bulk) -> Different:
    """Hot and archived, by number."""
    query = _BULK.format(number=_NUMBER[bulk.kind], table=TABLES[bulk.kind])
    with psycopg.connect(conninfo, options=f"-c search_path={SCHEMA} -c timezone=UTC") as connection:
        hot = np.array(connection.execute(query.encode(), (bulk.uid,)).fetchall(), dtype=np.int64).reshape(-1, 2)
    parts = [hot, *(_numbers(path, bulk) for path in files_of(store, bulk.kind))]
    found = np.concatenate(parts)
    return compare(bulk.moments, found[:, 0], found[:, 1])


def _numbers(path: Path, bulk: Bulk) -> Integers:
    columns = [_NUMBER[bulk.kind], "created_at"]
    table = pq.read_table(path, columns=columns, filters=[("uid", "=", bulk.uid)], partitioning=None)
    numbers, moments = (table.column(name).to_numpy() for name in columns)
    both: Integers = np.stack([numbers.astype(np.int64), moments.astype("datetime64[us]").astype(np.int64)], axis=1)
    return both


def _added(parts: Iterable[Different]) -> Different:
    all_of = list(parts)
    return Different(*(sum(getattr(one, name) for one in all_of) for name in ("lost", "twice", "changed")))
