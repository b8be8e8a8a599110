"""The bins of a PSI feature: what they are called, and what each adds to a PSI."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scouter.drift.psi import EPSILON
from scouter.pages.charts.bin_shares import BinShare
from scouter.pages.text.numbers import MINUS, number
from scouter.wire.baselines import BaselineBin, PsiBaseline


@dataclass(frozen=True, slots=True)
class BinRow:
    """`adds`: (now - training) ln(now / training), the part of this bin in the PSI."""

    label: str
    training: float
    now: float
    adds: float

    @property
    def adds_text(self) -> str:
        """All with as many digits, so that a column of them is read at a glance."""
        text = f"{self.adds:.4f}"
        return text.replace("-", MINUS) if float(text) else text.removeprefix("-")

    @property
    def share(self) -> BinShare:
        return BinShare(self.label, self.training, self.now)


def bin_rows(baseline: PsiBaseline, now: Mapping[str, float]) -> list[BinRow]:
    """In the order of the profile. `now`: shares by bin id; one that is missing is empty."""
    return [_row(each, now.get(str(each.id), 0.0)) for each in baseline.bins]


def bin_label(each: BaselineBin) -> str:
    """`< 1`, `1 to 2`, `> 22`, the name of a category."""
    if each.label is not None:
        return each.label or "(empty)"
    if each.lower is None and each.upper is None:
        return f"bin {each.id}"
    if each.lower is None:
        return f"≤ {number(each.upper)}"
    return f"> {number(each.lower)}" if each.upper is None else f"{number(each.lower)} to {number(each.upper)}"


def adds(training: float, now: float) -> float:
    """As `scouter.drift.psi.psi` has it, for one bin."""
    return (now - training) * math.log((now + EPSILON) / (training + EPSILON))


def most(rows: Sequence[BinRow]) -> BinRow | None:
    """The bin that adds most; None where none adds anything."""
    found = max(rows, key=lambda row: row.adds, default=None)
    return found if found is not None and found.adds > 0 else None


def _row(each: BaselineBin, now: float) -> BinRow:
    return BinRow(bin_label(each), each.proportion, now, adds(each.proportion, now))
