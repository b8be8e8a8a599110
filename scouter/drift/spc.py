"""Control charts: the zone code of each value, and the rules that look for patterns in a series of codes.

The rules are those of the published clients (`drift.md` 1.5), with their peculiarities: the last value of a run decides
its zone, and alternating values need not change side. Only the order is ours: series run from the oldest value on.

Many series are looked at together, one behind the other in one array; `lengths` says where each of them ends.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from scouter.errors import InvalidInput
from scouter.wire.alerts import SpcKind
from scouter.wire.profiles import SpcFeature, Zone

Floats: TypeAlias = npt.NDArray[np.float64]
Codes: TypeAlias = npt.NDArray[np.int8] | Floats
Flags: TypeAlias = npt.NDArray[np.bool_]
Indices: TypeAlias = npt.NDArray[np.intp]

TREND_LENGTH = 7
ACCEPTED_RULES = "eight integers separated by single spaces"
_RULE = re.compile(r"[+-]?[0-9]{1,9}(?: [+-]?[0-9]{1,9}){7}")
_ZONES = (Zone.Zone1, Zone.Zone2, Zone.Zone3, Zone.Zone4)


class Finding(NamedTuple):
    """A pattern of a rule, and the zone that it was found in."""

    kind: SpcKind
    zone: Zone


@dataclass(frozen=True, slots=True)
class RuleCounts:
    """How many values make a pattern, for each of the zones 1 to 4. Zero or less switches a pattern off."""

    consecutive: tuple[int, ...]
    alternating: tuple[int, ...]

    @classmethod
    @lru_cache
    def parse(cls, text: str) -> RuleCounts:
        """Reads `8 16 4 8 2 4 1 1`: consecutive and alternating count of zone 1, of zone 2, and so on.

        Raises `InvalidInput` for anything but eight integers separated by single spaces.
        """
        if _RULE.fullmatch(text) is None:
            raise InvalidInput("rule", text, ACCEPTED_RULES)
        counts = tuple(int(count) for count in text.split(" "))
        return cls(consecutive=counts[::2], alternating=counts[1::2])


def limits_of(feature: SpcFeature) -> tuple[float, ...]:
    """The seven limits in ascending order, from three sigma below the center to three above."""
    lower = (feature.three_lcl, feature.two_lcl, feature.one_lcl)
    return (*lower, feature.center, feature.one_ucl, feature.two_ucl, feature.three_ucl)


def zone_codes(values: Floats, limits: Floats) -> npt.NDArray[np.int8]:
    """The zone of each value, negative below the center: 0 at the center, 1 to 3 by sigma, 4 beyond three sigma.

    `values` has shape (n,), without NaN; infinities are in zone 4. `limits` has shape (7, n) or (7, 1), in the order of
    `limits_of`. A value at a limit belongs to the zone outside it, but exactly three sigma is still zone 3. A value at
    the center is 0 even when limits coincide with the center, as they do for a constant feature.
    """
    three_lcl, two_lcl, one_lcl, center, one_ucl, two_ucl, three_ucl = limits
    out = np.add(values >= one_ucl, values >= two_ucl, dtype=np.int8) + (values > three_ucl)
    down = np.add(values <= one_lcl, values <= two_lcl, dtype=np.int8) + (values < three_lcl)
    codes: npt.NDArray[np.int8] = (values > center) * (1 + out) - (values < center) * (1 + down)
    return codes


def findings(
    codes: Codes, lengths: Indices, counts: RuleCounts, zones_to_monitor: Collection[Zone]
) -> list[tuple[Finding, ...]]:
    """What the rules find in each series: every (kind, zone) at most once, zone by zone, trend last.

    `codes` has shape (n,): one series behind the other, each oldest first. `lengths` has shape (series,) and adds up to
    n; a series may be empty. The trend is looked for whatever the zones to monitor.
    """
    chains = _Chains.of(codes, lengths)
    found: list[list[Finding]] = [[] for _ in range(len(lengths))]
    for finding, ends in _patterns(chains, counts, zones_to_monitor):
        for index in chains.series_with(ends):
            if finding not in found[index]:
                found[index].append(finding)
    return [tuple(each) for each in found]


def _patterns(
    chains: _Chains, counts: RuleCounts, zones_to_monitor: Collection[Zone]
) -> Iterator[tuple[Finding, Flags]]:
    """Every pattern, with flags of shape (n,) at the values where it is complete."""
    for number, zone in enumerate(_ZONES, start=1):
        ends = chains.magnitudes == number
        if zone in zones_to_monitor and ends.any():
            run, turns = counts.consecutive[number - 1], counts.alternating[number - 1]
            yield _finding(SpcKind.Consecutive, zone), ends & chains.are_as_long(run, number, chains.same_side)
            yield _finding(SpcKind.Alternating, zone), ends & chains.are_as_long(turns, number, chains.differs)
    trend = Finding(SpcKind.Trend, Zone.NotApplicable)
    for moves in (chains.rises, chains.falls):
        yield trend, chains.are_as_long(TREND_LENGTH, 0, moves)


def _finding(kind: SpcKind, zone: Zone) -> Finding:
    return Finding(SpcKind.OutOfBounds if zone is Zone.Zone4 else kind, zone)


@dataclass(frozen=True, slots=True, eq=False)
class _Chains:
    """Series of codes, prepared for the question how long a chain of values has grown. All but the last (n,)."""

    magnitudes: Codes
    same_side: Flags  # as the value before it; never the first of a series
    differs: Flags  # from the value before it, likewise
    rises: Flags
    falls: Flags
    positions: Indices
    series: Indices  # the index of the series that a value belongs to

    @classmethod
    def of(cls, codes: Codes, lengths: Indices) -> _Chains:
        series = np.repeat(np.arange(len(lengths)), lengths)
        later, earlier = codes[1:], codes[:-1]
        inner = series[1:] == series[:-1]
        relations = (np.sign(later) == np.sign(earlier), later != earlier, later > earlier, later < earlier)
        # Without codes there is no first one either.
        linked = [np.concatenate(([False], relation & inner))[: len(codes)] for relation in relations]
        same_side, differs, rises, falls = linked
        return cls(np.abs(codes), same_side, differs, rises, falls, np.arange(len(codes)), series)

    def are_as_long(self, count: int, least: int, linked: Flags) -> Flags:
        """Where the last `count` values are all of zone `least` or beyond, each linked to the one before it."""
        if count <= 0:
            return np.zeros(len(self.positions), dtype=np.bool_)
        start = np.where(linked, 0, self.positions)
        if least > 0:
            start = np.where(self.magnitudes >= least, start, self.positions + 1)
        return self.positions + 1 - np.maximum.accumulate(start) >= count

    def series_with(self, flags: Flags) -> list[int]:
        """The indices of the series in which a flag is set, ascending."""
        found: list[int] = np.unique(self.series[flags]).tolist() if flags.any() else []
        return found
