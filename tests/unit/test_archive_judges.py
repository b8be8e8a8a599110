"""Judges of the archive who could not find anything would prove nothing: each wrong answer is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from tests.archiving.chart_answers import difference
from tests.archiving.records import Row
from tests.client.stored_records import StoredCount, StoredValue
from tests.drills.archive_reader import as_drawn, drawn
from tests.drills.archive_subjects import Different, Watched, compare, compare_rows

AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def value(number: float, hours: int = 0) -> StoredValue:
    return StoredValue("f0", AT + hours * HOUR, number)


def watched(kind: str, *messages: Sequence[Row]) -> Watched:
    return Watched(kind, "uid", list(messages), stored=len(messages))


@pytest.mark.parametrize(
    ("numbers", "moments", "expected"),
    [
        ([2, 0, 1], [30, 10, 20], Different(0, 0, 0)),
        ([0, 1], [10, 20], Different(1, 0, 0)),
        ([0, 1, 2, 2], [10, 20, 30, 30], Different(0, 1, 0)),
        ([0, 1, 2], [10, 20, 31], Different(0, 0, 1)),
        ([0, 1, 2, 3], [10, 20, 30, 40], Different(0, 0, 1)),
        ([], [], Different(3, 0, 0)),
    ],
)
def test_of_a_large_profile_every_missing_double_or_changed_row_is_told(
    numbers: list[int], moments: list[int], expected: Different
) -> None:
    stored = [np.array([10, 20], dtype=np.int64), np.array([30], dtype=np.int64)]
    assert compare(stored, np.array(numbers, dtype=np.int64), np.array(moments, dtype=np.int64)) == expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([value(1), value(1), value(2)], Different(0, 0, 0)),
        ([value(1), value(1), value(2), value(3)], Different(0, 0, 0)),  # sent, though not acknowledged
        ([value(1), value(2)], Different(1, 0, 0)),
        ([value(1), value(1), value(2), value(2)], Different(0, 1, 0)),
        ([value(1), value(1), value(2), value(4)], Different(0, 0, 1)),
    ],
)
def test_of_a_small_profile_every_missing_double_or_changed_row_is_told(found: list[Row], expected: Different) -> None:
    subject = watched("spc", [value(1), value(1), value(2)], [value(3)])
    subject.stored = 1
    others = Counter({("another", value(9)): 5})
    assert compare_rows(subject, others + Counter(("uid", row) for row in found)) == expected


def test_a_chart_that_lacks_a_record_or_has_it_twice_is_another_chart() -> None:
    complete = drawn(watched("spc", [value(1)], [value(3, hours=1)]), 2, AT, AT + 4 * HOUR, 4)
    assert difference(complete, complete, 1.0) is None
    for wrong in ([value(1)], [value(1), value(1), value(3, hours=1), value(5, hours=1)]):
        assert difference(drawn(watched("spc", wrong), 1, AT, AT + 4 * HOUR, 4), complete, 1.0) is not None


def test_rounding_is_forgiven_and_the_classical_mistake_is_not() -> None:
    values = [1e6 + 0.1, 1e6 + 0.2, 1e6 + 0.3]
    expected, largest = float(np.std(values, ddof=1)), max(values)
    rounded = float(np.sqrt(sum((one - sum(values) / 3) ** 2 for one in reversed(values)) / 2))
    classical = float(np.sqrt((sum(one * one for one in values) - sum(values) ** 2 / 3) / 2))
    assert difference([rounded], [expected], largest) is None
    assert difference([classical], [expected], largest) is not None


def test_answers_are_read_into_the_form_in_which_charts_are_reckoned() -> None:
    rows: dict[str, list[Row]] = {
        "spc": [value(1), value(2)],
        "custom": [value(1), value(3)],
        "psi": [StoredCount("f0", AT, n, 11) for n in range(1, 11)],
    }
    stats = {"avg": 2.0, "lower_bound": 2 - 2**0.5, "upper_bound": 2 + 2**0.5}
    shares = {str(n): 0.1 for n in range(1, 11)}
    at = ["2026-11-01T12:00:00Z"]
    answers: dict[str, dict[str, Any]] = {
        "spc": {"features": {"f0": {"created_at": at, "values": [1.5]}}},
        "custom": {"metrics": {"f0": {"metric": "f0", "created_at": at, "stats": [stats]}}},
        "psi": {"features": {"f0": {"created_at": at, "psi": [0.0], "overall_psi": 0.0, "bins": shares}}},
    }
    for kind, body in answers.items():
        reckoned = drawn(watched(kind, rows[kind]), 1, AT, AT + HOUR, 1)
        assert difference(as_drawn(kind, body), reckoned, 1.0) is None, kind
