"""Charts from partial sums: only here is anything divided, after all parts of a window have been brought together."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from scouter.drift.expected import ExpectedBins
from scouter.drift.psi import has_enough, observed_proportions, psi
from scouter.wire.charts import CustomSeries, MetricStats, PsiSeries, SpcSeries


@dataclass(frozen=True, slots=True)
class ValueSums:
    """Values within one time bin: how many, their mean, and their sum of squared deviations from it."""

    bin: datetime
    count: int
    mean: float
    m2: float


@dataclass(frozen=True, slots=True)
class CountSums:
    """Observations within one time bin, by the profile's bin id."""

    bin: datetime
    counts: Mapping[int, int]


def merged_values(parts: Iterable[ValueSums]) -> list[ValueSums]:
    """One for each time bin, from sums that were made of disjoint values.

    Chan, Golub, LeVeque: Updating formulae and a pairwise algorithm for computing sample variances, 1979.
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
    apart = other.mean - one.mean
    mean = one.mean + apart * (other.count / count)
    return ValueSums(one.bin, count, mean, one.m2 + other.m2 + apart * apart * (one.count * other.count / count))


def spc_series(sums: list[ValueSums]) -> SpcSeries:
    newest_first = _newest_first(sums)
    return SpcSeries([part.bin for part in newest_first], [part.mean for part in newest_first])


def custom_series(metric: str, sums: list[ValueSums]) -> CustomSeries:
    newest_first = _newest_first(sums)
    return CustomSeries(metric, [part.bin for part in newest_first], [metric_stats(part) for part in newest_first])


def metric_stats(part: ValueSums) -> MetricStats:
    """Mean -/+ the sample standard deviation, divisor n - 1; 0 for a single value."""
    deviation = math.sqrt(part.m2 / (part.count - 1)) if part.count > 1 else 0.0
    return MetricStats(part.mean, part.mean - deviation, part.mean + deviation)


def psi_series(expected: ExpectedBins, sums: list[CountSums]) -> PsiSeries | None:
    """PSI per time bin and over all of them. Time bins with too few observations are left out of both.

    None when no time bin has enough.
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
        bins={str(bin_id): float(share) for bin_id, share in zip(expected.ids, overall, strict=True)},
    )


def _newest_first(sums: list[ValueSums]) -> list[ValueSums]:
    return sorted(sums, key=lambda part: part.bin, reverse=True)
