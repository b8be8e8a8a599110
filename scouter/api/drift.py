"""Records out: charts of one profile, in time bins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from scouter.api.routing import Call, Route
from scouter.auth.permissions import Caller
from scouter.drift.charts import CountSums, ValueSums, custom_series, psi_series, spc_series
from scouter.drift.expected import expected_bins
from scouter.drift.windows import ChartWindow, chart_window
from scouter.errors import InvalidInput, NotFound
from scouter.postgres import charts
from scouter.postgres.charts import CountBin, ValueBin
from scouter.postgres.entities import Entities, Entity, EntityName
from scouter.postgres.features import features_of
from scouter.postgres.pool import Pool
from scouter.postgres.profiles import document_of
from scouter.postgres.statements import Connection
from scouter.wire.charts import ChartQuery, CustomChart, PsiChart, SpcChart, accepted_by_charts
from scouter.wire.profiles import DriftType, PsiProfile

_PERMISSION = "read on the profile's space"


class Drift:
    def __init__(self, pool: Pool, entities: Entities, now: Callable[[], datetime]) -> None:
        self._pool = pool
        self._entities = entities
        self._now = now

    def routes(self) -> list[Route]:
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
                errors=(NotFound,),
            )
            for kind, handle, reply in charts_of
        ]

    def spc(self, call: Call) -> SpcChart:
        entity, window = self._asked_for(call, DriftType.Spc)
        with self._pool.connection() as connection:
            sums = _value_sums(connection, entity, charts.spc_bins(connection, entity.id, *_ends(window)))
        return SpcChart({feature: spc_series(parts) for feature, parts in sums.items()})

    def custom(self, call: Call) -> CustomChart:
        entity, window = self._asked_for(call, DriftType.Custom)
        with self._pool.connection() as connection:
            sums = _value_sums(connection, entity, charts.custom_bins(connection, entity.id, *_ends(window)))
        return CustomChart({metric: custom_series(metric, parts) for metric, parts in sums.items()})

    def psi(self, call: Call) -> PsiChart:
        entity, window = self._asked_for(call, DriftType.Psi)
        with self._pool.connection() as connection:
            sums = _count_sums(connection, entity, charts.psi_bins(connection, entity.id, *_ends(window)))
            document = document_of(connection, entity.id)
        return _psi_chart(document, sums)

    def _asked_for(self, call: Call, drift_type: DriftType) -> tuple[Entity, ChartWindow]:
        entity = find_readable(call.query, drift_type, call.caller, self._entities)
        return entity, chart_window(call.query, self._now())


def find_readable(query: ChartQuery, drift_type: DriftType, caller: Caller, entities: Entities) -> Entity:
    """The profile that a query names, on either wire. A named space is authorised before anything is looked up."""
    if query.space is not None:
        caller.require("read", query.space)
    entity = entities.find(query.uid if query.uid is not None else _legacy_name(query, drift_type))
    if entity is None or entity.drift_type != drift_type.value:
        named = query.uid or f"{query.space}/{query.name} {query.version}"
        raise NotFound(f"there is no {drift_type.value} profile {named!r}")
    caller.require("read", entity.space)
    return entity


def _legacy_name(query: ChartQuery, drift_type: DriftType) -> EntityName:
    if query.space is None or query.name is None or query.version is None:
        raise InvalidInput("uid", None, "a profile's uid, or space, name and version together")
    return EntityName(query.space, query.name, query.version, drift_type.value)


def _ends(window: ChartWindow) -> tuple[datetime, datetime, timedelta]:
    return window.start, window.end, window.width


def _value_sums(connection: Connection, entity: Entity, bins: list[ValueBin]) -> dict[str, list[ValueSums]]:
    names = {feature_id: name for name, feature_id in features_of(connection, entity.id).items()}
    sums: dict[str, list[ValueSums]] = {}
    for part in bins:
        if part.feature_id in names:  # if not, the profile has been deleted since the bins were read
            sums.setdefault(names[part.feature_id], []).append(ValueSums(part.bin, part.count, part.mean, part.m2))
    return sums


def _count_sums(connection: Connection, entity: Entity, bins: list[CountBin]) -> dict[str, list[CountSums]]:
    names = {feature_id: name for name, feature_id in features_of(connection, entity.id).items()}
    counts: dict[str, dict[datetime, dict[int, int]]] = {}
    for part in bins:
        if part.feature_id in names:
            counts.setdefault(names[part.feature_id], {}).setdefault(part.bin, {})[part.bin_id] = part.count
    return {feature: [CountSums(bin, by_id) for bin, by_id in bins.items()] for feature, bins in counts.items()}


def _psi_chart(document: str | None, sums: dict[str, list[CountSums]]) -> PsiChart:
    if document is None:
        raise NotFound("the profile is gone")
    expected = expected_bins(msgspec.json.decode(document, type=PsiProfile))
    series = {name: psi_series(expected[name], parts) for name, parts in sums.items() if name in expected}
    return PsiChart({name: found for name, found in series.items() if found is not None})
