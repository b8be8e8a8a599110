"""Records out: those of one profile and window, as a Parquet file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from scouter.api.routing import AnyRoute, Request, Route, Streamed
from scouter.archive.export import Asked, Exports
from scouter.archive.kinds import CUSTOM, PSI, SPC, Kind
from scouter.drift.windows import window_ends
from scouter.errors import ArchiveBusy, NotFound, StoreAway
from scouter.postgres.tables.entities import Entities
from scouter.profiles import lookup
from scouter.profiles.lookup import ProfileRef
from scouter.wire.charts import WindowQuery, accepted_by_charts
from scouter.wire.profiles import DriftType

_PARQUET = "application/vnd.apache.parquet"
_KINDS = ((SPC, DriftType.Spc), (PSI, DriftType.Psi), (CUSTOM, DriftType.Custom))


class RecordExports:
    def __init__(self, exports: Exports, entities: Entities, now: Callable[[], datetime]) -> None:
        self._exports = exports
        self._entities = entities
        self._now = now

    def routes(self) -> list[AnyRoute]:
        return [self._route(kind, drift_type) for kind, drift_type in _KINDS]

    def _route(self, kind: Kind, drift_type: DriftType) -> AnyRoute:
        return Route(
            "GET",
            f"/scouter/records/{kind.name}",
            lambda request: self._export(request, kind, drift_type),
            f"The records of a {kind.name} profile within a window as a Parquet file, hot and archived ones together.",
            bytes,
            permission="read on the profile's space",
            query=WindowQuery,
            accepted=accepted_by_charts,
            bulkhead="exports",
            errors=(NotFound, StoreAway, ArchiveBusy),
            media_type=_PARQUET,
        )

    def _export(self, request: Request[WindowQuery, None], kind: Kind, drift_type: DriftType) -> Streamed:
        ref = ProfileRef.of(request.query, only=drift_type.value)
        entity = lookup.find(ref, "read", request.caller, self._entities.find)
        start, end = window_ends(request.query, self._now())
        chunks = self._exports.begin(Asked(kind, entity, start, end, request.query.wants_archive))
        return Streamed(chunks, f"{entity.space}-{entity.name}-{entity.version}-{kind.name}.parquet")
