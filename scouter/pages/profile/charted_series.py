"""The series of some features, or a sentence why there are none: a page stands without its charts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import psycopg

from scouter.drift.charts import ChartScope
from scouter.drift.windows import ChartWindow
from scouter.errors import ArchiveBusy, StoreAway
from scouter.pages.profile.feature_charts import WireSeries
from scouter.pages.site.quick_reads import SECONDS
from scouter.postgres.tables.entities import Entity
from scouter.profiles.chart_series import ChartSeries

_TOO_LONG = f"Reading these records took longer than {SECONDS} s, and was given up. A shorter range takes less."
_AWAY = "The archive, which holds the older days of it, cannot be read now."
_BUSY = "The archive, which holds the older days of it, is busy now."


@dataclass(frozen=True, slots=True)
class Charted:
    """By feature; what has no records is left out. `problem`: why nothing could be read.

    `is_of_archive`: the days that are in Postgres could be shown all the same.
    """

    series: Mapping[str, WireSeries]
    problem: str | None = None
    is_of_archive: bool = False


class ChartedSeries:
    def __init__(self, series: ChartSeries) -> None:
        self._series = series

    def of(self, entity: Entity, window: ChartWindow, names: Collection[str], *, archive: bool) -> Charted:
        if not names:
            return Charted({})
        try:
            return Charted(self._read(entity, window, ChartScope(names, extremes=True), archive=archive))
        except StoreAway:
            return Charted({}, _AWAY, is_of_archive=True)
        except ArchiveBusy:
            return Charted({}, _BUSY, is_of_archive=True)
        except psycopg.errors.QueryCanceled:
            return Charted({}, _TOO_LONG)

    def _read(
        self, entity: Entity, window: ChartWindow, scope: ChartScope, *, archive: bool
    ) -> Mapping[str, WireSeries]:
        match entity.drift_type:
            case "Spc":
                return self._series.spc(entity, window, scope, archive=archive).features
            case "Psi":
                return self._series.psi(entity, window, scope, archive=archive).features
            case _:
                return self._series.custom(entity, window, scope, archive=archive).metrics
