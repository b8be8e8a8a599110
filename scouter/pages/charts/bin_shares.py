"""The bins of a PSI feature: which share of the values each had in training, and has now, side by side."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

from scouter.pages.charts.frame import Size
from scouter.pages.charts.picture import chart_name, picture
from scouter.pages.charts.scale import round_ticks
from scouter.pages.text.numbers import share
from scouter.pages.text.plain_text import shortened

BARS = Size(width=620, height=230, most_bins=60, most_value_ticks=5, dot=0, bottom=24)
_LEFT, _RIGHT = 46.0, 8.0
_CHARACTER = 6.1
_LONGEST_LABEL, _SHORTEST_LABEL, _BETWEEN_LABELS = 24, 16, 4.0
_MOST_IN_WORDS = 20


@dataclass(frozen=True, slots=True)
class BinShare:
    """One bin: its label, and its part of all values, from 0 to 1, in training and now."""

    label: str
    training: float
    now: float


@dataclass(frozen=True, slots=True)
class _Bar:
    share: BinShare
    x: float
    width: float


def bin_bars(name: str, bins: Sequence[BinShare], ident: str, size: Size = BARS) -> Markup:
    """Two bars a bin, in the order given; of very many bins those whose shares differ most."""
    shown = _shown(bins, size.most_bins)
    top = max((part for each in shown for part in _parts(each)), default=0.0) * 1.08 or 1.0
    title = f"Shares of the bins of {chart_name(name)}, in training and now"
    shapes = "".join([_grid(top, size), *(_pair(bar, top, size) for bar in _bars(shown, size)), _labels(shown, size)])
    return picture(size, ident, title, _sentences(bins, shown), shapes, looks="bars")


def _shown(bins: Sequence[BinShare], most: int) -> list[BinShare]:
    if len(bins) <= most:
        return list(bins)
    differing = sorted(range(len(bins)), key=lambda index: -abs(_known(bins[index].now) - _known(bins[index].training)))
    return [bins[index] for index in sorted(differing[:most])]


def _known(part: float) -> float:
    """A share that can be drawn."""
    return min(max(part, 0.0), 1e6) if math.isfinite(part) else 0.0


def _parts(each: BinShare) -> tuple[float, float]:
    return _known(each.training), _known(each.now)


def _bars(shown: Sequence[BinShare], size: Size) -> Iterator[_Bar]:
    width = (size.width - _LEFT - _RIGHT) / max(1, len(shown))
    yield from (_Bar(each, _LEFT + index * width, width) for index, each in enumerate(shown))


def _height(part: float, top: float, size: Size) -> float:
    return part / top * (size.height - size.top - size.bottom)


def _grid(top: float, size: Size) -> str:
    return "".join(_grid_line(tick, top, size) for tick in round_ticks(0.0, top, size.most_value_ticks))


def _grid_line(tick: float, top: float, size: Size) -> str:
    y = size.height - size.bottom - _height(tick, top, size)
    return (
        f'<path class="grid" d="M{_LEFT:.0f},{y:.1f}H{size.width - _RIGHT:.0f}"/>'
        f'<text class="tick" x="{_LEFT - 6:.0f}" y="{y + 3.6:.1f}" text-anchor="end">{escape(share(tick))}</text>'
    )


def _pair(bar: _Bar, top: float, size: Size) -> str:
    gap = min(bar.width * 0.14, 12.0)
    half = (bar.width - 2 * gap) / 2
    training, now = _parts(bar.share)
    said = escape(f"{shortened(bar.share.label)}: {share(bar.share.training)} in training, {share(bar.share.now)} now")
    return (
        f"<g><title>{said}</title>"
        f"{_bar('bar-base', bar.x + gap, half, _height(training, top, size), size)}"
        f"{_bar('bar-now', bar.x + gap + half, half, _height(now, top, size), size)}</g>"
    )


def _bar(name: str, x: float, width: float, height: float, size: Size) -> str:
    seen = max(0.5, width - min(1.0, width / 4))
    foot = size.height - size.bottom
    return f'<rect class="{name}" x="{x:.1f}" y="{foot - height:.1f}" width="{seen:.1f}" height="{height:.1f}"/>'


def _labels(shown: Sequence[BinShare], size: Size) -> str:
    """As many labels as have room beside each other."""
    texts, end = [], 0.0
    for bar in _bars(shown, size):
        text = shortened(bar.share.label, max(_SHORTEST_LABEL, min(_LONGEST_LABEL, int(bar.width / _CHARACTER))))
        half = _CHARACTER * len(text) / 2
        x = min(max(bar.x + bar.width / 2, half), size.width - half)
        if x - half >= end:
            texts.append(_label(x, text, size))
            end = x + half + _BETWEEN_LABELS
    return "".join(texts)


def _label(x: float, text: str, size: Size) -> str:
    return f'<text class="tick" x="{x:.1f}" y="{size.height - 7}" text-anchor="middle">{escape(text)}</text>'


def _sentences(bins: Sequence[BinShare], shown: Sequence[BinShare]) -> Iterator[str]:
    if not bins:
        yield "No bins."
    if len(shown) < len(bins):
        yield f"{len(shown)} of {len(bins)} bins, those that differ most."
    for each in shown[:_MOST_IN_WORDS]:
        yield f"{shortened(each.label, _LONGEST_LABEL)}: {share(each.training)} in training, {share(each.now)} now."
    if len(shown) > _MOST_IN_WORDS:
        yield f"And {len(shown) - _MOST_IN_WORDS} more."
