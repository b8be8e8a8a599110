"""Counts that are said once an hour."""

from __future__ import annotations

from scouter.runtime.hourly_counts import HourlyCounts, in_words


def test_the_first_is_said_at_once_and_the_others_when_the_hour_is_over() -> None:
    counts = HourlyCounts()
    assert counts.due() == {}
    counts.add("a")
    assert counts.due() == {"a": 1}
    counts.add("a")
    counts.add("b", 3)
    assert counts.due() == {}
    counts._next = 0.0
    assert counts.due() == {"a": 1, "b": 3}
    assert counts.due() == {}
    counts.add("a")
    assert counts.rest() == {"a": 1}
    assert counts.rest() == {}


def test_kinds_that_somebody_makes_up_are_counted_together() -> None:
    counts = HourlyCounts()
    for number in range(1000):
        counts.add(f"kind {number}")
    said = counts.due()
    assert (len(said), said["others"], sum(said.values())) == (21, 980, 1000)
    assert in_words({"a": 1, "b": 2}) == "2 of b, 1 of a"
