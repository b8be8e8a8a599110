"""How far something is, in words and as a bar: values in, text out."""

from __future__ import annotations

import pytest

from scouter.runtime.how_far import HowFar, duration, pause_before_next_line

SOME = HowFar("archiving", 75.4, 3, 12, "days", "spc of 2026-10-18: 120000 records")


def test_a_line_says_how_much_of_how_much_and_what_it_is_at() -> None:
    assert SOME.line() == "archiving: 3 of 12 days, spc of 2026-10-18: 120000 records, 1 min 15 s so far"
    assert HowFar("starting", 2.3).line() == "starting: 2 s so far"
    assert HowFar("deleting", 7.0, 5000, unit="rows").line() == "deleting: 5000 rows, 7 s so far"
    assert SOME.end_line(is_whole=True) == "archiving: 3 of 12 days, done in 75.4 s"
    assert HowFar("starting", 2.34).end_line(is_whole=False) == "starting: broke off after 2.3 s"


def test_a_bar_shows_it() -> None:
    shown = SOME.bar(120)
    assert shown == "archiving [#####...............] 3 of 12 days, 1 min 15 s: spc of 2026-10-18: 120000 records"
    assert "[" not in HowFar("starting", 3.0).bar(120), "nobody knows how much there is"
    assert "[....................] 0 of 4" in HowFar("a", 3.0, 0, 4).bar(80)
    assert "[####################] 9 of 4" in HowFar("a", 3.0, 9, 4).bar(80), "more came than was expected"


@pytest.mark.parametrize("columns", [0, 1, 2, 3, 10, 20, 59, 60, 80, 300])
def test_a_bar_never_fills_the_last_column_of_a_terminal(columns: int) -> None:
    for detail in ("", "x" * 500, "名" * 50):
        shown = HowFar("archiving", 75.4, 3, 12, "days", detail).bar(columns)
        assert 0 < len(shown) < max(columns, 2)


def test_on_a_narrow_terminal_the_time_still_moves() -> None:
    waiting = HowFar("bringing the schema up to date", 3.0, detail="waits for session 4711 of Postgres")
    assert waiting.bar(24) == "bringing the schem~ 3 s"
    assert waiting.bar(44) == "bringing the schema up to date 3 s"
    assert waiting.bar(50) == "bringing the schema up to date 3 s: waits for se~"


def test_what_others_named_does_not_move_the_cursor() -> None:
    assert HowFar("a", 1.0, detail="\x1b[2J\r\n名").bar(80) == "a 1 s: ?[2J???"


def test_the_longer_it_takes_the_less_often_it_is_said() -> None:
    assert [pause_before_next_line(seconds) for seconds in (2, 20, 60, 10_000)] == [5, 5, 15, 60]


def test_times_are_as_people_say_them() -> None:
    assert [duration(seconds) for seconds in (0.4, 59.9, 60, 7322)] == ["0 s", "59 s", "1 min 0 s", "2 h 2 min"]
