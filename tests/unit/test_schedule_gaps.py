"""How close together the instants of a schedule come."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scouter.drift.schedule_gaps import shortest_gap, usual_gap, windows_a_day


@pytest.mark.parametrize(
    ("schedule", "gap"),
    [
        ("* * * * * *", timedelta(seconds=1)),
        ("*/5 * * * * *", timedelta(seconds=5)),
        ("0,20,25 * * * * *", timedelta(seconds=5)),
        ("0 0,59 * * * *", timedelta(minutes=1)),
        ("0 */15 * * * *", timedelta(minutes=15)),
        ("@hourly", timedelta(hours=1)),
        ("0 0 9 * * MON-FRI", timedelta(days=1)),
        ("@yearly", timedelta(days=365)),
        ("0 0 0 1 1 * 2030", None),
        ("0 0 0 1 1 * 2001", None),
        ("no schedule", None),
    ],
)
def test_shortest_gaps(schedule: str, gap: timedelta | None) -> None:
    assert shortest_gap(schedule) == gap


@pytest.mark.parametrize(
    ("schedule", "gap", "windows"),
    [
        ("@daily", timedelta(days=1), 1.0),
        ("@hourly", timedelta(hours=1), 24.0),
        ("0 */15 * * * *", timedelta(minutes=15), 96.0),
        ("* * * * * *", timedelta(seconds=1), 86_400.0),
        ("0 0 9-17 * * MON-FRI", timedelta(hours=1), 9 * 5 / 7),
        ("0 0 6,18 * * *", timedelta(hours=12), 2.0),
        ("@weekly", timedelta(days=7), 1 / 7),
        ("0 0 0 1 1 * 2030", None, 1 / 364),
        ("0 0 0 1 1 * 2001", None, None),
        ("no schedule", None, None),
    ],
)
def test_usual_gaps_and_how_many_windows_there_are(schedule: str, gap: timedelta | None, windows: float | None) -> None:
    assert usual_gap(schedule) == gap
    assert windows_a_day(schedule) == (None if windows is None else pytest.approx(windows))
