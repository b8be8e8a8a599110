"""The series of a profile's charts, wherever its records are."""

from __future__ import annotations

import msgspec

from scouter.archive.history import WHOLE, History
from scouter.archive.kinds import CUSTOM, PSI, SPC
from scouter.drift.charts import ChartScope, custom_series, psi_series, spc_series
from scouter.drift.expected import expected_bins
from scouter.drift.windows import ChartWindow
from scouter.errors import NotFound
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.tables.entities import Entity
from scouter.postgres.tables.profiles import document_of
from scouter.wire.charts import CustomChart, PsiChart, SpcChart
from scouter.wire.profiles import PsiProfile


class ChartSeries:
    """Of one profile each, within a window. Without `archive`, of what is in Postgres; with it, raises `StoreAway` or
    `ArchiveBusy` when archived records are wanted and cannot be had.
    """

    def __init__(self, pool: ConnectionSource, history: History) -> None:
        self._pool = pool
        self._history = history

    def spc(self, entity: Entity, window: ChartWindow, scope: ChartScope = WHOLE, *, archive: bool = True) -> SpcChart:
        sums = self._history.values(SPC, entity, window, scope, archive=archive)
        return SpcChart({feature: spc_series(parts) for feature, parts in sums.items()})

    def custom(
        self, entity: Entity, window: ChartWindow, scope: ChartScope = WHOLE, *, archive: bool = True
    ) -> CustomChart:
        sums = self._history.values(CUSTOM, entity, window, scope, archive=archive)
        return CustomChart({metric: custom_series(metric, parts) for metric, parts in sums.items()})

    def psi(self, entity: Entity, window: ChartWindow, scope: ChartScope = WHOLE, *, archive: bool = True) -> PsiChart:
        """Time bins and features with too few observations are left out. Raises `NotFound`: the profile is gone."""
        sums = self._history.counts(PSI, entity, window, scope, archive=archive)
        with self._pool.connection() as connection:
            document = document_of(connection, entity.id)
        if document is None:
            raise NotFound("the profile is gone")
        expected = expected_bins(msgspec.json.decode(document, type=PsiProfile))
        series = {
            name: psi_series(expected[name], parts, newest=scope.extremes)
            for name, parts in sums.items()
            if name in expected
        }
        return PsiChart({name: found for name, found in series.items() if found is not None})
