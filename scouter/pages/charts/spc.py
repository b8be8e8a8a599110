"""The control chart of a feature: means and extremes of its values over the bands of its training data."""

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
from scouter.pages.text.numbers import counted, number

# Values further out than this many times the limits are drawn at the edge, or one wild value would flatten all others.
_FURTHEST = 3.0
_BANDS = ((0, 6, "band3"), (1, 5, "band2"), (2, 4, "band1"))


@dataclass(frozen=True, slots=True)
class ControlChart:
    """What the chart shows. `limits`: seven, ascending, from three sigma below the center to three above.

    `series` are the means of time bins, with their lowest and highest values where these are known.
    """

    name: str
    window: Window
    series: Series
    limits: Sequence[float] | None
    alerts: Sequence[CheckSpan] = field(default=())


def spc_chart(chart: ControlChart, size: Size, ident: str) -> Markup:
    """Bands, grey from lowest to highest, the mean as a line, dots and bars where checks alerted."""
    window = chart.window.drawable()
    bins = Bins.of(chart.series, window, size.most_bins)
    limits = _usable(chart.limits)
    levels = _levels(limits, size)
    frame = Frame.around(size, window, _domain(bins, limits), [level.label for level in levels])
    shapes = (
        *(frame.band(limits[low], limits[high], name) for low, high, name in _BANDS if limits),
        frame.grid(),
        frame.spread(bins),
        frame.line(bins),
        frame.levels(levels),
        _beyond(frame, bins),
        alert_marks(frame, bins, chart.alerts, _outlying(limits)),
        frame.time_axis(),
        "" if bins.items else empty_text(frame, "No values in this window"),
    )
    title = f"Control chart of {chart_name(chart.name)}, {window_words(window)}"
    return picture(size, ident, title, _sentences(chart, frame, bins, limits), "".join(shapes), reading(frame, bins))


def _usable(limits: Sequence[float] | None) -> tuple[float, ...]:
    """The limits, or none where they are no seven finite numbers."""
    known = tuple(limits or ())
    return known if len(known) == 7 and all(map(math.isfinite, known)) else ()


def _levels(limits: Sequence[float], size: Size) -> list[Level]:
    if not limits:
        return []
    center = Level(limits[3], "center", "center" if size.is_large else "")
    return [Level(limits[6], "limit", "+3σ"), center, Level(limits[0], "limit", "−3σ")]


def _domain(bins: Bins, limits: Sequence[float]) -> tuple[float, float]:
    reaches = [end for each in bins.items for end in each.reach]
    if not limits or limits[6] == limits[0]:
        return domain_of([*reaches, *limits])
    center, half = limits[3], max(limits[6] - limits[3], limits[3] - limits[0])
    low, high = center - half * _FURTHEST, center + half * _FURTHEST
    return domain_of([*(min(max(end, low), high) for end in reaches), *limits])


def _outlying(limits: Sequence[float]) -> _Outlying:
    return _Outlying(limits[3] if limits else 0.0)


@dataclass(frozen=True, slots=True)
class _Outlying:
    """How far a bin is from the center, and by which of its numbers."""

    center: float

    def __call__(self, each: Bin) -> tuple[float, float]:
        return max((abs(end - self.center), end) for end in each.reach)


def _beyond(frame: Frame, bins: Bins) -> str:
    """A small arrow at the edge for each bin that reaches out of the picture."""
    return "".join(_arrow(frame, each) for each in bins.items if not all(map(frame.scale.holds, each.reach)))


def _arrow(frame: Frame, each: Bin) -> str:
    up = each.reach[1] > frame.scale.high
    x, y, tip = frame.x(each.middle), frame.scale.ceiling - 4 if up else frame.scale.floor + 1, -5 if up else 5
    return f'<path class="beyond" d="M{x - 3:.1f},{y:.1f}h6l-3,{tip}z"/>'


def _sentences(chart: ControlChart, frame: Frame, bins: Bins, limits: Sequence[float]) -> Iterator[str]:
    if limits:
        yield f"Center {number(limits[3])}, three-sigma limits {number(limits[0])} to {number(limits[6])}."
    else:
        yield "The limits of its profile cannot be drawn."
    if not bins.items:
        yield f"{nothing_sentence(frame.window)}."
    else:
        yield last_value(bins, "mean")
        yield _extremes(bins)
    yield bin_sentence(bins)
    yield gap_sentence(bins)
    yield alert_sentence(len(inside(frame, chart.alerts)))
    outside = sum(not all(map(frame.scale.holds, each.reach)) for each in bins.items)
    if outside:
        yield f"{counted(outside, 'arrow', 'arrows')} at the edge: values beyond the picture."


def _extremes(bins: Bins) -> str:
    lows, highs = zip(*(each.reach for each in bins.items), strict=True)
    return f"Values from {number(min(lows))} to {number(max(highs))}."
