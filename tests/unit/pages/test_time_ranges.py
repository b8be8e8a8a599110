"""Which time a page shows, and in how wide time bins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from scouter.errors import InvalidInput
from scouter.pages.charts.frame import LARGE, SMALL
from scouter.pages.text.time_ranges import TimeRange, field_text, time_range

NOW = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def test_lengths_end_now() -> None:
    assert time_range(None, None, None, NOW, UTC) == TimeRange(NOW - timedelta(days=7), NOW, "7d")
    assert time_range("6h", None, None, NOW, UTC).start == NOW - timedelta(hours=6)


def test_a_moment_without_a_zone_is_the_readers() -> None:
    found = time_range("6h", "2026-07-01T12:00", "2026-07-02T12:00", NOW, BERLIN)
    assert (found.start, found.end) == (datetime(2026, 7, 1, 10, tzinfo=UTC), datetime(2026, 7, 2, 10, tzinfo=UTC))
    assert field_text(found.start, BERLIN) == "2026-07-01T12:00"
    assert found.given() == {"from": "2026-07-01T10:00Z", "to": "2026-07-02T10:00Z"}
    assert time_range(None, "2026-07-01T12:00:05Z", None, NOW, BERLIN).given()["from"] == "2026-07-01T12:00:05Z"


def test_one_moment_alone() -> None:
    assert time_range(None, "2026-11-01", None, NOW, UTC).end == NOW
    assert time_range(None, None, "2026-11-08", NOW, UTC).start == datetime(2026, 11, 1, tzinfo=UTC)
    assert time_range(None, "2026-12-01", None, NOW, UTC).end == datetime(2026, 12, 8, tzinfo=UTC)


@pytest.mark.parametrize("text", ["yesterday", "0001-01-01", "9999-12-31T23:59", "2026-02-30", "1960-01-01", "1e9"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    for zone in (UTC, BERLIN):
        with pytest.raises(InvalidInput) as refused:
            time_range(None, text, None, NOW, zone)
        assert refused.value.field == "from"


def test_an_end_before_the_start_is_refused() -> None:
    with pytest.raises(InvalidInput):
        time_range(None, "2026-11-02", "2026-11-02", NOW, UTC)


@pytest.mark.parametrize("length", [timedelta(minutes=1), timedelta(days=1), timedelta(days=400), timedelta(days=9000)])
@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_no_more_bins_than_a_chart_shows(length: timedelta, size: object) -> None:
    assert size in (SMALL, LARGE)
    most = 120 if size is SMALL else 400
    width = TimeRange(NOW - length, NOW, None).width(most)
    assert width >= timedelta(minutes=1)
    assert length / width <= most - 1 or width == timedelta(minutes=1)


def test_widths_have_names() -> None:
    week = time_range("7d", None, None, NOW, UTC)
    assert week.bins(SMALL).width == timedelta(hours=2)
    assert week.bins(LARGE).width == timedelta(minutes=30)
    assert week.bins(LARGE, timedelta(hours=24)).width == timedelta(days=1)
    assert time_range("24h", None, None, NOW, UTC).bins(SMALL).width == timedelta(minutes=15)


def test_all_of_it_is_one_bin() -> None:
    window = time_range("30d", None, None, NOW, UTC).whole()
    assert (window.start - datetime(1970, 1, 1, tzinfo=UTC)) // window.width == 0
    assert (window.end - datetime(1970, 1, 1, tzinfo=UTC)) // window.width == 0
