"""The answer of a dry run: windows and messages in few words, figures, and tables for people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from scouter.archive.window_sums import WindowCounts, merged_means
from scouter.drift.check_windows import CheckWindows
from scouter.drift.replayed_features import WindowMean
from scouter.dry_run.replaying import CheckedWindow
from scouter.dry_run.tables import dry_run_text, timeline_csv
from scouter.dry_run.timeline import MOST_UNPACKED, packed, timeline
from scouter.dry_run.told import messages
from scouter.policy.identity import ProblemKey, Signal
from scouter.policy.problem import State
from scouter.policy.replay import ReplayedWindow
from scouter.policy.replayed_group import Said
from scouter.policy.telling import Kind
from scouter.postgres.tables.dry_runs import RecordedWindow
from scouter.wire.dry_runs import (
    DryRunEstimate,
    DryRunExpectation,
    DryRunExpectations,
    DryRunReply,
    DryRunSummary,
    DryRunWindow,
)

START = datetime(2026, 11, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
QUIET = CheckedWindow(5, (), ReplayedWindow((), State.ok))
FIRING = CheckedWindow(7, (), ReplayedWindow(("age",), State.firing))


def grid(windows: int) -> CheckWindows:
    return CheckWindows(tuple(START + number * MINUTE for number in range(windows + 1)))


def test_few_windows_stand_there_one_by_one() -> None:
    found = timeline(grid(3), [QUIET] * 3, [], details=False)
    assert [(each.windows, each.rows, each.outcome) for each in found] == [(1, 5, "ok")] * 3


def test_of_many_windows_those_that_are_alike_are_one() -> None:
    windows = MOST_UNPACKED + 1
    found = timeline(grid(windows), [*[QUIET] * (windows - 1), FIRING], [], details=False)
    assert [(each.windows, each.rows, each.bad, each.state) for each in found] == [
        (MOST_UNPACKED, 5 * MOST_UNPACKED, [], "ok"),
        (1, 7, ["age"], "firing"),
    ]
    assert found[0].end == START + MOST_UNPACKED * MINUTE


def test_what_was_recorded_stands_beside_its_window() -> None:
    def run(start: int, end: int, rows: int) -> RecordedWindow:
        return RecordedWindow(START + start * MINUTE, START + end * MINUTE, "alert", rows)

    recorded = [run(0, 1, 5), run(1, 2, 4), run(1, 3, 5)]
    found = timeline(grid(4), [QUIET] * 4, recorded, details=False)
    assert [(each.recorded_outcome, each.records_differ) for each in found] == [
        ("alert", False),
        ("alert", True),  # another number of records
        ("alert", True),  # a gap that was checked at once
        (None, None),
    ]


def said(minute: int, why_not: str | None, subject: str = "age", kind: Kind = Kind.firing) -> Said:
    return Said(START + minute * MINUTE, kind, ProblemKey("uid", Signal.psi, subject), 0.1 * minute, None, why_not)


def test_what_is_held_back_for_one_reason_stands_there_once() -> None:
    found = messages(
        [
            *(said(1, "2 of 3"), said(1, "not significant", "income")),
            *(said(2, "2 of 3"), said(3, None), said(3, "not significant", "income")),
            *(said(4, None, kind=Kind.reminder), said(5, "2 of 3")),
        ]
    )
    assert [(each.subject, each.kind, each.why_not, each.windows) for each in found] == [
        ("age", "firing", "2 of 3", 2),
        ("income", "firing", "not significant", 2),
        ("age", "firing", None, 1),
        ("age", "reminder", None, 1),
        ("age", "firing", "2 of 3", 1),
    ]
    assert found[0].at == START + MINUTE


def window(**changes: Any) -> DryRunWindow:
    quiet = DryRunWindow(START, 1, 5, "ok", 0, [], "ok", None, None)
    return replace(quiet, **changes)


def reply(*windows: DryRunWindow) -> DryRunReply:
    figures = DryRunSummary(len(windows), 0, 0, 0, 0, 0.0, 0.0, [])
    nothing = DryRunExpectation(None, 0, None)
    return DryRunReply(
        "uid",
        START,
        START + MINUTE,
        DryRunEstimate(len(windows), 5, None),
        windows=list(windows),
        messages=[],
        summary=figures,
        expected=DryRunExpectations(nothing, DryRunExpectation(0.3, 11, 1e-14)),
        rows_read=5,
        files_opened=0,
        seconds=0.1,
        archive="used",
    )


def test_no_spreadsheet_reckons_what_a_feature_is_called() -> None:
    shown = timeline_csv(reply(window(bad=["=1+1", "age"], outcome="alert", alerts=2)))
    assert shown.splitlines()[1] == "2026-11-02T00:00:00Z,1,5,alert,2,'=1+1 age,ok,,"


def test_an_estimate_is_a_table_too() -> None:
    estimate = DryRunReply("uid", START, START, DryRunEstimate(9, 100, START))
    assert timeline_csv(estimate) == "windows,rows,longest_end\n9,100,2026-11-02T00:00:00Z\n"
    assert dry_run_text(estimate) == "9 windows, about 100 records; it fits until 2026-11-02T00:00:00Z\n"


def test_text_for_people_says_what_chance_makes_and_folds_what_is_alike() -> None:
    shown = dry_run_text(reply(window(), window(end=START + MINUTE), window(state="firing")))
    assert "2026-11-02T00:01:00Z  2        10" in shown
    assert "nobody can say what to expect, observed 0" in shown
    assert "expected 0.3 at most, observed 11 (p = 1e-14)" in shown


def test_windows_are_packed_by_all_that_is_said_of_them() -> None:
    found = packed([window(), window(alerts=1, outcome="alert"), window(alerts=1, outcome="alert"), window()])
    assert [each.windows for each in found] == [1, 2, 1]


def test_counts_of_a_window_in_table_and_file_are_added_up() -> None:
    sums = WindowCounts(3)
    one = [np.array(column) for column in ([0, 1, 0], [0, 0, 2], [4, 4, 5], [10, 20, 30], [1, 2, 3])]
    sums.add(["age", "income"], *one)
    other = [np.array(column) for column in ([0], [0], [4], [7], [1])]
    sums.add(["age"], *other)
    assert sums.of("age") == {0: {4: 17}, 2: {5: 30}}
    assert sums.of("income") == {0: {4: 20}}
    assert sums.of("nobody") == {}
    assert sums.window_rows.tolist() == [4, 0, 3]


def test_means_of_two_parts_are_those_of_the_whole() -> None:
    values = np.random.default_rng(1).normal(3.0, 2.0, 50)
    parts = (values[:1], values[1:20], values[20:])
    one, two, three = (
        WindowMean(len(part), float(part.mean()), float(part.std(ddof=1)) if len(part) > 1 else None) for part in parts
    )
    whole = merged_means(merged_means(one, two), three)
    assert whole.deviation is not None
    assert whole.count == 50
    assert whole.mean == pytest.approx(values.mean())
    assert whole.deviation == pytest.approx(values.std(ddof=1))
    assert merged_means(WindowMean(2, 1e308, None), two).deviation is None
