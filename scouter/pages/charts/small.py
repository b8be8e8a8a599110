"""The small signs of a list: the mark of a state, how far something is from its limit, the last checks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby

from markupsafe import Markup

_SHAPES = {
    "ok": '<circle cx="8" cy="8" r="5"/>',
    "alert": '<path d="M8 1 15 14H1Z"/>',
    "failed": '<path d="M3 3 13 13M13 3 3 13"/>',
    "no_data": '<circle cx="8" cy="8" r="5" stroke-dasharray="3 2.236"/>',
    "silent": '<circle cx="8" cy="8" r="5"/><path d="M4.5 11.5l7-7"/>',
    "off": '<path d="M3 8h10"/>',
    "new": '<path d="M8 2v12M2 8h12"/>',
}
_UNKNOWN = '<path d="M4 8h8"/>'

_METER_WIDTH, _METER_HEIGHT = 96, 12
_FULL = 2.0  # times the limit

STRIP_LENGTH = 24
_CELL = 7
# Where the line of an outcome runs. The stylesheet gives it its thickness and cuts it into cells.
_LINES = {"ok": 12.5, "alert": 8.0, "failed": 8.0, "no_data": 14.5}
_SAID = {"alert": "alerted", "failed": "failed", "no_data": "without data", "ok": "fine"}


def mark(state: str) -> Markup:
    """The shape of a state or an outcome. A word stands beside it, so readers of screens are not told again."""
    known = state if state in _SHAPES else "off"
    shape = _SHAPES.get(state, _UNKNOWN)
    return Markup(f'<svg class="mark {known}" viewBox="0 0 16 16" aria-hidden="true">{shape}</svg>')  # noqa: S704


def meter(distance: float | None, *, beyond: bool = False) -> Markup:
    """A bar up to twice the limit, which is in its middle; `distance` is in times the limit."""
    known = 0.0 if distance is None or math.isnan(distance) else distance
    width = (_FULL if beyond else min(max(known, 0.0), _FULL)) / _FULL * _METER_WIDTH
    half = _METER_WIDTH / 2
    over = f'<rect class="over" x="{half:.0f}" width="{width - half:.1f}" height="12"/>' if width > half else ""
    further = '<path class="further" d="M90 2l4 4-4 4"/>' if beyond or known > _FULL else ""
    return Markup(  # noqa: S704 - numbers alone
        f'<svg class="meter" viewBox="0 0 {_METER_WIDTH} {_METER_HEIGHT}" aria-hidden="true">'
        f'<rect class="bed" width="96" height="12"/><rect class="in" width="{min(width, half):.1f}" height="12"/>'
        f'{over}{further}<path class="limit" d="M{half:.0f} 0v12"/></svg>'
    )


def strip(outcomes: Sequence[str]) -> Markup:
    """The last checks, oldest first: one path for each outcome, one line in it for each run of equal ones."""
    last = [each if each in _LINES else "no_data" for each in outcomes[-STRIP_LENGTH:]]
    if not last:
        return Markup('<span class="dim">none yet</span>')
    paths = "".join(_path(name, last) for name in _LINES if name in last)
    checks = "check" if len(last) == 1 else f"{len(last)} checks, oldest first"
    said = ", ".join(f"{last.count(name)} {words}" for name, words in _SAID.items() if name in last)
    return Markup(  # noqa: S704 - numbers and words from tables
        f'<svg class="strip" viewBox="0 0 {STRIP_LENGTH * _CELL} 16" role="img" '
        f'aria-label="Last {checks}: {said}">{paths}</svg>'
    )


def _path(name: str, last: Sequence[str]) -> str:
    shift = (STRIP_LENGTH - len(last)) * _CELL
    lines = (f"M{shift + first * _CELL} {_LINES[name]:g}h{length * _CELL - 2}" for first, length in _runs(name, last))
    return f'<path class="{name}" d="{"".join(lines)}"/>'


def _runs(name: str, last: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where each run of this outcome begins, and how long it is."""
    at = 0
    for each, group in groupby(last):
        length = len(list(group))
        if each == name:
            yield at, length
        at += length
