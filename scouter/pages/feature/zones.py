"""The values of an SPC feature by zone, against what a normal distribution with the limits of its training has."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scouter.pages.charts.bin_shares import BinShare
from scouter.pages.text.numbers import number
from scouter.wire.baselines import SpcBaseline
from scouter.wire.check_results import SpcObservation

# One side of a normal distribution, from the center on: within one sigma, two, three, and beyond.
_SIGMAS = (0.0, 1.0, 2.0, 3.0, math.inf)
_CENTER = 4


@dataclass(frozen=True, slots=True)
class ZoneRow:
    """One zone of the chart: where it lies, which share of the values is in it, and which a normal distribution has."""

    label: str
    values: str
    now: float
    normal: float

    @property
    def share(self) -> BinShare:
        return BinShare(self.label, self.normal, self.now)


def zone_rows(baseline: SpcBaseline, seen: SpcObservation) -> list[ZoneRow]:
    """From below three sigma to above; values at the very center count half on either side."""
    ends = [None, *baseline.limits[:3], baseline.center, *baseline.limits[3:], None]
    labels = ("< −3σ", "−3σ to −2σ", "−2σ to −1σ", "−1σ to 0", "0 to 1σ", "1σ to 2σ", "2σ to 3σ", "> 3σ")
    counts = _counts(seen.code_counts)
    total = max(1, seen.samples)
    return [
        ZoneRow(label, _between(ends[at], ends[at + 1]), counts[at] / total, _normal(at))
        for at, label in enumerate(labels)
    ]


def _counts(codes: Sequence[int]) -> list[float]:
    half = codes[_CENTER] / 2
    sides = [float(each) for at, each in enumerate(codes) if at != _CENTER]
    sides[_CENTER - 1] += half
    sides[_CENTER] += half
    return sides


def _normal(at: int) -> float:
    """The share of zone `at` of the eight."""
    zone = _CENTER - 1 - at if at < _CENTER else at - _CENTER
    return _above(_SIGMAS[zone]) - _above(_SIGMAS[zone + 1])


def _above(sigmas: float) -> float:
    return 0.5 * math.erfc(sigmas / math.sqrt(2))


def _between(low: float | None, high: float | None) -> str:
    if low is None:
        return f"below {number(high)}"
    return f"above {number(low)}" if high is None else f"{number(low)} to {number(high)}"
