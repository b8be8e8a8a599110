"""Schedules: the golden vectors of the real clients, a brute-force evaluator, and what refusals say."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scouter.drift.schedules import Schedule
from scouter.errors import InvalidInput

GOLDEN = json.loads((Path(__file__).parents[1] / "contract" / "golden" / "cron.json").read_text())


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(("text", "accepted"), GOLDEN["accepted"].items())
def test_the_same_texts_are_accepted_as_by_the_clients(text: str, accepted: bool) -> None:
    if accepted:
        assert Schedule.parse(text).text == text
    else:
        with pytest.raises(InvalidInput) as refused:
            Schedule.parse(text)
        assert refused.value.field == "schedule"
        assert refused.value.value == repr(text)


@pytest.mark.parametrize("text", GOLDEN["common_crons"].values(), ids=GOLDEN["common_crons"])
def test_the_common_crons_of_the_clients_are_accepted_and_fire(text: str) -> None:
    assert Schedule.parse(text).next_after(instant("2026-01-01T00:00:00Z")) is not None


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: case["case"])
def test_the_next_instant_is_the_golden_one(case: dict[str, Any]) -> None:
    expected = None if case["next"] is None else instant(case["next"])
    assert Schedule.parse(case["schedule"]).next_after(instant(case["after"])) == expected


@pytest.mark.parametrize("case", [case for case in GOLDEN["cases"] if case["next"]], ids=lambda case: case["case"])
def test_the_latest_instant_mirrors_the_next_one(case: dict[str, Any]) -> None:
    schedule, next_instant = Schedule.parse(case["schedule"]), instant(case["next"])
    assert schedule.latest_at_or_before(next_instant) == next_instant
    assert schedule.latest_at_or_before(next_instant + timedelta(microseconds=1)) == next_instant
    earlier = schedule.latest_at_or_before(next_instant - timedelta(microseconds=1))
    assert earlier is None or earlier <= instant(case["after"])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("0 0 * * *", "there are 5 fields"),
        ("invalid", "knows no name 'invalid'|there is 1 field"),
        ("", "there are 0 fields"),
        ("0 60 * * * *", "minute 60 is outside 0-59"),
        ("0 30-10 * * * *", "minute range '30-10' runs backwards"),
        ("0 0 0 * * fri-mon", "day-of-week range 'fri-mon' runs backwards"),
        ("0 */60 * * * *", "minute step 60 is outside 1-59"),
        ("0 */0 * * * *", "minute step 0 is outside 1-59"),
        ("0 0 0 * * 0", "day-of-week 0 is outside 1-7"),
        ("0 0 0 * * MON/2", "a name cannot carry a step"),
        ("0 0 0 * * MON-3", "cannot read '-3' after 6 fields"),
        ("? 0 0 * * *", "'\\?' is for the two day fields, not for the second"),
        ("0 0 0 L * *", "day-of-month knows no name 'L'"),
        ("0 0 0 1 1 * 2101", "year 2101 is outside 1970-2100"),
        ("0 0 0 * * MON,, TUE", "cannot read ',,TUE' after 6 fields"),
        ("0 1, 0 * * *", "there are 5 fields"),
        ("@Daily", "no shorthand '@Daily'"),
        ("@reboot", "no shorthand '@reboot'"),
        ("0 0 0 * * " + "1," * 5000 + "1", "characters are too many"),
        ("0 0 0 ١ * *", "cannot read '١' after 3 fields"),
        ("0 " + "9" * 1500 + " 0 * * *", "is outside 0-59"),
    ],
)
def test_a_refusal_says_what_is_accepted_and_what_was_wrong(text: str, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem) as refused:
        Schedule.parse(text)
    assert "second minute hour day-of-month month day-of-week [year]" in refused.value.accepted


@pytest.mark.parametrize(
    ("spaced", "plain"),
    [
        ("0 0 0 * * MON, TUE", "0 0 0 * * MON,TUE"),
        ("0 1 ,2 0 * * *", "0 1,2 0 * * *"),
        ("0 1 - 5 0 * * *", "0 1-5 0 * * *"),
        ("0 */ 2 0 * * *", "0 */2 0 * * *"),
        ("0 1,\t2,\n3 0 * * *", "0 1,2,3 0 * * *"),
        ("0 0 0 *JAN*", "0 0 0 * JAN *"),
    ],
)
def test_space_around_signs_is_read_as_the_clients_read_it(spaced: str, plain: str) -> None:
    # Seen with the client 0.25.0, which keeps these texts instead of replacing them by its default.
    midsummer = instant("2025-06-21T00:00:00Z")
    schedule = Schedule.parse(spaced)
    assert schedule.text == spaced
    assert schedule.next_after(midsummer) == Schedule.parse(plain).next_after(midsummer)


def test_both_day_fields_must_match() -> None:
    first_monday = Schedule.parse("30 15 10 1-7 * MON").next_after(instant("2025-01-01T00:00:00Z"))
    assert first_monday == instant("2025-01-06T10:15:30Z")


def test_instants_in_other_zones_are_understood_and_answered_in_utc() -> None:
    noon_in_tokyo = datetime(2025, 1, 1, 12, tzinfo=timezone(timedelta(hours=9)))
    answer = Schedule.parse("0 0 * * * *").next_after(noon_in_tokyo)
    assert answer == instant("2025-01-01T04:00:00Z")
    assert answer is not None
    assert answer.tzinfo is UTC


def test_an_instant_without_a_zone_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Schedule.parse("@daily").next_after(datetime(2025, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize("text", ["* * * * * *", "0 0 0 31 12 * 2100", "@hourly"])
def test_the_ends_of_time_are_quiet(text: str) -> None:
    schedule = Schedule.parse(text)
    assert schedule.next_after(datetime.max.replace(tzinfo=UTC)) is None
    assert schedule.next_after(instant("2100-12-31T23:59:59Z")) is None
    assert schedule.latest_at_or_before(instant("1969-12-31T23:59:59Z")) is None
    assert schedule.latest_at_or_before(datetime.min.replace(tzinfo=UTC)) is None


@pytest.mark.quiet
@pytest.mark.parametrize(
    ("text", "after", "expected"),
    [
        ("0 0 0 29 2 1", "2004-03-01T00:00:00Z", "2032-02-29T00:00:00Z"),
        ("0 0 0 29 2 *", "2096-03-01T00:00:00Z", None),
        ("59 59 23 31 12 * 1970,2100", "1971-01-01T00:00:00Z", "2100-12-31T23:59:59Z"),
        ("0 0 0 31 2,4,6,9,11 *", "1970-01-01T00:00:00Z", None),
        ("0 0 0 30 2 MON", "1970-01-01T00:00:00Z", None),
    ],
)
def test_sparse_schedules_are_answered_quickly(text: str, after: str, expected: str | None) -> None:
    schedule = Schedule.parse(text)
    started = time.perf_counter()
    answer = schedule.next_after(instant(after))
    schedule.latest_at_or_before(instant("2100-12-31T23:59:59Z"))
    assert time.perf_counter() - started < 0.5
    assert answer == (None if expected is None else instant(expected))


# A deliberately simple second opinion: sets of values, every second in turn on the days that match.

HORIZON = timedelta(days=500)


@dataclass(frozen=True)
class FieldSets:
    text: str
    sets: tuple[frozenset[int], ...]

    def day_matches(self, day: date) -> bool:
        weekday = {6: 1, 0: 2, 1: 3, 2: 4, 3: 5, 4: 6, 5: 7}[day.weekday()]
        return day.day in self.sets[3] and day.month in self.sets[4] and weekday in self.sets[5]

    def next_after(self, after: datetime) -> datetime | None:
        start = after.replace(microsecond=0) + timedelta(seconds=1)
        return self.search(start, timedelta(seconds=1), lambda moment: moment - start < HORIZON)

    def latest_at_or_before(self, end: datetime) -> datetime | None:
        start = end.replace(microsecond=0)
        return self.search(start, timedelta(seconds=-1), lambda moment: start - moment < HORIZON)

    def search(self, moment: datetime, step: timedelta, within: Callable[[datetime], bool]) -> datetime | None:
        while within(moment):
            if not self.day_matches(moment.date()):
                edge = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
                moment = edge + timedelta(days=1) if step > timedelta() else edge - timedelta(seconds=1)
            elif all(part in self.sets[i] for i, part in enumerate((moment.second, moment.minute, moment.hour))):
                return moment
            else:
                moment += step
        return None


def fields(low: int, high: int) -> st.SearchStrategy[tuple[str, frozenset[int]]]:
    number = st.integers(low, high)
    everything = st.just(("*", frozenset(range(low, high + 1))))
    single = number.map(lambda n: (str(n), frozenset([n])))
    spans = st.tuples(number, number, st.integers(1, high)).map(lambda span: (*sorted(span[:2]), span[2]))
    ranges = spans.map(lambda span: (f"{span[0]}-{span[1]}", frozenset(range(span[0], span[1] + 1))))
    stepped = spans.map(lambda s: (f"{s[0]}-{s[1]}/{s[2]}", frozenset(range(s[0], s[1] + 1, s[2]))))
    started = spans.map(lambda s: (f"{s[0]}/{s[2]}", frozenset(range(s[0], high + 1, s[2]))))
    every = st.integers(1, high).map(lambda n: (f"*/{n}", frozenset(range(low, high + 1, n))))
    one = single | ranges | stepped | started | every
    lists = st.lists(one, min_size=2, max_size=3).map(
        lambda items: (",".join(text for text, _ in items), frozenset().union(*(values for _, values in items)))
    )
    return everything | one | lists


@st.composite
def field_sets(draw: st.DrawFn) -> FieldSets:
    bounds = [(0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (1, 7)]
    drawn = [draw(fields(low, high)) for low, high in bounds]
    return FieldSets(" ".join(text for text, _ in drawn), tuple(values for _, values in drawn))


INSTANTS = st.datetimes(datetime(1975, 1, 1), datetime(2095, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@settings(max_examples=60, deadline=None)
@given(field_sets(), INSTANTS)
def test_next_after_agrees_with_brute_force(sets: FieldSets, after: datetime) -> None:
    answer, expected = Schedule.parse(sets.text).next_after(after), sets.next_after(after)
    assert answer == expected or (expected is None and (answer is None or answer > after + HORIZON))


@settings(max_examples=60, deadline=None)
@given(field_sets(), INSTANTS)
def test_latest_at_or_before_agrees_with_brute_force(sets: FieldSets, end: datetime) -> None:
    answer, expected = Schedule.parse(sets.text).latest_at_or_before(end), sets.latest_at_or_before(end)
    assert answer == expected or (expected is None and (answer is None or answer <= end - HORIZON))


@settings(max_examples=200, deadline=None)
@given(field_sets(), INSTANTS)
def test_next_and_latest_are_inverse(sets: FieldSets, after: datetime) -> None:
    schedule = Schedule.parse(sets.text)
    following = schedule.next_after(after)
    if following is not None:
        assert schedule.latest_at_or_before(following) == following
        before = schedule.latest_at_or_before(following - timedelta(microseconds=1))
        assert before is None or before <= after


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="0123456789*?/-, \tMONJANfri@daily#LW", max_size=30) | st.text(max_size=30))
def test_any_text_parses_or_is_refused(text: str) -> None:
    try:
        schedule = Schedule.parse(text)
    except InvalidInput:
        return
    assert all(
        getattr(schedule, name) for name in ("seconds", "minutes", "hours", "days", "months", "weekdays", "years")
    )
