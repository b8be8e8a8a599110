"""Hours in which nothing is said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scouter.policy.identity import Signal
from scouter.policy.mutes import muted_until, read_mutes

NIGHT: dict[str, object] = {"from": "20:00", "to": "07:00", "zone": "Europe/Berlin"}
WEEKEND: dict[str, object] = {"days": ["sat", "sun"], "zone": "Europe/Berlin"}

FIRST = datetime(2026, 1, 1)  # noqa: DTZ001  # the strategy adds the zone


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def until(sent: list[dict[str, object]], moment: str, signal: Signal = Signal.psi) -> datetime | None:
    return muted_until(read_mutes(sent), signal, utc(moment))


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        ("2026-01-13 18:59", None),  # 19:59 in Berlin
        ("2026-01-13 19:00", "2026-01-14 06:00"),
        ("2026-01-14 05:59", "2026-01-14 06:00"),
        ("2026-01-14 06:00", None),
        ("2026-07-14 18:00", "2026-07-15 05:00"),  # in summer an hour earlier
        ("2026-03-28 22:00", "2026-03-29 05:00"),  # the night that is an hour shorter
        ("2026-10-24 22:00", "2026-10-25 06:00"),  # and the longer one
    ],
)
def test_a_night_runs_over_midnight_in_its_own_zone(moment: str, end: str | None) -> None:
    assert until([NIGHT], moment) == (None if end is None else utc(end))


def test_a_weekend_is_one_mute_and_goes_on_into_the_night_after_it() -> None:
    assert until([WEEKEND], "2026-01-17 12:00") == utc("2026-01-18 23:00")
    assert until([WEEKEND, NIGHT], "2026-01-17 12:00") == utc("2026-01-19 06:00")
    assert until([WEEKEND, NIGHT], "2026-01-16 19:30") == utc("2026-01-19 06:00")
    assert until([WEEKEND], "2026-01-16 12:00") is None


def test_days_and_times_together_belong_to_the_day_that_they_begin_on() -> None:
    friday_night: dict[str, object] = {"days": ["fri"], "from": "22:00", "to": "06:00"}
    assert until([friday_night], "2026-01-16 23:00") == until([friday_night], "2026-01-17 05:00")
    assert until([friday_night], "2026-01-17 23:00") is None
    assert until([friday_night], "2026-01-16 05:00") is None


def test_signals_that_are_exempt_are_told() -> None:
    mute = {**NIGHT, "except": ["failing", "silent"]}
    assert until([mute], "2026-01-13 23:00", Signal.failing) is None
    assert until([mute], "2026-01-13 23:00", Signal.silent) is None
    assert until([mute], "2026-01-13 23:00", Signal.blind) is not None


def test_a_mute_of_every_hour_is_looked_at_again_after_some_days() -> None:
    always: list[dict[str, object]] = [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}]
    end = until(always, "2026-01-13 12:00")
    assert end is not None
    assert timedelta(days=7) < end - utc("2026-01-13 12:00") < timedelta(days=10)


@given(
    moment=st.datetimes(FIRST, FIRST + timedelta(days=365), timezones=st.just(UTC)),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia"]),
    hours=st.tuples(st.integers(0, 23), st.integers(0, 23)),
)
def test_where_a_mute_ends_nothing_is_muted(moment: datetime, zone: str, hours: tuple[int, int]) -> None:
    mutes = read_mutes([{"from": f"{hours[0]:02}:00", "to": f"{hours[1]:02}:30", "zone": zone}])
    end = muted_until(mutes, Signal.psi, moment)
    if end is not None:
        assert end > moment
        assert muted_until(mutes, Signal.psi, end) is None
        assert muted_until(mutes, Signal.psi, end - timedelta(seconds=1)) == end
