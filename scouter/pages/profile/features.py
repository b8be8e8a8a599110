"""The features of a profile with a small chart each, the furthest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from markupsafe import Markup

from scouter.pages.charts.frame import SMALL
from scouter.pages.charts.series import CheckSpan
from scouter.pages.profile.charted_series import Charted
from scouter.pages.profile.feature_charts import FeatureChart, span_of
from scouter.pages.profile.query import ProfileQuery
from scouter.pages.site import addresses
from scouter.pages.site.visit import Visit
from scouter.pages.text.numbers import times_the_limit
from scouter.pages.text.time_ranges import LENGTHS, WORDS, Last, TimeRange
from scouter.pages.wording.outcomes import obstacle_sentence
from scouter.postgres.tables.alert_windows import AlertWindow
from scouter.profiles.baselines import Baseline
from scouter.wire.profile_features import FeatureItem


@dataclass(frozen=True, slots=True)
class Figure:
    """One feature: its name, how far it is, and its chart, or why there is none."""

    name: str
    address: str
    mark: str
    distance: str
    outside: bool
    obstacle: str
    chart: Markup | None


@dataclass(frozen=True, slots=True)
class RangeLink:
    words: str
    address: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """What the charts are made of."""

    drift_type: str
    charted: Charted
    baselines: Mapping[str, Baseline]
    windows: Sequence[AlertWindow]
    width: timedelta
    range: TimeRange

    def figures(self, items: Sequence[FeatureItem], query: ProfileQuery, visit: Visit) -> list[Figure]:
        spans = spans_by_feature(self.windows)
        drawn = self.range.drawn(visit.reader.zone_info)
        return [
            self._figure(item, query, self._chart(item, spans).drawn(drawn, SMALL, f"c{number}"))
            for number, item in enumerate(items)
        ]

    def _chart(self, item: FeatureItem, spans: Mapping[str, Sequence[CheckSpan]]) -> FeatureChart:
        return FeatureChart(
            name=item.name,
            drift_type=self.drift_type,
            series=self.charted.series.get(item.name),
            width=self.width,
            baseline=self.baselines.get(item.name),
            seen=item.observation,
            alerts=spans.get(item.name, ()),
        )

    def _figure(self, item: FeatureItem, query: ProfileQuery, chart: Markup) -> Figure:
        return Figure(
            name=item.name,
            address=addresses.feature(query.uid, item.name, **self.range.given("7d")),
            mark=mark_of(item),
            distance=distance_in_words(item),
            outside=item.outside,
            obstacle=obstacle_sentence(item.obstacle) if item.obstacle else "",
            chart=None if self.charted.problem else chart,
        )


def mark_of(item: FeatureItem) -> str:
    if item.outside:
        return "alert"
    if item.observation is None:
        return "no_data" if item.obstacle else "new"
    return "ok"


def distance_in_words(item: FeatureItem) -> str:
    """`1.38 ×`; where there is none, why."""
    if item.observation is None:
        return "not checked"
    known = item.distance is not None or item.beyond
    return times_the_limit(item.distance, beyond=item.beyond) if known else "no limit"


def spans_by_feature(windows: Sequence[AlertWindow]) -> dict[str, list[CheckSpan]]:
    spans: dict[str, list[CheckSpan]] = {}
    for window in windows:
        spans.setdefault(window.feature, []).append(span_of(window.window_start, window.window_end))
    return spans


def range_links(query: ProfileQuery, chosen: TimeRange) -> list[RangeLink]:
    return [_link(query, name, chosen) for name in LENGTHS]


def _link(query: ProfileQuery, name: Last, chosen: TimeRange) -> RangeLink:
    to = query.address(**{"last": None if name == "7d" else name, "from": None, "to": None})
    return RangeLink(WORDS[name], to + "#features", chosen.last == name)
