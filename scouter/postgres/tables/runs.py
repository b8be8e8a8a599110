"""The history of checks: what each saw and how it ended."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from scouter.postgres.statements import Connection, named_statements
from scouter.postgres.tables.windows import Window

_sql = named_statements("runs")

CheckOutcome = Literal["no_data", "ok", "alert", "failed"]


@dataclass(frozen=True, slots=True)
class Run:
    """One check as stored. `result` is JSON text."""

    id: int
    uid: str
    space: str
    name: str
    version: str
    drift_type: str
    window_start: datetime
    window_end: datetime
    attempt: int
    outcome: CheckOutcome
    late: bool
    row_count: int
    result: str | None
    error: str | None
    note: str | None
    started_at: datetime
    finished_at: datetime
    asked_by: str | None


@dataclass(frozen=True, slots=True)
class WindowCount:
    """How many records a window held, and how long it was."""

    row_count: int
    seconds: float

    @property
    def an_hour(self) -> float:
        return self.row_count * 3600 / self.seconds


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One check of one profile without what it saw. `alerts`: how many it raised."""

    id: int
    window_start: datetime
    window_end: datetime
    attempt: int
    outcome: CheckOutcome
    late: bool
    asked_by: str | None
    row_count: int
    error: str | None
    note: str | None
    started_at: datetime
    finished_at: datetime
    alerts: int


@dataclass(frozen=True, slots=True)
class ResultOfRun:
    """Which check a result is of."""

    id: int
    window_start: datetime
    window_end: datetime


@dataclass(frozen=True, slots=True)
class CheckedWindow:
    """The last check of one window."""

    id: int
    window_start: datetime
    window_end: datetime
    attempt: int
    row_count: int

    @property
    def window(self) -> Window:
        return Window(self.window_start, self.window_end)


def add_run(
    connection: Connection,
    entity_id: int,
    window: Window,
    *,
    attempt: int,
    outcome: CheckOutcome,
    row_count: int,
    started_at: datetime,
    result: str | None = None,
    error: str | None = None,
    note: str | None = None,
    late: bool = False,
    asked_by: str | None = None,
) -> int:
    """Write down one check. Its id. `asked_by`: who wanted it besides the schedule."""
    run_id: int = _sql["add_run"].values(
        connection,
        entity_id=entity_id,
        window_start=window.start,
        window_end=window.end,
        attempt=attempt,
        outcome=outcome,
        late=late,
        row_count=row_count,
        result=result,
        error=error,
        note=note,
        asked_by=asked_by,
        started_at=started_at,
    )[0]
    return run_id


def run_page(
    connection: Connection,
    *,
    entity_id: int | None,
    spaces: Collection[str] | None,
    outcome: str | None,
    below_id: int | None,
    maximum: int,
) -> list[Run]:
    """Newest first; of one profile, or of the profiles of some spaces (None: of all)."""
    return _sql["run_page"].all(
        connection,
        Run,
        entity_id=entity_id,
        spaces=None if spaces is None else list(spaces),
        outcome=outcome,
        below_id=below_id,
        maximum=maximum,
    )


def runs_touched(connection: Connection, entity_id: int, first: datetime, last: datetime) -> list[CheckedWindow]:
    """The last check of every window that holds moments between these two."""
    return _sql["runs_touched"].all(connection, CheckedWindow, entity_id=entity_id, first=first, last=last)


def run(connection: Connection, run_id: int) -> Run | None:
    return _sql["run"].one(connection, Run, id=run_id)


def space_of_run(connection: Connection, run_id: int) -> str | None:
    spaces: list[str] = _sql["space_of_run"].values(connection, id=run_id)
    return spaces[0] if spaces else None


def run_summaries(
    connection: Connection, entity_id: int, *, outcome: str | None, below_id: int | None, maximum: int
) -> list[RunSummary]:
    """Newest first."""
    return _sql["run_summaries"].all(
        connection, RunSummary, entity_id=entity_id, outcome=outcome, below_id=below_id, maximum=maximum
    )


def newest_result(connection: Connection, entity_id: int) -> ResultOfRun | None:
    """The check of a profile that its features are shown by."""
    return _sql["newest_result"].one(connection, ResultOfRun, entity_id=entity_id)


def run_with_result(connection: Connection, entity_id: int, run_id: int) -> ResultOfRun | None:
    """That check of that profile; None when it has expired, or has no result."""
    return _sql["run_with_result"].one(connection, ResultOfRun, entity_id=entity_id, id=run_id)


def result_of_run(connection: Connection, run_id: int) -> str | None:
    """JSON text, as `CheckResult`."""
    results: list[str] = _sql["result_of_run"].values(connection, id=run_id)
    return results[0] if results else None


def checked_window(connection: Connection, entity_id: int, window_end: datetime) -> CheckedWindow | None:
    """The last check of the window that ends then."""
    return _sql["checked_window"].one(connection, CheckedWindow, entity_id=entity_id, window_end=window_end)


def newest_window(connection: Connection, entity_id: int) -> CheckedWindow | None:
    """The last check of a profile's newest window."""
    return _sql["newest_window"].one(connection, CheckedWindow, entity_id=entity_id)


def recent_counts(connection: Connection, entity_id: int, maximum: int) -> list[WindowCount]:
    """Of the newest windows, the newest first."""
    return _sql["recent_counts"].all(connection, WindowCount, entity_id=entity_id, maximum=maximum)


def recent_results(connection: Connection, entity_id: int, maximum: int) -> list[str]:
    """JSON texts, as `CheckResult`, of the newest windows that held records."""
    return _sql["recent_results"].values(connection, entity_id=entity_id, maximum=maximum)
