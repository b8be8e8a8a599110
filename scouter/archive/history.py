"""Hot and archived records as one: partial sums of a profile's whole window, wherever its records are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from scouter.archive.kinds import Kind
from scouter.archive.reads import ArchiveReads
from scouter.archive.sources import open_sources
from scouter.drift.charts import ChartScope, CountSums, ValueSums, merged_counts, merged_values
from scouter.drift.windows import ChartWindow
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.huge_values import TooHuge
from scouter.postgres.statements import Connection
from scouter.postgres.tables.charts import ValueBin, count_bins, value_bins
from scouter.postgres.tables.entities import Entity
from scouter.postgres.tables.features import features_of

if TYPE_CHECKING:  # whoever has nothing in the archive does not load DataFusion
    from scouter.archive.queries import ArchivedRecords

T = TypeVar("T")

WHOLE = ChartScope()


class History:
    """Raises `StoreAway` or `ArchiveBusy` when archived records are wanted and cannot be had."""

    def __init__(self, pool: ConnectionSource, reads: ArchiveReads) -> None:
        self._pool = pool
        self._reads = reads

    def values(
        self, kind: Kind, entity: Entity, window: ChartWindow, scope: ChartScope = WHOLE, *, archive: bool
    ) -> Mapping[str, list[ValueSums]]:
        """By feature, one sum for each time bin. Without `archive`, of what is in Postgres."""
        try:
            found, files = self._values_in_tables(kind, entity, window, scope, huge=False)
        except TooHuge:
            found, files = self._values_in_tables(kind, entity, window, scope, huge=True)
        if archive and files:
            archived = self._archived(kind, entity, files)
            found += self._reads.run(lambda: archived.value_bins(window, scope))
        return {name: merged_values(parts) for name, parts in _by_name(found).items()}

    def counts(
        self, kind: Kind, entity: Entity, window: ChartWindow, scope: ChartScope = WHOLE, *, archive: bool
    ) -> Mapping[str, list[CountSums]]:
        """By feature, the counts of each time bin. Without `archive`, of what is in Postgres."""
        with self._pool.connection() as connection:
            sources = open_sources(connection, kind, entity.id, window.start, window.end)
            names = _names(connection, entity, scope)
            found = [
                (names[part.feature_id], CountSums(part.bin, {part.bin_id: part.count}))
                for table in sources.tables
                for part in count_bins(connection, table, *_span(entity, window), feature_ids=_ids(names, scope))
                if part.feature_id in names
            ]
        if archive and sources.files:
            archived = self._archived(kind, entity, sources.files)
            found += self._reads.run(lambda: archived.count_bins(window, scope))
        return {name: merged_counts(parts) for name, parts in _by_name(found).items()}

    def _values_in_tables(
        self, kind: Kind, entity: Entity, window: ChartWindow, scope: ChartScope, *, huge: bool
    ) -> tuple[list[tuple[str, ValueSums]], list[str]]:
        """By feature, and the files that hold the rest: both as of one transaction."""
        with self._pool.connection() as connection:
            sources = open_sources(connection, kind, entity.id, window.start, window.end)
            names = _names(connection, entity, scope)
            ids, extremes, span = _ids(names, scope), scope.extremes, _span(entity, window)
            found = [
                (names[part.feature_id], _sums(part))
                for table in sources.tables
                for part in value_bins(connection, table, *span, feature_ids=ids, extremes=extremes, huge=huge)
                if part.feature_id in names  # if not, the profile has just been deleted
            ]
        return found, sources.files

    def _archived(self, kind: Kind, entity: Entity, files: list[str]) -> ArchivedRecords:
        from scouter.archive.queries import ArchivedRecords

        return ArchivedRecords(self._reads.store, kind, entity.uid, files)


def _names(connection: Connection, entity: Entity, scope: ChartScope) -> dict[int, str]:
    """Of the features that are wanted, by id."""
    known = features_of(connection, entity.id)
    return {number: name for name, number in known.items() if scope.features is None or name in scope.features}


def _ids(names: Mapping[int, str], scope: ChartScope) -> list[int] | None:
    return None if scope.features is None else list(names)


def _span(entity: Entity, window: ChartWindow) -> tuple[int, datetime, datetime, timedelta]:
    return entity.id, window.start, window.end, window.width


def _sums(part: ValueBin) -> ValueSums:
    return ValueSums(part.bin, part.count, part.mean, part.deviation, part.lowest, part.highest)


def _by_name(found: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
    by_name: dict[str, list[T]] = {}
    for name, part in found:
        by_name.setdefault(name, []).append(part)
    return by_name
