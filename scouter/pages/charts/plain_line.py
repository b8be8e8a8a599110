"""A number over time that has no limits: a rate, a share, a latency."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from scouter.pages.charts.frame import Frame, Size
from scouter.pages.charts.picture import chart_name, empty_text, picture, reading
from scouter.pages.charts.scale import domain_of
from scouter.pages.charts.sentences import bin_sentence, gap_sentence, last_value, nothing_sentence, window_words
from scouter.pages.charts.series import Bins, Series, Window
from scouter.pages.text.numbers import number


@dataclass(frozen=True, slots=True)
class LineChart:
    """What the chart shows: `what`, as `Requests a minute`, of `name`. From zero on: no value is below it."""

    what: str
    name: str
    window: Window
    series: Series


def line_chart(chart: LineChart, size: Size, ident: str) -> Markup:
    """The values as a line, with lowest and highest as a grey band where they are known."""
    window = chart.window.drawable()
    bins = Bins.of(chart.series, window, size.most_bins)
    _, high = domain_of([0.0, *(end for each in bins.items for end in each.reach)])
    frame = Frame.around(size, window, (0.0, high))
    shapes = (
        frame.grid(),
        frame.spread(bins),
        frame.line(bins),
        frame.time_axis(),
        "" if bins.items else empty_text(frame, nothing_sentence(window)),
    )
    title = f"{chart.what} of {chart_name(chart.name)}, {window_words(window)}"
    return picture(size, ident, title, _sentences(frame, bins), "".join(shapes), reading(frame, bins))


def _sentences(frame: Frame, bins: Bins) -> Iterator[str]:
    yield last_value(bins, "value") or f"{nothing_sentence(frame.window)}."
    if bins.items:
        yield f"Highest {number(max(each.value for each in bins.items))}."
    yield bin_sentence(bins)
    yield gap_sentence(bins)
