"""Where checks alerted: a dot at the value, and one bar above the chart for many in a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from scouter.pages.charts.frame import Frame
from scouter.pages.charts.series import Bin, Bins, CheckSpan
from scouter.pages.charts.time_ticks import bearable
from scouter.pages.text.numbers import counted

# How far out a bin is, and at which of its values.
Outlying = Callable[[Bin], tuple[float, float]]
_FEWEST_FOR_A_BAR = 3
_BAR_HEIGHT = 4
_BAR_ABOVE = 8.5


@dataclass(frozen=True, slots=True)
class _Mark:
    x: float
    y: float


def alert_marks(frame: Frame, bins: Bins, spans: Sequence[CheckSpan], outlying: Outlying) -> str:
    """Dots of single checks; checks whose dots would cover each other become a bar.

    The dot of a check is at the furthest of the bins in its window; without one there, above the chart.
    """
    marks = sorted((_mark(frame, bins, span, outlying) for span in inside(frame, spans)), key=lambda mark: mark.x)
    return "".join(_shape(frame, group) for group in _groups(marks, 2 * frame.size.dot + 2))


def inside(frame: Frame, spans: Sequence[CheckSpan]) -> list[CheckSpan]:
    """The checks whose windows overlap that of the chart."""
    start, end = frame.window.start, frame.window.end
    return [span for span in spans if bearable(span.end) > start and bearable(span.start) < end]


def _mark(frame: Frame, bins: Bins, span: CheckSpan, outlying: Outlying) -> _Mark:
    seen = bins.within(span)
    if not seen:
        middle = bearable(span.start) / 2 + bearable(span.end) / 2
        return _Mark(frame.x(middle), frame.scale.ceiling - _BAR_ABOVE + _BAR_HEIGHT / 2)
    furthest = max(seen, key=lambda each: outlying(each)[0])
    return _Mark(frame.x(furthest.middle), frame.scale.at(outlying(furthest)[1]))


def _groups(marks: Sequence[_Mark], closest: float) -> Iterator[list[_Mark]]:
    group: list[_Mark] = []
    for mark in marks:
        if group and mark.x - group[-1].x > closest:
            yield group
            group = []
        group.append(mark)
    if group:
        yield group


def _shape(frame: Frame, group: Sequence[_Mark]) -> str:
    if len(group) < _FEWEST_FOR_A_BAR:
        return "".join(_dot(frame, mark) for mark in group)
    return _bar(frame, group)


def _dot(frame: Frame, mark: _Mark) -> str:
    return f'<circle class="alert-dot" cx="{mark.x:.1f}" cy="{mark.y:.1f}" r="{frame.size.dot}"/>'


def _bar(frame: Frame, group: Sequence[_Mark]) -> str:
    left, right = group[0].x - frame.size.dot, group[-1].x + frame.size.dot
    top, height = frame.scale.ceiling, frame.scale.floor - frame.scale.ceiling
    said = counted(len(group), "check", "checks")
    place = f'x="{left:.1f}" width="{right - left:.1f}"'
    return (
        f'<rect class="alert-span" {place} y="{top:.1f}" height="{height:.1f}"/>'
        f'<rect class="alert-bar" {place} y="{top - _BAR_ABOVE:.1f}" height="{_BAR_HEIGHT}" rx="2">'
        f"<title>{said} alerted</title></rect>"
    )
