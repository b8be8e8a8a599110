"""How much a dry run has to look at, and until when it would fit: known without reading a record."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from scouter.archive.kinds import Kind
from scouter.drift.check_windows import MICROSECOND
from scouter.drift.schedule_gaps import windows_a_day
from scouter.drift.schedules import Schedule
from scouter.dry_run.variants import MOST_WINDOWS, Variant
from scouter.errors import DryRunTooLarge
from scouter.postgres.statements import Connection
from scouter.postgres.tables.dry_runs import archived_rows, checked_rows
from scouter.wire.dry_runs import DryRunEstimate

_DAY = timedelta(days=1)
_LAST = datetime(2101, 1, 1, tzinfo=UTC)  # no schedule fires later


def estimate(
    connection: Connection, kind: Kind, variants: Sequence[Variant], end: datetime, *, archive: bool, most_rows: int
) -> DryRunEstimate:
    """Of the variant with the most windows."""
    largest = max(variants, key=lambda each: len(each.windows))
    start, entity_id = min(each.windows.start for each in variants), largest.entity.id
    end = min(end, _LAST)
    rows = checked_rows(connection, kind.name, entity_id, start, end)
    if archive:
        rows += archived_rows(connection, kind.name, entity_id, start + MICROSECOND, end + MICROSECOND)
    return DryRunEstimate(_window_count(largest, end), rows, _longest_end(largest, rows, end, most_rows))


def with_rows(known: DryRunEstimate, variant: Variant, rows: int, end: datetime, most_rows: int) -> DryRunEstimate:
    """There turned out to be so many at least."""
    rows = max(rows, known.rows)
    return DryRunEstimate(known.windows, rows, _longest_end(variant, rows, end, most_rows))


def within(known: DryRunEstimate, variant: Variant, share: float, end: datetime) -> DryRunEstimate:
    """In the time that there was, such a share of the work was done."""
    return DryRunEstimate(known.windows, known.rows, _instant(variant, _part(variant, share, end)))


def too_large(found: DryRunEstimate, most_rows: int) -> DryRunTooLarge:
    limits = f"{MOST_WINDOWS} windows and {most_rows} records"
    return DryRunTooLarge(
        f"the span holds about {found.windows} windows and {found.rows} records, and a dry run looks at {limits} at "
        f"most; {_advice(found)}",
        _shown(found),
    )


def took_too_long(found: DryRunEstimate, seconds: float) -> DryRunTooLarge:
    return DryRunTooLarge(
        f"about {found.windows} windows and {found.rows} records take more than the {seconds:g} s that a dry run may "
        f"take; {_advice(found)}",
        _shown(found),
    )


def _shown(found: DryRunEstimate) -> dict[str, object]:
    longest = None if found.longest_end is None else found.longest_end.isoformat().replace("+00:00", "Z")
    return {"windows": found.windows, "rows": found.rows, "longest_end": longest}


def _advice(found: DryRunEstimate) -> str:
    if found.longest_end is None:
        return "no part of it fits"
    return f"from this start it fits until {found.longest_end.isoformat().replace('+00:00', 'Z')}"


def _window_count(variant: Variant, end: datetime) -> int:
    known = len(variant.windows)
    if known <= MOST_WINDOWS:
        return known
    each_day = windows_a_day(variant.schedule) or 0.0
    return max(known, round(each_day * ((end - variant.windows.start) / _DAY)))


def _longest_end(variant: Variant, rows: int, end: datetime, most_rows: int) -> datetime | None:
    """None: all of it fits."""
    ends = []
    if len(variant.windows) > MOST_WINDOWS:
        ends.append(variant.windows.bounds[MOST_WINDOWS])
    if rows > most_rows:
        ends.append(_instant(variant, _part(variant, most_rows / rows, end)))
    return min(ends, default=None)


def _part(variant: Variant, share: float, end: datetime) -> datetime:
    start = variant.windows.start
    return start + timedelta(seconds=math.floor((end - start).total_seconds() * share))


def _instant(variant: Variant, moment: datetime) -> datetime:
    """The end of the last whole window by then, or that moment where it closes none."""
    found = Schedule.parse(variant.schedule).latest_at_or_before(moment)
    return moment if found is None or found <= variant.windows.start else found
