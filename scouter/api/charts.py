"""Records out: charts of one profile, in time bins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from scouter.api.routing import AnyRoute, Request, Route
from scouter.archive.history import History
from scouter.archive.kinds import CUSTOM, PSI, SPC, Kind
from scouter.auth.permissions import Caller
from scouter.drift.charts import CountSums, ValueSums, custom_series, psi_series, spc_series
from scouter.drift.expected import expected_bins
from scouter.drift.windows import ChartWindow, chart_window
from scouter.errors import ArchiveBusy, InvalidInput, NotFound, StoreAway
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.entities import Entities, Entity, EntityName
from scouter.postgres.tables.profiles import document_of
from scouter.wire.charts import ChartQuery, CustomChart, PsiChart, SpcChart, WindowQuery, accepted_by_charts
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
        entity = find_readable(request.query, drift_type, request.caller, self._entities)
        return entity, chart_window(request.query, self._now())


def find_readable(query: WindowQuery, drift_type: DriftType, caller: Caller, entities: Entities) -> Entity:
    """The profile that a query names, on either wire. A named space is authorised before anything is looked up."""
    if query.space is not None:
        caller.require("read", query.space)
    entity = entities.find(query.uid if query.uid is not None else _legacy_name(query, drift_type))
    if entity is None or entity.drift_type != drift_type.value:
        named = query.uid or f"{query.space}/{query.name} {query.version}"
        raise NotFound(f"there is no {drift_type.value} profile {named!r}")
    caller.require("read", entity.space)
    return entity


def _legacy_name(query: WindowQuery, drift_type: DriftType) -> EntityName:
    if query.space is None or query.name is None or query.version is None:
        raise InvalidInput("uid", None, "a profile's uid, or space, name and version together")
    return EntityName(query.space, query.name, query.version, drift_type.value)


def _psi_chart(document: str | None, sums: Mapping[str, list[CountSums]]) -> PsiChart:
    if document is None:
        raise NotFound("the profile is gone")
    expected = expected_bins(msgspec.json.decode(document, type=PsiProfile))
    series = {name: psi_series(expected[name], parts) for name, parts in sums.items() if name in expected}
    return PsiChart({name: found for name, found in series.items() if found is not None})
