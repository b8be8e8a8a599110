"""Numbers as texts: four digits that count, thousands apart, no exponent where people would not write one."""

from __future__ import annotations

import math
from collections.abc import Sequence

THIN_SPACE = "\u202f"  # narrow, and no line ends at it
MINUS = "\u2212"
_SMALLEST, _LARGEST = 1e-4, 1e7
_DIGITS = 4
_BYTE_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def number(value: float | None) -> str:
    """`50 910`, `0.265`, `-3.2e9`; a dash for None. Whole parts are never rounded away."""
    if value is None:
        return "\u2013"
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else f"{MINUS if value < 0 else ''}\u221e"
    if value and not _SMALLEST <= abs(value) < _LARGEST:
        return _scientific(value, _DIGITS - 1)
    digits = max(0, _DIGITS - 1 - math.floor(math.log10(abs(value)))) if value else 0
    return _without_zeros(_grouped(value, digits))


def tick_texts(ticks: Sequence[float]) -> list[str]:
    """The numbers of an axis, all with as many digits as tell neighbours apart. Finite, ascending, evenly spaced."""
    if len(ticks) < 2:
        return [number(tick) for tick in ticks]
    step, largest = ticks[1] - ticks[0], max(abs(ticks[0]), abs(ticks[-1]))
    if step >= _SMALLEST and largest < _LARGEST:
        return _evenly([_grouped(_clean(tick, step), _decimals(step)) for tick in ticks])
    digits = min(15, max(0, math.floor(math.log10(largest)) - math.floor(math.log10(step)) + 1))
    return ["0" if not _clean(tick, step) else _scientific(tick, digits) for tick in ticks]


def count(value: int) -> str:
    """A whole number: `96 000`."""
    return _grouped(value, 0)


def counted(value: int, one: str, many: str) -> str:
    """`1 check`, `29 checks`."""
    return f"{count(value)} {one if value == 1 else many}"


def share(value: float | None) -> str:
    """A part of one, in percent: `24.1 %`. What is neither nothing nor all never looks so."""
    if value is None or not math.isfinite(value):
        return number(value)
    percent = value * 100
    if abs(percent) >= _LARGEST:
        return f"{number(percent)}{THIN_SPACE}%"
    if 0 < percent < 0.01:
        return f"< 0.01{THIN_SPACE}%"
    if 99.99 < percent < 100:
        return f"> 99.99{THIN_SPACE}%"
    digits = 2 if percent < 1 or percent > 99 else 1
    return f"{_without_zeros(_grouped(percent, digits))}{THIN_SPACE}%"


def byte_size(value: int) -> str:
    """`41 B`, `1.2 kB`, `312 MB`: thousands, as disks are sold."""
    size, unit = float(value), 0
    while abs(size) >= 999.5 and unit < len(_BYTE_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    digits = 1 if unit and abs(size) < 99.95 else 0
    return f"{_without_zeros(_grouped(size, digits))} {_BYTE_UNITS[unit]}"


def times_the_limit(distance: float | None, *, beyond: bool = False) -> str:
    """How far something is out: `1.62 ×`, where 1 is the limit; `beyond` when that cannot be a number."""
    if beyond or distance == math.inf:
        return "beyond"
    if distance is None or math.isnan(distance):
        return "\u2013"
    return f"{number(distance) if distance >= 10 else _grouped(distance, 2)} \u00d7"


def _grouped(value: float, digits: int) -> str:
    text = f"{value:,.{digits}f}".replace(",", THIN_SPACE)
    text = text.removeprefix("-") if not any(digit in text for digit in "123456789") else text
    return text.replace("-", MINUS)


def _scientific(value: float, digits: int) -> str:
    mantissa, _, exponent = f"{value:.{digits}e}".partition("e")
    return f"{_without_zeros(mantissa)}e{int(exponent)}".replace("-", MINUS)


def _without_zeros(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _evenly(texts: list[str]) -> list[str]:
    """Without the zeros that all of them end with."""
    while "." in texts[0] and all(text.endswith("0") for text in texts):
        texts = [text[:-1] for text in texts]
    return [text.removesuffix(".") for text in texts]


def _decimals(step: float) -> int:
    return max(0, 1 - math.floor(math.log10(step)))


def _clean(tick: float, step: float) -> float:
    """Zero where a sum of steps only nearly is."""
    return 0.0 if abs(tick) < step / 1e6 else tick
