"""The time axis: midnights of the reader's zone are dates, and no date comes twice."""

from __future__ import annotations

import math
from datetime import UTC, datetime, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scouter.pages.charts.time_ticks import EARLIEST, LATEST, time_ticks

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "America/Havana",
    "America/St_Johns",
    "Pacific/Apia",
    "Africa/Cairo",
    "Antarctica/Troll",
    "Asia/Beirut",
)


def _texts(start: datetime, end: datetime, most: int = 14) -> list[str]:
    zone = start.tzinfo or UTC
    return [tick.text for tick in time_ticks(start.timestamp(), end.timestamp(), most, zone)]


def _at(zone: tzinfo, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=zone)  # type: ignore[misc,arg-type]


def test_a_week_has_dates_and_noons() -> None:
    texts = _texts(_at(BERLIN, 2026, 11, 19, 16, 37), _at(BERLIN, 2026, 11, 22, 16, 37), 6)
    assert texts == ["20 Nov", "12:00", "21 Nov", "12:00", "22 Nov", "12:00"]


def test_hours_of_one_day_begin_with_its_date() -> None:
    assert _texts(_at(BERLIN, 2026, 11, 26, 10), _at(BERLIN, 2026, 11, 26, 16), 4) == [
        "26 Nov 10:00",
        "12:00",
        "14:00",
        "16:00",
    ]


def test_seconds_are_said_where_minutes_do_not_tell_ticks_apart() -> None:
    assert _texts(_at(UTC, 2026, 1, 1, 10, 0, 1), _at(UTC, 2026, 1, 1, 10, 0, 12), 4) == ["1 Jan 10:00:05", "10:00:10"]


def test_months_and_years_replace_days_in_long_windows() -> None:
    assert _texts(_at(UTC, 2025, 8, 20), _at(UTC, 2026, 4, 10), 8)[2:5] == ["Nov", "Dec", "2026"]
    assert _texts(_at(UTC, 1999, 8, 20), _at(UTC, 2026, 4, 10), 6) == ["2000", "2005", "2010", "2015", "2020", "2025"]


def test_when_the_clock_is_put_forward_ticks_stay_on_local_hours() -> None:
    ticks = time_ticks(_at(BERLIN, 2026, 3, 28, 12).timestamp(), _at(BERLIN, 2026, 3, 30, 12).timestamp(), 8, BERLIN)
    assert [tick.text for tick in ticks] == [
        "12:00",
        "18:00",
        "29 Mar",
        "06:00",
        "12:00",
        "18:00",
        "30 Mar",
        "06:00",
        "12:00",
    ]
    assert [int(later.instant - earlier.instant) // 3600 for earlier, later in pairwise(ticks)][2] == 5


def test_when_the_clock_is_put_back_the_hour_is_there_twice_and_the_day_once() -> None:
    texts = _texts(_at(BERLIN, 2026, 10, 25, 0), _at(BERLIN, 2026, 10, 25, 4), 6)
    assert texts == ["25 Oct", "01:00", "02:00", "02:00", "03:00", "04:00"]


def test_a_day_that_begins_at_one_o_clock_has_its_date_there() -> None:
    beirut = ZoneInfo("Asia/Beirut")  # on 31 March 2024 the clock went from 0:00 to 1:00
    assert _texts(_at(beirut, 2024, 3, 30, 18), _at(beirut, 2024, 3, 31, 6), 5) == [
        "18:00",
        "21:00",
        "31 Mar",
        "03:00",
        "06:00",
    ]


def test_a_day_that_was_left_out_has_no_date() -> None:
    apia = ZoneInfo("Pacific/Apia")  # without 30 December 2011
    assert _texts(_at(apia, 2011, 12, 28), _at(apia, 2012, 1, 1), 5) == ["28 Dec", "29 Dec", "31 Dec", "1 Jan"]


@given(
    st.floats(min_value=EARLIEST, max_value=LATEST),
    st.floats(min_value=0, max_value=4e11),
    st.integers(2, 20),
    st.sampled_from(ZONES).map(ZoneInfo),
)
def test_ticks_ascend_within_the_window_and_no_date_stands_there_twice(
    start: float, length: float, most: int, zone: tzinfo
) -> None:
    ticks = time_ticks(start, start + length, most, zone)
    instants = [tick.instant for tick in ticks]
    assert instants == sorted(set(instants))
    assert all(start <= instant <= min(start + length, LATEST) for instant in instants)
    assert len(ticks) <= 2 * most + 4
    dates = [tick.text for tick in ticks if " " in tick.text and ":" not in tick.text]
    assert len(dates) == len(set(dates))


@given(st.floats(946684800, 1893456000), st.floats(3600, 40 * 86400), st.sampled_from(ZONES).map(ZoneInfo))
def test_a_tick_says_what_the_local_clock_says(start: float, length: float, zone: tzinfo) -> None:
    for tick in time_ticks(start, start + length, 10, zone):
        local = datetime.fromtimestamp(tick.instant, zone)
        said = f"{local:%H:%M}" if ":" in tick.text else str(local.day)
        assert said in tick.text


@pytest.mark.parametrize("edge", [math.nan, math.inf, -math.inf, 1e308, -1e308])
def test_no_instant_is_too_far(edge: float) -> None:
    time_ticks(edge, 0.0, 5, BERLIN)
    time_ticks(0.0, edge, 5, BERLIN)
