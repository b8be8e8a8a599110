"""How close together the instants of a schedule come."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scouter.drift.schedule_gaps import shortest_gap


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
