"""Hot and archived records as one: partial sums of a profile's whole window, wherever its records are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar

from scouter.archive.kinds import Kind
from scouter.archive.reads import ArchiveReads
from scouter.archive.sources import open_sources
from scouter.drift.charts import CountSums, ValueSums, merged_counts, merged_values
from scouter.drift.windows import ChartWindow
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.charts import count_bins, value_bins
from scouter.postgres.tables.entities import Entity
from scouter.postgres.tables.features import features_of

if TYPE_CHECKING:  # whoever has nothing in the archive does not load DataFusion
    from scouter.archive.queries import ArchivedRecords

T = TypeVar("T")


class History:
    """Raises `StoreAway` or `ArchiveBusy` when archived records are wanted and cannot be had."""

    def __init__(self, pool: Pool, reads: ArchiveReads) -> None:
        self._pool = pool
        self._reads = reads

    def values(
        self, kind: Kind, entity: Entity, window: ChartWindow, *, archive: bool
    ) -> Mapping[str, list[ValueSums]]:
        """By feature, one sum for each time bin. Without `archive`, of what is in Postgres."""
        with self._pool.connection() as connection:
            sources = open_sources(connection, kind, entity.id, window.start, window.end)
            names = {feature_id: name for name, feature_id in features_of(connection, entity.id).items()}
            found = [
                (names[part.feature_id], ValueSums(part.bin, part.count, part.mean, part.m2))
                for table in sources.tables
                for part in value_bins(connection, table, entity.id, window.start, window.end, window.width)
                if part.feature_id in names  # if not, the profile has just been deleted
            ]
        if archive and sources.files:
            archived = self._archived(kind, entity, sources.files)
            found += self._reads.run(lambda: archived.value_bins(window))
        return {name: merged_values(parts) for name, parts in _by_name(found).items()}

    def counts(
        self, kind: Kind, entity: Entity, window: ChartWindow, *, archive: bool
    ) -> Mapping[str, list[CountSums]]:
        """By feature, the counts of each time bin. Without `archive`, of what is in Postgres."""
        with self._pool.connection() as connection:
            sources = open_sources(connection, kind, entity.id, window.start, window.end)
            names = {feature_id: name for name, feature_id in features_of(connection, entity.id).items()}
            found = [
                (names[part.feature_id], CountSums(part.bin, {part.bin_id: part.count}))
                for table in sources.tables
                for part in count_bins(connection, table, entity.id, window.start, window.end, window.width)
                if part.feature_id in names
            ]
        if archive and sources.files:
            archived = self._archived(kind, entity, sources.files)
            found += self._reads.run(lambda: archived.count_bins(window))
        return {name: merged_counts(parts) for name, parts in _by_name(found).items()}

    def _archived(self, kind: Kind, entity: Entity, files: list[str]) -> ArchivedRecords:
        from scouter.archive.queries import ArchivedRecords

        return ArchivedRecords(self._reads.store, kind, entity.uid, files)


def _by_name(found: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
    by_name: dict[str, list[T]] = {}
    for name, part in found:
        by_name.setdefault(name, []).append(part)
    return by_name
