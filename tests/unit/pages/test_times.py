"""Times as people say them, in the zone of whoever reads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest

from scouter.pages.text.times import ago, ahead, duration, moment, offset_text, span

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 26, 15, 37, tzinfo=UTC)  # 16:37 in Berlin, a Thursday


@pytest.mark.parametrize(
    ("back", "text"),
    [
        (timedelta(seconds=-3), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=2), "2 min ago"),
        (timedelta(hours=6), "6 h ago"),
        (timedelta(hours=24), "1 day ago"),
        (timedelta(days=12), "12 days ago"),
        (timedelta(days=80), "7 Sep"),
        (timedelta(days=800), "17 Sep 2024"),
    ],
)
def test_what_was_is_so_long_ago(back: timedelta, text: str) -> None:
    assert ago(NOW - back, NOW, BERLIN).text == text


@pytest.mark.parametrize(
    ("ahead_by", "text"),
    [
        (timedelta(seconds=-1), "now"),
        (timedelta(seconds=10), "in 1 min"),
        (timedelta(minutes=23), "in 23 min"),
        (timedelta(hours=5), "in 5 h"),
        (timedelta(hours=9, minutes=23), "tomorrow 02:00"),
        (timedelta(days=3, hours=9, minutes=23), "Mon 02:00"),
        (timedelta(days=10), "6 Dec 16:37"),
        (timedelta(days=365), "26 Nov 2027 16:37"),
    ],
)
def test_what_comes_is_so_far_ahead(ahead_by: timedelta, text: str) -> None:
    assert ahead(NOW + ahead_by, NOW, BERLIN).text == text


@pytest.mark.parametrize(
    ("when", "zone", "text"),
    [
        (datetime(2026, 11, 26, 9, tzinfo=UTC), BERLIN, "today 10:00"),
        (datetime(2026, 11, 25, 22, 30, tzinfo=UTC), BERLIN, "yesterday 23:30"),
        (datetime(2026, 11, 25, 23, 30, tzinfo=UTC), BERLIN, "today 00:30"),
        (datetime(2026, 11, 25, 23, 30, tzinfo=UTC), UTC, "yesterday 23:30"),
        (datetime(2026, 7, 1, 9, tzinfo=UTC), BERLIN, "1 Jul 11:00"),
        (datetime(2024, 3, 3, 8, 0, 5, tzinfo=UTC), BERLIN, "3 Mar 2024 09:00:05"),
    ],
)
def test_a_moment_is_named_by_its_day(when: datetime, zone: tzinfo, text: str) -> None:
    assert moment(when, NOW, zone).text == text


def test_a_time_carries_itself_for_programs_and_in_utc() -> None:
    said = moment(datetime(2026, 11, 26, 10, 30, tzinfo=BERLIN), NOW, BERLIN)
    assert (said.iso, said.title) == ("2026-11-26T09:30:00Z", "2026-11-26 09:30 UTC")


@pytest.mark.parametrize(
    ("start", "hours", "text"),
    [
        (datetime(2026, 11, 26, 14, tzinfo=UTC), 1, "15:00 to 16:00"),
        (datetime(2026, 11, 25, 14, tzinfo=UTC), 1, "25 Nov 15:00 to 16:00"),
        (datetime(2026, 11, 24, 22, tzinfo=UTC), 1, "24 Nov 23:00 to 25 Nov 00:00"),
    ],
)
def test_a_window_has_a_beginning_and_an_end(start: datetime, hours: int, text: str) -> None:
    assert span(start, start + timedelta(hours=hours), NOW, BERLIN).text == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0 s"),
        (0, "0 s"),
        (0.0001, "1 ms"),
        (0.045, "45 ms"),
        (45, "45 s"),
        (60, "1 min"),
        (3600, "1 h"),
        (5400, "1 h 30 min"),
        (86400, "24 h"),
        (1e6, "11 days"),
    ],
)
def test_durations_have_the_unit_that_people_use(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("zone", "text"),
    [("Europe/Berlin", "+1"), ("America/St_Johns", "\u22123:30"), ("Asia/Kathmandu", "+5:45"), ("UTC", "")],
)
def test_zones_say_how_far_from_utc_they_are(zone: str, text: str) -> None:
    assert offset_text(NOW, ZoneInfo(zone)) == text
