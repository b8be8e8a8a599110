"""The area that a chart is drawn in: its axes, and the few shapes that all charts are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from scouter.pages.charts.scale import ValueScale, round_ticks, spread_apart
from scouter.pages.charts.series import Bin, Bins, Window
from scouter.pages.charts.time_ticks import TimeTick, time_ticks
from scouter.pages.text.numbers import tick_texts

_CHARACTER = 6.1  # the width of one at the size of labels, in pixels
_TIME_TICK_WIDTH = 50
_LABEL_HEIGHT = 11.0
_BASELINE = 3.6  # from the middle of a text to its foot
_LONE_HALF = 1.5


@dataclass(frozen=True, slots=True)
class Size:
    """How large a chart is, in pixels at its own scale, and how much it shows."""

    width: int
    height: int
    most_bins: int
    most_value_ticks: int
    dot: float
    top: int = 12
    bottom: int = 18

    @property
    def is_large(self) -> bool:
        return self.width >= 1000


SMALL = Size(width=330, height=132, most_bins=120, most_value_ticks=5, dot=3.0)
HALF = Size(width=620, height=160, most_bins=200, most_value_ticks=5, dot=3.2, bottom=22)
LARGE = Size(width=1000, height=210, most_bins=400, most_value_ticks=6, dot=3.4, bottom=22)


@dataclass(frozen=True, slots=True)
class Level:
    """A horizontal line with a meaning: what class it has, and what is written beside it."""

    value: float
    name: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where times and values stand: `left` to `right` is the window, `scale` the values."""

    size: Size
    window: Window
    scale: ValueScale
    left: float
    right: float
    ticks: Sequence[float]
    tick_labels: Sequence[str]

    @classmethod
    def around(cls, size: Size, window: Window, domain: tuple[float, float], labels: Sequence[str] = ()) -> Frame:
        """As much room at the sides as the numbers and the `labels` of levels need."""
        ticks = round_ticks(*domain, size.most_value_ticks)
        texts = tick_texts(ticks)
        left = max(30.0, 10 + _CHARACTER * max(map(len, texts), default=0))
        right = size.width - max(12.0, 12 + _CHARACTER * max(map(len, labels), default=0))
        scale = ValueScale(*domain, floor=size.height - size.bottom, ceiling=size.top)
        return cls(size, window, scale, left, right, ticks, texts)

    @property
    def pixels_per_second(self) -> float:
        return (self.right - self.left) / (self.window.end - self.window.start)

    def x(self, instant: float) -> float:
        """Where an instant stands; one beyond the window stands at its edge."""
        inside = min(max(instant, self.window.start), self.window.end)
        return self.left + (inside - self.window.start) * self.pixels_per_second

    def points(self, places: Iterable[tuple[float, float]]) -> list[str]:
        """Instants and values as coordinates. It is what a page of charts spends its time on, hence written out."""
        start, end, left, across = self.window.start, self.window.end, self.left, self.pixels_per_second
        low, high, floor, up = self.scale.low, self.scale.high, self.scale.floor, self.scale.pixels_per_unit
        return [
            f"{left + (min(max(instant, start), end) - start) * across:.1f},"
            f"{floor - (min(max(value, low), high) - low) * up:.1f}"
            for instant, value in places
        ]

    def grid(self) -> str:
        """The value axis: a line and a number for each tick."""
        return "".join(map(self._value_tick, self.ticks, self.tick_labels))

    def time_axis(self) -> str:
        most = max(2, int((self.right - self.left) / _TIME_TICK_WIDTH))
        ticks = time_ticks(self.window.start, self.window.end, most, self.window.zone)
        return "".join(map(self._time_tick, ticks))

    def band(self, low: float, high: float, name: str) -> str:
        """A strip from `low` to `high` over the whole window; empty where it is out of sight."""
        top, foot = self.scale.at(high), self.scale.at(low)
        if foot <= top:
            return ""
        return (
            f'<rect class="{name}" x="{self.left:.1f}" y="{top:.1f}" '
            f'width="{self.right - self.left:.1f}" height="{foot - top:.1f}"/>'
        )

    def levels(self, levels: Sequence[Level]) -> str:
        """The lines and their labels in the margin, which stay readable however close the lines are."""
        seen = sorted((each for each in levels if self.scale.holds(each.value)), key=lambda each: -each.value)
        labelled = [each for each in seen if each.label]
        places = spread_apart([self.scale.at(each.value) for each in labelled], _LABEL_HEIGHT, self.scale.floor)
        labels = (self._label(place, each.label) for place, each in zip(places, labelled, strict=True))
        return "".join([*map(self._level, seen), *labels])

    def line(self, bins: Bins) -> str:
        """One path for all runs; what has no neighbour is a dot of its own."""
        runs = [run for run in bins.runs if len(run) > 1]
        lone = "".join(self._lone_point(run[0]) for run in bins.runs if len(run) == 1)
        if not runs:
            return lone
        text = "".join("M" + " ".join(self.points((each.middle, each.value) for each in run)) for run in runs)
        return f'<path class="line" d="{text}"/>{lone}'

    def spread(self, bins: Bins) -> str:
        """From the lowest to the highest of each bin, as an area for each run."""
        areas = "".join(map(self._area, bins.runs)) if any(each.highest is not None for each in bins.items) else ""
        return f'<path class="wash" d="{areas}"/>' if areas else ""

    def _area(self, run: Sequence[Bin]) -> str:
        if len(run) == 1:
            x, low, high = self.x(run[0].middle), *map(self.scale.at, run[0].reach)
            return f"M{x - _LONE_HALF:.1f},{low:.1f}V{high:.1f}h{2 * _LONE_HALF}V{low:.1f}z"
        there = self.points((each.middle, each.reach[1]) for each in run)
        back = self.points((each.middle, each.reach[0]) for each in reversed(run))
        return f"M{' '.join([*there, *back])}z"

    def _lone_point(self, only: Bin) -> str:
        return f'<circle class="lone" cx="{self.x(only.middle):.1f}" cy="{self.scale.at(only.value):.1f}" r="2"/>'

    def _value_tick(self, value: float, text: str) -> str:
        y, x = self.scale.at(value), self.left - 6
        return (
            f'<path class="grid" d="M{self.left:.1f},{y:.1f}H{self.right:.1f}"/>'
            f'<text class="tick" x="{x:.1f}" y="{y + _BASELINE:.1f}" text-anchor="end">{escape(text)}</text>'
        )

    def _time_tick(self, tick: TimeTick) -> str:
        half = _CHARACTER * len(tick.text) / 2
        x = min(max(self.x(tick.instant), half), self.size.width - half)
        y = self.size.height - 5
        return f'<text class="tick" x="{x:.1f}" y="{y}" text-anchor="middle">{escape(tick.text)}</text>'

    def _level(self, level: Level) -> str:
        y = self.scale.at(level.value)
        return f'<path class="{level.name}" d="M{self.left:.1f},{y:.1f}H{self.right:.1f}"/>'

    def _label(self, y: float, text: str) -> str:
        return f'<text class="label" x="{self.right + 5:.1f}" y="{y + _BASELINE:.1f}">{escape(text)}</text>'
