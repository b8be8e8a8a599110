"""Cron schedules in words. Only what reads well is put into words: of all else the page shows the schedule as it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from scouter.drift.schedules import Schedule
from scouter.errors import InvalidInput

_WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_ALL_SECONDS, _ALL_MINUTES, _ALL_HOURS = tuple(range(60)), tuple(range(60)), tuple(range(24))
_ALL_DAYS, _ALL_MONTHS, _ALL_WEEKDAYS = tuple(range(1, 32)), tuple(range(1, 13)), tuple(range(1, 8))
_ALL_YEARS = tuple(range(1970, 2101))
_MOST_TIMES = 6
_ORDINALS = {1: "1st", 2: "2nd", 3: "3rd", 21: "21st", 22: "22nd", 23: "23rd", 31: "31st"}


def schedule_in_words(text: str) -> str | None:
    """`every hour, on the hour (UTC)`; None where it is better shown as it is."""
    try:
        schedule = Schedule.parse(text)
    except InvalidInput:
        return None
    times, days = _times(schedule), _days(schedule)
    if times is None or days is None or schedule.years != _ALL_YEARS:
        return None
    if days == "every day" and times.startswith("every "):
        return f"{times} (UTC)"
    return f"{days}, {times} (UTC)" if times.startswith("every ") else f"{days} {times} (UTC)"


def next_checks(text: str, now: datetime, most: int = 3) -> list[datetime]:
    """The next instants of a schedule, in UTC; fewer when it ends, none when it cannot be read."""
    try:
        schedule = Schedule.parse(text)
    except InvalidInput:
        return []
    found: list[datetime] = []
    instant: datetime | None = now
    while len(found) < most and instant is not None:
        instant = schedule.next_after(instant)
        if instant is not None:
            found.append(instant)
    return found


def _times(schedule: Schedule) -> str | None:
    """The time of day: `every 15 minutes`, `at 02:00`."""
    if schedule.seconds != (0,):
        return _by_seconds(schedule)
    if schedule.hours == _ALL_HOURS:
        return _by_minutes(schedule.minutes)
    if len(schedule.minutes) == 1 and (step := _step(schedule.hours, 24)):
        return f"every {step} hours from 00:{schedule.minutes[0]:02}"
    clocks = [f"{hour:02}:{minute:02}" for hour in schedule.hours for minute in schedule.minutes]
    return f"at {_listed(clocks)}" if len(clocks) <= _MOST_TIMES else None


def _by_seconds(schedule: Schedule) -> str | None:
    if (schedule.minutes, schedule.hours) != (_ALL_MINUTES, _ALL_HOURS):
        return None
    if schedule.seconds == _ALL_SECONDS:
        return "every second"
    if step := _step(schedule.seconds, 60):
        return f"every {step} seconds"
    return f"every minute, at second {schedule.seconds[0]}" if len(schedule.seconds) == 1 else None


def _by_minutes(minutes: Sequence[int]) -> str | None:
    if minutes == _ALL_MINUTES:
        return "every minute"
    if step := _step(minutes, 60):
        return f"every {step} minutes"
    if len(minutes) == 1:
        return f"every hour, {_past(minutes[0])}"
    past = _listed([str(minute) for minute in minutes])
    return f"every hour, at {past} minutes past" if len(minutes) <= _MOST_TIMES else None


def _past(minute: int) -> str:
    if not minute:
        return "on the hour"
    return f"at {minute} {'minute' if minute == 1 else 'minutes'} past"


def _step(values: Sequence[int], of: int) -> int | None:
    """The distance of values that go evenly through an hour or a day, from 0 on."""
    step = values[1] if len(values) > 1 else 0
    return step if step > 1 and of % step == 0 and tuple(values) == tuple(range(0, of, step)) else None


def _days(schedule: Schedule) -> str | None:
    """The days: `every day`, `Monday to Friday`, `on the 1st and 15th of every month`."""
    every_day, every_weekday = schedule.days == _ALL_DAYS, schedule.weekdays == _ALL_WEEKDAYS
    if every_day and every_weekday:
        return _every_day(schedule.months)
    if every_day and schedule.months == _ALL_MONTHS:
        return _weekdays(schedule.weekdays)
    if every_weekday and len(schedule.days) <= _MOST_TIMES:
        return f"on the {_listed([_ordinal(day) for day in schedule.days])} of {_months(schedule.months)}"
    return None


def _every_day(months: Sequence[int]) -> str:
    return "every day" if months == _ALL_MONTHS else f"every day of {_months(months)}"


def _months(months: Sequence[int]) -> str:
    return "every month" if months == _ALL_MONTHS else _listed([_MONTHS[month - 1] for month in months])


def _weekdays(weekdays: Sequence[int]) -> str:
    if len(weekdays) > 2 and weekdays[-1] - weekdays[0] == len(weekdays) - 1:
        return f"{_WEEKDAYS[weekdays[0] - 1]} to {_WEEKDAYS[weekdays[-1] - 1]}"
    return f"every {_listed([_WEEKDAYS[day - 1] for day in weekdays])}"


def _ordinal(day: int) -> str:
    return _ORDINALS.get(day, f"{day}th")


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
