"""The page of one feature or metric: what happened to it?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scouter.errors import Unavailable
from scouter.pages.alerts.acknowledging import Acknowledging
from scouter.pages.alerts.alert_rows import AlertRows
from scouter.pages.charts.frame import HALF, LARGE, Size
from scouter.pages.charts.picture import stand_alone
from scouter.pages.feature.comparison import SpanRead, comparison
from scouter.pages.feature.happened import Happened, happened
from scouter.pages.feature.history import history_rows, value_name
from scouter.pages.feature.query import FeatureQuery
from scouter.pages.feature.reading import CHECKS, FeatureRead, read_feature
from scouter.pages.feature.table_file import table
from scouter.pages.feature.training import training
from scouter.pages.profile.charted_series import Charted, ChartedSeries
from scouter.pages.profile.document import safe
from scouter.pages.profile.feature_charts import FeatureChart, legend, narrowest
from scouter.pages.profile.features import RangeLink, distance_in_words, mark_of, spans_by_feature
from scouter.pages.profile.page import crumbs
from scouter.pages.site import addresses
from scouter.pages.site.page import Page
from scouter.pages.site.quick_reads import QuickReads
from scouter.pages.site.readable import readable_profile
from scouter.pages.site.visit import Answer, Drawn, Saved, Shown, Visit
from scouter.pages.text.time_ranges import LENGTHS, WORDS, Last, TimeRange, field_text
from scouter.pages.text.times import span
from scouter.pages.wording.outcomes import kind_in_words
from scouter.profiles.ranked_features import RankedFeatures


@dataclass(frozen=True, slots=True)
class _Looked:
    """What was read for one of the addresses: all of it, and the series of its chart."""

    read: FeatureRead
    chosen: TimeRange
    charted: Charted
    chart: FeatureChart


class FeaturePage:
    def __init__(
        self,
        reads: QuickReads,
        ranked: RankedFeatures,
        rows: AlertRows,
        charted: ChartedSeries,
        acknowledging: Acknowledging,
        stylesheet: str,
    ) -> None:
        """`stylesheet`: the address that its picture names."""
        self._reads = reads
        self._ranked = ranked
        self._charted = charted
        self._rows = rows
        self._acknowledging = acknowledging
        self._stylesheet = stylesheet

    def pages(self) -> list[Page]:
        return [
            Page(
                "/feature",
                self.show,
                actions=self._acknowledging.actions(_back),
                query=FeatureQuery,
                acts_in="rest",
                summary="One feature or metric: what happened to it, now against its training, its checks.",
            ),
            Page("/feature.svg", self.picture, query=FeatureQuery, summary="Its chart alone."),
            Page("/feature.csv", self.table, query=FeatureQuery, summary="The series of its chart."),
        ]

    def show(self, visit: Visit) -> Answer:
        query: FeatureQuery = visit.query
        second = query.second(visit)
        looked = self._look(query, visit, LARGE)
        return Shown("feature.html", self._values(looked, second, query, visit))

    def picture(self, visit: Visit) -> Answer:
        looked = self._whole(visit.query, visit)
        drawn = looked.chart.drawn(looked.chosen.drawn(visit.reader.zone_info), LARGE, "chart")
        return Drawn(stand_alone(drawn, self._stylesheet))

    def table(self, visit: Visit) -> Answer:
        query: FeatureQuery = visit.query
        chart = self._whole(query, visit).chart
        data = table(query.name, chart.drift_type, chart.series, chart.width)
        return Saved(data, f"{safe(query.name)}.csv")

    def _whole(self, query: FeatureQuery, visit: Visit) -> _Looked:
        """A file has no place for a sentence. Raises `Unavailable` where its series cannot be read."""
        looked = self._look(query, visit, LARGE)
        if looked.charted.problem is not None:
            raise Unavailable(looked.charted.problem.removesuffix("."))
        return looked

    def _look(self, query: FeatureQuery, visit: Visit, size: Size) -> _Looked:
        chosen = query.range(visit)
        with self._reads.connection() as connection:
            entity = readable_profile(connection, visit.caller, query.uid)
            read = read_feature(connection, self._ranked, self._rows, entity, chosen, visit)
        window = chosen.bins(size, narrowest(read.state, chosen.end - chosen.start))
        charted = self._charted.of(entity, window, [query.name], archive=query.archive)
        chart = FeatureChart(
            name=query.name,
            drift_type=entity.drift_type,
            series=charted.series.get(query.name),
            width=window.width,
            baseline=read.baseline,
            seen=read.item.observation if read.item else None,
            alerts=spans_by_feature(read.windows).get(query.name, ()),
        )
        return _Looked(read, chosen, charted, chart)

    def _values(
        self, looked: _Looked, second: TimeRange | None, query: FeatureQuery, visit: Visit
    ) -> Mapping[str, Any]:
        read, chosen, zone = looked.read, looked.chosen, visit.reader.zone_info
        now = self._of_last_check(read, query)
        shown = training(read, now.series.get(query.name), query.name)
        return {
            "entity": read.entity,
            "crumbs": [*crumbs(read.entity), _profile_crumb(read)],
            "kind": kind_in_words(read.entity.drift_type),
            "name": query.name,
            "query": query,
            "may_write": visit.caller.may("write", read.entity.space),
            "happened": _happened(read, shown.bins, visit),
            "distance": distance_in_words(read.item) if read.item else "not watched",
            "mark_of": mark_of(read.item) if read.item else "off",
            "alert": read.alert,
            "undo": read.undo,
            "here": query.address(),
            "picture": query.address("/feature.svg"),
            "table": query.address("/feature.csv"),
            "chart": looked.chart.drawn(chosen.drawn(zone), LARGE, "chart"),
            "charted": looked.charted,
            "ranges": [_range_link(query, name, chosen) for name in LENGTHS],
            "chosen": chosen,
            "fields": _fields(chosen, second, visit),
            "legend": legend(read.entity.drift_type, looked.chart.width),
            "without_archive": query.address(archive="0"),
            "with_archive": query.address(archive=None),
            "training": shown,
            "now_problem": now.problem,
            "window": _window_text(read, visit),
            "value_name": value_name(read.entity.drift_type),
            "checks": history_rows(read.checks[:CHECKS], visit),
            "more_checks": _more_checks(read, query),
            "first_checks": query.address() + "#checks" if query.checks else None,
            "compared": None if second is None else self._compared(read, query, [chosen, second], visit),
            "not_compared": query.address(from2=None, to2=None),
        }

    def _of_last_check(self, read: FeatureRead, query: FeatureQuery) -> Charted:
        """The bins of a PSI in the window of the last check, which keeps none of them itself."""
        if read.entity.drift_type != "Psi" or read.window is None:
            return Charted({})
        return self._charted.of(read.entity, read.window.whole(), [query.name], archive=query.archive)

    def _compared(self, read: FeatureRead, query: FeatureQuery, ranges: list[TimeRange], visit: Visit) -> Any:
        spans = [self._span(read, query, each) for each in ranges]
        return comparison(query.name, read.entity.drift_type, read.baseline, spans, visit)

    def _span(self, read: FeatureRead, query: FeatureQuery, wanted: TimeRange) -> SpanRead:
        window = wanted.bins(HALF, narrowest(read.state, wanted.end - wanted.start))
        series, whole = (
            self._charted.of(read.entity, each, [query.name], archive=query.archive)
            for each in (window, wanted.whole())
        )
        return SpanRead(wanted, window.width, series, whole)


def _happened(read: FeatureRead, bins: Any, visit: Visit) -> Happened:
    if read.item is None:
        return Happened("off", "Not among what this profile watches", [": its values are kept, and never checked."])
    window = [] if read.window is None else [" in the check of ", _window_text(read, visit)]
    return happened(read.item, window, read.group, read.stated.counts, bins, visit)


def _window_text(read: FeatureRead, visit: Visit) -> Any:
    if read.window is None:
        return None
    return span(read.window.start, read.window.end, visit.now, visit.reader.zone_info)


def _back(visit: Visit) -> str:
    query: FeatureQuery = visit.query
    return query.address()


def _profile_crumb(read: FeatureRead) -> tuple[str, str]:
    entity = read.entity
    return f"{entity.name} {entity.version}", addresses.profile(entity.uid)


def _range_link(query: FeatureQuery, name: Last, chosen: TimeRange) -> RangeLink:
    changed: dict[str, object] = {"last": None if name == "7d" else name, "from": None, "to": None}
    to = query.address("/feature", **changed)
    return RangeLink(WORDS[name], to, chosen.last == name)


def _fields(chosen: TimeRange, second: TimeRange | None, visit: Visit) -> dict[str, str]:
    """Of the form that chooses and compares: a second span that nobody chose is the one before the first."""
    zone = visit.reader.zone_info
    other = second or TimeRange(chosen.start - (chosen.end - chosen.start), chosen.start, None)
    ends = {"from": chosen.start, "to": chosen.end, "from2": other.start, "to2": other.end}
    return {name: field_text(moment, zone) for name, moment in ends.items()}


def _more_checks(read: FeatureRead, query: FeatureQuery) -> str | None:
    if len(read.checks) <= CHECKS:
        return None
    return query.address(checks=read.checks[CHECKS - 1].id) + "#checks"
