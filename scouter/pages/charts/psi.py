"""The PSI of a feature over time, and the threshold that it may not exceed."""

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

_LEAST_HEIGHT = 0.01  # a picture of nothing but rounding would look like a storm


@dataclass(frozen=True, slots=True)
class PsiChart:
    """What the chart shows. `threshold` is that of the last check; None is one that nothing exceeds."""

    name: str
    window: Window
    series: Series
    threshold: float | None
    alerts: Sequence[CheckSpan] = field(default=())


def psi_chart(chart: PsiChart, size: Size, ident: str) -> Markup:
    """PSI as a line from zero on, the threshold dashed, dots and bars where checks alerted."""
    window = chart.window.drawable()
    # The highest of bins that share a place: a mean would hide what alerted.
    bins = Bins.of(chart.series, window, size.most_bins, max)
    levels = _levels(chart.threshold, size)
    frame = Frame.around(size, window, _domain(bins, chart.threshold), [level.label for level in levels])
    shapes = (
        frame.grid(),
        frame.line(bins),
        frame.levels(levels),
        alert_marks(frame, bins, chart.alerts, _outlying),
        frame.time_axis(),
        "" if bins.items else empty_text(frame, "Too few values for a PSI"),
    )
    title = f"PSI of {chart_name(chart.name)}, {window_words(window)}"
    return picture(size, ident, title, _sentences(chart, frame, bins), "".join(shapes), reading(frame, bins))


def _levels(threshold: float | None, size: Size) -> list[Level]:
    if threshold is None or not math.isfinite(threshold):
        return []
    return [Level(threshold, "limit", f"threshold {number(threshold)}" if size.is_large else "limit")]


def _domain(bins: Bins, threshold: float | None) -> tuple[float, float]:
    """From zero, since PSI has no other beginning."""
    low, high = domain_of([0.0, _LEAST_HEIGHT, threshold, *(each.value for each in bins.items)])
    return (0.0 if low > -1 and all(each.value >= 0 for each in bins.items) else low), high


def _outlying(each: Bin) -> tuple[float, float]:
    return each.value, each.value


def _sentences(chart: PsiChart, frame: Frame, bins: Bins) -> Iterator[str]:
    yield "No threshold." if chart.threshold is None else f"Threshold {number(chart.threshold)}."
    yield last_value(bins, "PSI") or f"{nothing_sentence(frame.window, 'PSI')}."
    if bins.items:
        yield f"Highest {number(max(each.value for each in bins.items))}."
    yield bin_sentence(bins)
    yield gap_sentence(bins)
    yield alert_sentence(len(inside(frame, chart.alerts)))
