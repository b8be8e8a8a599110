"""Hot and archived records of one profile by the windows of schedules, by the path of exports and charts.

Manifest and tables are read under one lock against the departure of days, so that each record counts once; the files,
which the manifest named, after that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from psycopg.errors import QueryCanceled

from scouter.archive.kinds import CUSTOM, PSI, SPC, Kind
from scouter.archive.read_budget import ReadBudget, TimeUp
from scouter.archive.reads import ArchiveReads
from scouter.archive.sources import Sources, open_sources
from scouter.archive.spooled_values import SpooledValues, spooled_values
from scouter.archive.window_sums import WindowCounts, WindowMeans
from scouter.drift.check_windows import MICROSECOND, CheckWindows
from scouter.drift.replayed_features import WindowMean
from scouter.errors import DatabaseAway
from scouter.postgres.connections.pool import Pool
from scouter.postgres.huge_values import TooHuge
from scouter.postgres.tables.dry_runs import archived_rows, count_up_to, limit_statements
from scouter.postgres.tables.entities import Entity
from scouter.postgres.tables.features import features_of
from scouter.postgres.tables.record_streams import values_of_one, window_counts_of_one, window_means_of_one

if TYPE_CHECKING:  # whoever asks for nothing of this kind does not load Arrow and DataFusion
    import pyarrow as pa

    from scouter.archive.archived_windows import ArchivedWindows
    from scouter.archive.record_stream import RecordStream


Sums = TypeVar("Sums")


@dataclass(frozen=True, slots=True)
class Span:
    """Whose records, start < created_at <= end; without `archive`, those that are in Postgres."""

    entity: Entity
    start: datetime
    end: datetime
    archive: bool

    @property
    def first(self) -> datetime:
        return self.start + MICROSECOND

    @property
    def beyond(self) -> datetime:
        return self.end + MICROSECOND


@dataclass(frozen=True, slots=True)
class _Reading:
    """What has been found out about a span: the names of features by id, and where its records are."""

    names: Mapping[int, str]
    sources: Sources


class PastWindows:
    """Raises `TooManyRecords` and `TimeUp` by the budget that is given, `StoreAway` or `ArchiveBusy` when archived
    records are wanted and cannot be had, or what the database raises.
    """

    def __init__(self, conninfo: str, pool: Pool, reads: ArchiveReads, directory: Path) -> None:
        """`directory`: for values on the way."""
        self._conninfo = conninfo
        self._pool = pool
        self._reads = reads
        self._directory = directory

    @contextmanager
    def values(self, span: Span, budget: ReadBudget) -> Iterator[tuple[SpooledValues, int]]:
        """Of SPC, for as long as the block takes; and from how many files."""
        with spooled_values(self._directory) as spooled:

            def hot(stream: RecordStream, reading: _Reading) -> None:
                for table in reading.sources.tables:
                    query = values_of_one(table, span.entity.id, span.first, span.beyond)
                    for batch in stream.rows(query):
                        budget.require_time()
                        _add_values(spooled, *_of_ids(batch, reading.names), batch)

            def archived(windows: ArchivedWindows) -> None:
                for batch in windows.values(span.first, span.beyond):
                    budget.require_time()
                    _add_values(spooled, *_of_texts(batch), batch)
                    budget.require_room(spooled.rows)

            files = self._read(SPC, span, budget, hot, archived)
            yield spooled, files

    def counts(self, span: Span, grids: Sequence[CheckWindows], budget: ReadBudget) -> tuple[list[WindowCounts], int]:
        """Of PSI, for each of these schedules; and from how many files."""
        found = [WindowCounts(len(grid)) for grid in grids]

        def hot(stream: RecordStream, reading: _Reading) -> None:
            for grid, sums in _filled(grids, found):
                for table in reading.sources.tables:
                    query = window_counts_of_one(table, span.entity.id, grid.first_moments, *_ends(grid))
                    for batch in stream.sums(query):
                        _add_counts(sums, *_of_ids(batch, reading.names), batch)

        def archived(windows: ArchivedWindows) -> None:
            for grid, sums in _filled(grids, found):
                for batch in windows.counts(grid, *_ends(grid)):
                    budget.require_time()
                    _add_counts(sums, *_of_texts(batch), batch)
                    budget.require_room(sums.rows)

        return found, self._read(PSI, span, budget, hot, archived)

    def means(self, span: Span, grids: Sequence[CheckWindows], budget: ReadBudget) -> tuple[list[WindowMeans], int]:
        """Of custom metrics, as `counts`. What Postgres cannot add up is read once more, in another way."""
        try:
            return self._means(span, grids, budget, huge=False)
        except TooHuge:
            return self._means(span, grids, budget, huge=True)

    def _means(
        self, span: Span, grids: Sequence[CheckWindows], budget: ReadBudget, *, huge: bool
    ) -> tuple[list[WindowMeans], int]:
        found = [WindowMeans(len(grid)) for grid in grids]

        def hot(stream: RecordStream, reading: _Reading) -> None:
            for grid, sums in _filled(grids, found):
                for table in reading.sources.tables:
                    asked = (table, span.entity.id, grid.first_moments, *_ends(grid))
                    for batch in stream.sums(window_means_of_one(*asked, huge=huge)):
                        sums.add(_means(*_of_ids(batch, reading.names), batch))

        def archived(windows: ArchivedWindows) -> None:
            for grid, sums in _filled(grids, found):
                for batch in windows.means(grid, *_ends(grid)):
                    sums.add(_means(*_of_texts(batch), batch))

        return found, self._read(CUSTOM, span, budget, hot, archived)

    def _read(
        self,
        kind: Kind,
        span: Span,
        budget: ReadBudget,
        hot: Callable[[RecordStream, _Reading], None],
        archived: Callable[[ArchivedWindows], None],
    ) -> int:
        """The number of files."""
        from scouter.archive.record_stream import record_stream

        try:
            with self._pool.connection() as connection:
                limit_statements(connection, budget.seconds)
                sources = open_sources(connection, kind, span.entity.id, span.first, span.beyond)
                files = sources.files if span.archive else []
                rows = archived_rows(connection, kind.name, span.entity.id, span.first, span.beyond) if files else 0
                budget.require_room(rows)
                for table in sources.tables:
                    most = max(budget.rows - rows, 0) + 1
                    rows += count_up_to(connection, table, span.entity.id, span.first, span.beyond, most=most)
                    budget.require_room(rows)
                names = {number: name for name, number in features_of(connection, span.entity.id).items()}
                with record_stream(self._conninfo, seconds=budget.seconds) as stream:
                    hot(stream, _Reading(names, sources))
        except QueryCanceled:
            raise TimeUp from None
        except DatabaseAway:
            budget.require_time()  # then Postgres ended what it was given no more time for
            raise
        if files:
            self._read_archived(kind, span, files, archived)
        return len(files)

    def _read_archived(
        self, kind: Kind, span: Span, files: Sequence[str], archived: Callable[[ArchivedWindows], None]
    ) -> None:
        from scouter.archive.archived_windows import ArchivedWindows
        from scouter.archive.queries import ArchivedRecords

        records = ArchivedRecords(self._reads.store, kind, span.entity.uid, files)
        self._reads.run(lambda: archived(ArchivedWindows(records)))


def _filled(grids: Sequence[CheckWindows], found: Sequence[Sums]) -> Iterator[tuple[CheckWindows, Sums]]:
    """A schedule that does not fire within the span has no window to sum up."""
    return ((grid, sums) for grid, sums in zip(grids, found, strict=True) if len(grid))


def _ends(grid: CheckWindows) -> tuple[datetime, datetime]:
    return grid.start + MICROSECOND, grid.end + MICROSECOND


def _of_ids(batch: pa.RecordBatch, names: Mapping[int, str]) -> tuple[list[str], Any]:
    """Which names there are, and which of them each row is of. A feature that is gone has no name that is asked for."""
    distinct, owners = np.unique(batch.column("feature_id").to_numpy(), return_inverse=True)
    return [names.get(each, "") for each in distinct.tolist()], owners.astype(np.int64)


def _of_texts(batch: pa.RecordBatch) -> tuple[list[str], Any]:
    column = batch.column("feature").dictionary_encode()
    return column.dictionary.to_pylist(), column.indices.to_numpy(zero_copy_only=False).astype(np.int64)


def _add_values(spooled: SpooledValues, names: list[str], owners: Any, batch: pa.RecordBatch) -> None:
    if batch.num_rows:
        moments = batch.column("created_at").cast("int64").to_numpy(zero_copy_only=False)
        spooled.add(names, owners, moments, batch.column("value").to_numpy(zero_copy_only=False))


def _add_counts(sums: WindowCounts, names: list[str], owners: Any, batch: pa.RecordBatch) -> None:
    columns = ("place", "bin_id", "count", "rows")
    place, bin_id, count, rows = (
        batch.column(each).to_numpy(zero_copy_only=False).astype(np.int64) for each in columns
    )
    sums.add(names, owners, place, bin_id, count, rows)


def _means(names: list[str], owners: Any, batch: pa.RecordBatch) -> Iterator[tuple[str, int, WindowMean]]:
    columns = (batch.column(each).to_pylist() for each in ("place", "rows", "mean", "deviation"))
    for owner, place, rows, mean, deviation in zip(owners.tolist(), *columns, strict=True):
        yield names[owner], place, WindowMean(rows, mean, deviation)
