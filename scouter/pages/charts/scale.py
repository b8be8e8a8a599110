"""The vertical axis: where a value stands, and the round numbers beside it. Any float is survived."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# Beyond this a difference of two values is no float any more. What is larger stands at the edge.
_LARGEST = 5e307
_LEAST_SPAN = 1e-290
# Closer together than this part of their size, values cannot be told apart on an axis.
_LEAST_RELATIVE_SPAN = 1e-5
_AIR = 0.06
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class ValueScale:
    """From values, `low` to `high`, to pixels from the top: `floor` is where `low` stands, `ceiling` where `high`."""

    low: float
    high: float
    floor: float
    ceiling: float

    @property
    def pixels_per_unit(self) -> float:
        return (self.floor - self.ceiling) / (self.high - self.low)

    def at(self, value: float) -> float:
        """Where a value stands; one beyond the scale stands at its edge."""
        inside = min(max(value, self.low), self.high)
        return self.floor - (inside - self.low) * self.pixels_per_unit

    def holds(self, value: float) -> bool:
        """Whether a value is not beyond the scale."""
        return self.low <= value <= self.high


def drawable(value: float | None) -> float | None:
    """A value that arithmetic can bear: None for what is not finite, else cut to half of what floats hold."""
    if value is None or not math.isfinite(value):
        return None
    return min(max(value, -_LARGEST), _LARGEST)


def domain_of(values: Iterable[float | None]) -> tuple[float, float]:
    """The least and the greatest of what can be drawn, with some air; around a value that is alone; never empty.

    0 to 1 when there is nothing to draw.
    """
    known = [each for each in map(drawable, values) if each is not None]
    if not known:
        return 0.0, 1.0
    low, high = min(known), max(known)
    size = max(abs(low), abs(high))
    if high - low <= max(size * _LEAST_RELATIVE_SPAN, _LEAST_SPAN):
        return (low - size * 0.05, high + size * 0.05) if size > _LEAST_SPAN else (-1.0, 1.0)
    return low - (high - low) * _AIR, high + (high - low) * _AIR


def round_ticks(low: float, high: float, most: int) -> list[float]:
    """Multiples of 1, 2, 2.5 or 5 times a power of ten, at most `most` and if possible three, within low to high."""
    ticks = _ticks(low, high, most)
    return ticks if len(ticks) > 2 else _ticks(low, high, max(most, 6))


def _ticks(low: float, high: float, most: int) -> list[float]:
    step = _step(high - low, most)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [tick for tick in (index * step for index in range(first, last + 1)) if low <= tick <= high]


def _step(span: float, most: int) -> float:
    """The least round step of which at most `most` fit."""
    magnitude: float = 10.0 ** math.floor(math.log10(span / most))
    return next((magnitude * each for each in _STEPS if span / (magnitude * each) < most), magnitude * _STEPS[-1])


def spread_apart(places: Sequence[float], least: float, floor: float) -> list[float]:
    """Places of labels, ascending, moved down as little as keeps them `least` apart, then up to end at `floor`."""
    moved: list[float] = []
    for place in places:
        moved.append(max(place, moved[-1] + least) if moved else place)
    for index in range(len(moved) - 1, -1, -1):
        below = moved[index + 1] - least if index + 1 < len(moved) else floor
        moved[index] = min(moved[index], below)
    return moved
