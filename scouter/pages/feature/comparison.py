"""Two spans of time side by side, and the training beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from markupsafe import Markup
from msgspec import UNSET

from scouter.pages.charts.bin_shares import bin_bars
from scouter.pages.charts.frame import HALF
from scouter.pages.charts.series import CheckSpan
from scouter.pages.feature.bins import bin_rows
from scouter.pages.profile.charted_series import Charted
from scouter.pages.profile.feature_charts import FeatureChart, WireSeries
from scouter.pages.site.visit import Visit
from scouter.pages.text.numbers import number, share
from scouter.pages.text.time_ranges import TimeRange
from scouter.pages.text.times import TimeText, span
from scouter.profiles.baselines import Baseline
from scouter.wire.baselines import CustomBaseline, PsiBaseline, SpcBaseline
from scouter.wire.charts import CustomSeries, PsiSeries, SpcSeries


@dataclass(frozen=True, slots=True)
class SpanRead:
    """One span: its series, and the one value of all of it."""

    range: TimeRange
    width: timedelta
    series: Charted
    whole: Charted


@dataclass(frozen=True, slots=True)
class SpanShown:
    title: TimeText
    chart: Markup | None
    bars: Markup | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """A line of the table: what it is, in training, in the first span, in the second."""

    label: str
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class Comparison:
    spans: Sequence[SpanShown]
    rows: Sequence[ComparedRow]


def comparison(
    name: str, drift_type: str, baseline: Baseline | None, spans: Sequence[SpanRead], visit: Visit
) -> Comparison:
    wholes = [each.whole.series.get(name) for each in spans]
    shown = [_shown(name, drift_type, baseline, each, number_of, visit) for number_of, each in enumerate(spans)]
    return Comparison(shown, _rows(baseline, wholes))


def _shown(
    name: str, drift_type: str, baseline: Baseline | None, read: SpanRead, number_of: int, visit: Visit
) -> SpanShown:
    zone, no_alerts = visit.reader.zone_info, list[CheckSpan]()
    chart = FeatureChart(name, drift_type, read.series.series.get(name), read.width, baseline, None, no_alerts)
    problem = read.series.problem or read.whole.problem
    return SpanShown(
        title=span(read.range.start, read.range.end, visit.now, zone),
        chart=None if problem else chart.drawn(read.range.drawn(zone), HALF, f"s{number_of}"),
        bars=_bars(name, baseline, read.whole.series.get(name), f"b{number_of}"),
        problem=problem,
    )


def _bars(name: str, baseline: Baseline | None, whole: WireSeries | None, ident: str) -> Markup | None:
    if not isinstance(baseline, PsiBaseline) or not isinstance(whole, PsiSeries):
        return None
    return bin_bars(name, [row.share for row in bin_rows(baseline, whole.bins)], ident)


def _rows(baseline: Baseline | None, wholes: Sequence[WireSeries | None]) -> list[ComparedRow]:
    match baseline:
        case PsiBaseline():
            return _psi_rows(baseline, [each if isinstance(each, PsiSeries) else None for each in wholes])
        case SpcBaseline():
            ends = f"{number(baseline.limits[0])} to {number(baseline.limits[-1])}"
            return _value_rows(number(baseline.center), ends, wholes)
        case CustomBaseline():
            return _value_rows(number(baseline.baseline), _allowed(baseline), wholes)
    return []


def _psi_rows(baseline: PsiBaseline, wholes: Sequence[PsiSeries | None]) -> list[ComparedRow]:
    tables = [None if each is None else bin_rows(baseline, each.bins) for each in wholes]
    lines = [
        ComparedRow(
            row.label, [share(row.training), *("–" if table is None else share(table[at].now) for table in tables)]
        )
        for at, row in enumerate(bin_rows(baseline, {}))
    ]
    total = ComparedRow(
        "PSI against the training", ["", *("–" if each is None else number(each.overall_psi) for each in wholes)]
    )
    return [*lines, total]


def _value_rows(center: str, ends: str, wholes: Sequence[WireSeries | None]) -> list[ComparedRow]:
    return [
        ComparedRow("Mean", [center, *(_mean(each) for each in wholes)]),
        ComparedRow("Lowest to highest", [ends, *(_ends(each) for each in wholes)]),
    ]


def _mean(whole: WireSeries | None) -> str:
    if isinstance(whole, SpcSeries) and whole.values:
        return number(whole.values[0])
    return number(whole.stats[0].avg) if isinstance(whole, CustomSeries) and whole.stats else "–"


def _ends(whole: WireSeries | None) -> str:
    if not isinstance(whole, SpcSeries | CustomSeries) or whole.lowest is UNSET or whole.highest is UNSET:
        return "–"
    return f"{number(whole.lowest[0])} to {number(whole.highest[0])}" if whole.lowest and whole.highest else "–"


def _allowed(baseline: CustomBaseline) -> str:
    if baseline.lowest is None and baseline.highest is None:
        return "no limit"
    if baseline.lowest is None:
        return f"not above {number(baseline.highest)}"
    if baseline.highest is None:
        return f"not below {number(baseline.lowest)}"
    return f"{number(baseline.lowest)} to {number(baseline.highest)}"
