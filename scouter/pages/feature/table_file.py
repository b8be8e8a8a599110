"""A feature's series as comma-separated values, that no program for tables takes for formulas."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import UNSET

from scouter.pages.profile.feature_charts import WireSeries
from scouter.pages.text.time_ranges import utc_text
from scouter.wire.charts import CustomSeries, PsiSeries, SpcSeries

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def table(name: str, drift_type: str, series: WireSeries | None, width: timedelta) -> bytes:
    """A line for each time bin, the oldest first. UTF-8, as RFC 4180 has it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_heading(drift_type))
    for line in _lines(series):
        start = line[0]
        assert isinstance(start, datetime)  # noqa: S101  # the first of each line
        writer.writerow([cell(each) for each in (name, utc_text(start), utc_text(start + width), *line[1:])])
    return out.getvalue().encode("utf-8", "replace")


def cell(value: object) -> str:
    """A text that programs would read as a formula gets an apostrophe in front; a number does not."""
    text = repr(value) if isinstance(value, float) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text


def _heading(drift_type: str) -> Sequence[str]:
    match drift_type:
        case "Psi":
            return ("feature", "start", "end", "psi")
        case "Custom":
            return ("metric", "start", "end", "mean", "lower_bound", "upper_bound", "lowest", "highest")
        case _:
            return ("feature", "start", "end", "mean", "lowest", "highest")


def _lines(series: WireSeries | None) -> Iterator[Sequence[object]]:
    """Replies begin with the newest."""
    match series:
        case SpcSeries():
            yield from _oldest_first(series.created_at, series.values, *_ends(series))
        case PsiSeries():
            yield from _oldest_first(series.created_at, series.psi)
        case CustomSeries():
            stats = (
                [s.avg for s in series.stats],
                [s.lower_bound for s in series.stats],
                [s.upper_bound for s in series.stats],
            )
            yield from _oldest_first(series.created_at, *stats, *_ends(series))


def _ends(series: SpcSeries | CustomSeries) -> tuple[Sequence[object], Sequence[object]]:
    nothing: list[object] = [""] * len(series.created_at)
    lowest = nothing if series.lowest is UNSET else series.lowest
    return lowest, nothing if series.highest is UNSET else series.highest


def _oldest_first(*columns: Sequence[object]) -> Iterator[Sequence[object]]:
    lines: list[Sequence[object]] = list(zip(*columns, strict=True))
    yield from reversed(lines)
