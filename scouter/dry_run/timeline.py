"""The windows of a dry run in their order, beside what was recorded of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

from msgspec import UNSET
from msgspec.structs import replace

from scouter.drift.check_windows import CheckWindows
from scouter.dry_run.replaying import CheckedWindow
from scouter.postgres.tables.dry_runs import RecordedWindow
from scouter.wire.dry_runs import DryRunWindow

MOST_UNPACKED = 2000


def timeline(
    windows: CheckWindows, checked: Sequence[CheckedWindow], recorded: Iterable[RecordedWindow], *, details: bool
) -> list[DryRunWindow]:
    """One for each window; of more than 2 000 those that are alike and follow each other as one."""
    by_end = {each.window_end: each for each in recorded}
    starts = windows.bounds[:-1]
    found = [
        _window(start, end, each, by_end, details=details)
        for start, end, each in zip(starts, windows.ends, checked, strict=True)
    ]
    return found if len(found) <= MOST_UNPACKED else packed(found)


def packed(windows: Iterable[DryRunWindow]) -> list[DryRunWindow]:
    """Run-length: `rows` are added up."""
    found: list[DryRunWindow] = []
    for each in windows:
        if found and _is_alike(found[-1], each):
            last = found[-1]
            found[-1] = replace(each, windows=last.windows + each.windows, rows=last.rows + each.rows)
        else:
            found.append(each)
    return found


def outcome_of(checked: CheckedWindow) -> Literal["no_data", "ok", "alert"]:
    """As a check's."""
    if checked.alerts:
        return "alert"
    return "ok" if checked.rows else "no_data"


def _window(
    start: datetime,
    end: datetime,
    checked: CheckedWindow,
    recorded: Mapping[datetime, RecordedWindow],
    *,
    details: bool,
) -> DryRunWindow:
    run = recorded.get(end)
    return DryRunWindow(
        end=end,
        windows=1,
        rows=checked.rows,
        outcome=outcome_of(checked),
        alerts=len(checked.alerts),
        bad=list(checked.after.bad),
        state=checked.after.state.value,
        recorded_outcome=None if run is None else run.outcome,
        records_differ=None if run is None else run.window_start != start or run.row_count != checked.rows,
        raised=list(checked.alerts) if details else UNSET,
    )


def _is_alike(one: DryRunWindow, other: DryRunWindow) -> bool:
    return replace(one, end=other.end, windows=other.windows, rows=other.rows) == other
