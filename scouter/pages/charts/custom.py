"""A custom metric over time: its range around the baseline, and where its mean was."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from scouter.pages.charts.alert_marks import alert_marks, inside
from scouter.pages.charts.frame import Frame, Level, Size
from scouter.pages.charts.picture import chart_name, empty_text, picture, reading
from scouter.pages.charts.scale import domain_of
from scouter.pages.charts.sentences import (
    alert_sentence,
    bin_sentence,
    gap_sentence,
    last_value,
    nothing_sentence,
    window_words,
)
from scouter.pages.charts.series import Bin, Bins, CheckSpan, Series, Window
from scouter.pages.text.numbers import number


@dataclass(frozen=True, slots=True)
class MetricChart:
    """What the chart shows. None at `lowest` or `highest` is an end that does not exist."""

    name: str
    window: Window
    series: Series
    baseline: float | None
    lowest: float | None
    highest: float | None
    alerts: Sequence[CheckSpan] = field(default=())


def custom_chart(chart: MetricChart, size: Size, ident: str) -> Markup:
    """The allowed range as a band, the baseline dotted, the mean as a line."""
    window = chart.window.drawable()
    bins = Bins.of(chart.series, window, size.most_bins)
    levels = _levels(chart, size)
    values = [end for each in bins.items for end in each.reach]
    domain = domain_of([*values, *(level.value for level in levels)])
    frame = Frame.around(size, window, domain, [level.label for level in levels])
    shapes = (
        _allowed(chart, frame),
        frame.grid(),
        frame.spread(bins),
        frame.line(bins),
        frame.levels(levels),
        alert_marks(frame, bins, chart.alerts, _Outlying(_finite(chart.baseline) or 0.0)),
        frame.time_axis(),
        "" if bins.items else empty_text(frame, "No values in this window"),
    )
    title = f"Metric {chart_name(chart.name)}, {window_words(window)}"
    return picture(size, ident, title, _sentences(chart, frame, bins), "".join(shapes), reading(frame, bins))


@dataclass(frozen=True, slots=True)
class _Outlying:
    """How far a bin is from the baseline."""

    baseline: float

    def __call__(self, each: Bin) -> tuple[float, float]:
        return abs(each.value - self.baseline), each.value


def _levels(chart: MetricChart, size: Size) -> list[Level]:
    ends = (
        (chart.highest, "limit", "max", "not above"),
        (chart.baseline, "center", "", "baseline"),
        (chart.lowest, "limit", "min", "not below"),
    )
    known = ((_finite(value), name, short, long) for value, name, short, long in ends)
    return [
        Level(value, name, f"{long} {number(value)}" if size.is_large else short)
        for value, name, short, long in known
        if value is not None
    ]


def _allowed(chart: MetricChart, frame: Frame) -> str:
    low, high = _finite(chart.lowest), _finite(chart.highest)
    if low is None and high is None:
        return ""
    return frame.band(frame.scale.low if low is None else low, frame.scale.high if high is None else high, "allowed")


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _sentences(chart: MetricChart, frame: Frame, bins: Bins) -> Iterator[str]:
    yield "" if chart.baseline is None else f"Baseline {number(chart.baseline)}."
    yield "" if chart.lowest is None else f"Not below {number(chart.lowest)}."
    yield "" if chart.highest is None else f"Not above {number(chart.highest)}."
    yield last_value(bins, "mean") or f"{nothing_sentence(frame.window)}."
    yield bin_sentence(bins)
    yield gap_sentence(bins)
    yield alert_sentence(len(inside(frame, chart.alerts)))
