"""Charts from partial sums: only here is anything divided, after all parts of a window have been brought together."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from msgspec import UNSET, UnsetType

from scouter.drift.expected import ExpectedBins
from scouter.drift.psi import Floats, has_enough, observed_proportions, psi
from scouter.wire.charts import CustomSeries, MetricStats, PsiSeries, SpcSeries

_LARGEST = sys.float_info.max


@dataclass(frozen=True, slots=True)
class ChartScope:
    """What of a profile is charted: these features or metrics, None: all; and with the lowest and highest values."""

    features: Collection[str] | None = None
    extremes: bool = False


@dataclass(frozen=True, slots=True)
class ValueSums:
    """Values within one time bin: how many, their mean, and their standard deviation with divisor n.

    A float holds both, whatever finite values they are of. It need not hold their sum or their squares. The lowest and
    the highest are there in all parts or in none.
    """

    bin: datetime
    count: int
    mean: float
    deviation: float
    lowest: float | None = None
    highest: float | None = None


@dataclass(frozen=True, slots=True)
class CountSums:
    """Observations within one time bin, by the profile's bin id."""

    bin: datetime
    counts: Mapping[int, int]


def merged_values(parts: Iterable[ValueSums]) -> list[ValueSums]:
    """One for each time bin, from sums that were made of disjoint values.

    Chan, Golub, LeVeque: Updating formulae and a pairwise algorithm for computing sample variances, 1979; in deviations
    instead of sums of squares.
    """
    merged: dict[datetime, ValueSums] = {}
    for part in parts:
        other = merged.get(part.bin)
        merged[part.bin] = part if other is None else _merged(other, part)
    return list(merged.values())


def merged_counts(parts: Iterable[CountSums]) -> list[CountSums]:
    """One for each time bin, from counts of disjoint observations."""
    merged: dict[datetime, Counter[int]] = {}
    for part in parts:
        merged.setdefault(part.bin, Counter()).update(part.counts)
    return [CountSums(bin, counts) for bin, counts in merged.items()]


def _merged(one: ValueSums, other: ValueSums) -> ValueSums:
    count = one.count + other.count
    share, rest = one.count / count, other.count / count
    half_apart = other.mean / 2 - one.mean / 2  # the whole of it may be more than a float holds
    mean = one.mean + half_apart * rest + half_apart * rest
    between = half_apart * (2 * math.sqrt(share * rest))
    deviation = math.hypot(one.deviation * math.sqrt(share), other.deviation * math.sqrt(rest), between)
    lowest, highest = _extreme(min, one.lowest, other.lowest), _extreme(max, one.highest, other.highest)
    return ValueSums(one.bin, count, mean, min(deviation, _LARGEST), lowest, highest)


def _extreme(choose: Callable[[float, float], float], one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else choose(one, other)


def spc_series(sums: list[ValueSums]) -> SpcSeries:
    newest_first = _newest_first(sums)
    moments, means = [part.bin for part in newest_first], [part.mean for part in newest_first]
    return SpcSeries(moments, means, *_extremes(newest_first))


def custom_series(metric: str, sums: list[ValueSums]) -> CustomSeries:
    newest_first = _newest_first(sums)
    moments, stats = [part.bin for part in newest_first], [metric_stats(part) for part in newest_first]
    return CustomSeries(metric, moments, stats, *_extremes(newest_first))


def metric_stats(part: ValueSums) -> MetricStats:
    """Mean -/+ the sample standard deviation, divisor n - 1; 0 for a single value. No bound is beyond all floats."""
    deviation = part.deviation * math.sqrt(part.count / (part.count - 1)) if part.count > 1 else 0.0
    lower, upper = part.mean - deviation, part.mean + deviation
    return MetricStats(part.mean, max(lower, -_LARGEST), min(upper, _LARGEST))


def psi_series(expected: ExpectedBins, sums: list[CountSums], *, newest: bool = False) -> PsiSeries | None:
    """PSI per time bin and over all of them. Time bins with too few observations are left out of both.

    None when no time bin has enough. With `newest`, also the shares of the bins in the newest time bin.
    """
    newest_first = sorted(sums, key=lambda part: part.bin, reverse=True)
    kept = [part for part in newest_first if has_enough(sum(part.counts.values()), len(expected.ids))]
    if not kept:
        return None
    pooled: Counter[int] = Counter()
    for part in kept:
        pooled.update(part.counts)
    overall = observed_proportions(expected.ids, pooled)
    return PsiSeries(
        created_at=[part.bin for part in kept],
        psi=[psi(expected.proportions, observed_proportions(expected.ids, part.counts)) for part in kept],
        overall_psi=psi(expected.proportions, overall),
        bins=_by_id(expected, overall),
        time_bins=_by_id(expected, observed_proportions(expected.ids, kept[0].counts)) if newest else UNSET,
    )


def _by_id(expected: ExpectedBins, shares: Floats) -> dict[str, float]:
    return {str(bin_id): float(share) for bin_id, share in zip(expected.ids, shares, strict=True)}


def _extremes(sums: list[ValueSums]) -> tuple[list[float] | UnsetType, list[float] | UnsetType]:
    """Lowest and highest values; unset when they were not asked for."""
    lowest = [part.lowest for part in sums if part.lowest is not None]
    highest = [part.highest for part in sums if part.highest is not None]
    return (lowest, highest) if lowest and highest else (UNSET, UNSET)


def _newest_first(sums: list[ValueSums]) -> list[ValueSums]:
    return sorted(sums, key=lambda part: part.bin, reverse=True)
