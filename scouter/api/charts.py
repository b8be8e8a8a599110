"""Records out: charts of one profile, in time bins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from scouter.api.routing import AnyRoute, Request, Route
from scouter.archive.history import History
from scouter.archive.kinds import CUSTOM, PSI, SPC, Kind
from scouter.drift.charts import CountSums, ValueSums, custom_series, psi_series, spc_series
from scouter.drift.expected import expected_bins
from scouter.drift.windows import ChartWindow, chart_window
from scouter.errors import ArchiveBusy, NotFound, StoreAway
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.entities import Entities, Entity
from scouter.postgres.tables.profiles import document_of
from scouter.profiles import lookup
from scouter.profiles.lookup import ProfileRef
from scouter.wire.charts import ChartQuery, CustomChart, PsiChart, SpcChart, accepted_by_charts
from scouter.wire.profiles import DriftType, PsiProfile

_PERMISSION = "read on the profile's space"


class Charts:
    def __init__(self, pool: Pool, history: History, entities: Entities, now: Callable[[], datetime]) -> None:
        self._pool = pool
        self._history = history
        self._entities = entities
        self._now = now

    def routes(self) -> list[AnyRoute]:
        charts_of = (("spc", self.spc, SpcChart), ("psi", self.psi, PsiChart), ("custom", self.custom, CustomChart))
        return [
            Route(
                "GET",
                f"/scouter/drift/{kind}",
                handle,
                f"A chart of a {kind} profile, named by uid, or by space, name and version.",
                reply,
                permission=_PERMISSION,
                query=ChartQuery,
                accepted=accepted_by_charts,
                errors=(NotFound, StoreAway, ArchiveBusy),
            )
            for kind, handle, reply in charts_of
        ]

    def spc(self, request: Request[ChartQuery, None]) -> SpcChart:
        sums = self._values(request, SPC, DriftType.Spc)
        return SpcChart({feature: spc_series(parts) for feature, parts in sums.items()})

    def custom(self, request: Request[ChartQuery, None]) -> CustomChart:
        sums = self._values(request, CUSTOM, DriftType.Custom)
        return CustomChart({metric: custom_series(metric, parts) for metric, parts in sums.items()})

    def psi(self, request: Request[ChartQuery, None]) -> PsiChart:
        entity, window = self._asked_for(request, DriftType.Psi)
        sums = self._history.counts(PSI, entity, window, archive=request.query.wants_archive)
        with self._pool.connection() as connection:
            document = document_of(connection, entity.id)
        return _psi_chart(document, sums)

    def _values(
        self, request: Request[ChartQuery, None], kind: Kind, drift_type: DriftType
    ) -> Mapping[str, list[ValueSums]]:
        entity, window = self._asked_for(request, drift_type)
        return self._history.values(kind, entity, window, archive=request.query.wants_archive)

    def _asked_for(self, request: Request[ChartQuery, None], drift_type: DriftType) -> tuple[Entity, ChartWindow]:
        ref = ProfileRef.of(request.query, only=drift_type.value)
        entity = lookup.find(ref, "read", request.caller, self._entities.find)
        return entity, chart_window(request.query, self._now())


def _psi_chart(document: str | None, sums: Mapping[str, list[CountSums]]) -> PsiChart:
    if document is None:
        raise NotFound("the profile is gone")
    expected = expected_bins(msgspec.json.decode(document, type=PsiProfile))
    series = {name: psi_series(expected[name], parts) for name, parts in sums.items() if name in expected}
    return PsiChart({name: found for name, found in series.items() if found is not None})
