"""Records out: charts of one profile, in time bins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from scouter.api.routing import AnyRoute, Request, Route
from scouter.drift.charts import ChartScope
from scouter.drift.windows import ChartWindow, chart_window
from scouter.errors import ArchiveBusy, NotFound, StoreAway
from scouter.postgres.tables.entities import Entities, Entity
from scouter.profiles import lookup
from scouter.profiles.chart_series import ChartSeries
from scouter.profiles.lookup import ProfileRef
from scouter.wire.charts import ChartQuery, CustomChart, PsiChart, SpcChart, accepted_by_charts
from scouter.wire.profiles import DriftType

_PERMISSION = "read on the profile's space"


class Charts:
    def __init__(self, series: ChartSeries, entities: Entities, now: Callable[[], datetime]) -> None:
        self._series = series
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
                bulkhead="charts",
                errors=(NotFound, StoreAway, ArchiveBusy),
            )
            for kind, handle, reply in charts_of
        ]

    def spc(self, request: Request[ChartQuery, None]) -> SpcChart:
        return self._series.spc(*self._asked_for(request, DriftType.Spc), archive=request.query.wants_archive)

    def custom(self, request: Request[ChartQuery, None]) -> CustomChart:
        return self._series.custom(*self._asked_for(request, DriftType.Custom), archive=request.query.wants_archive)

    def psi(self, request: Request[ChartQuery, None]) -> PsiChart:
        return self._series.psi(*self._asked_for(request, DriftType.Psi), archive=request.query.wants_archive)

    def _asked_for(
        self, request: Request[ChartQuery, None], drift_type: DriftType
    ) -> tuple[Entity, ChartWindow, ChartScope]:
        query = request.query
        ref = ProfileRef.of(query, only=drift_type.value)
        entity = lookup.find(ref, "read", request.caller, self._entities.find)
        return entity, chart_window(query, self._now()), ChartScope(query.feature, query.extremes)
