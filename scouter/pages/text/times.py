"""Times as texts, in the reader's zone. `now` comes in, so that a page speaks of one moment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo

from scouter.pages.text.numbers import MINUS, counted

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@dataclass(frozen=True, slots=True)
class TimeText:
    """What a `<time>` needs: `iso` for programs, `title` in UTC for whoever points at it, `text` to read."""

    iso: str
    title: str
    text: str


def moment(when: datetime, now: datetime, zone: tzinfo) -> TimeText:
    """An instant as people say it: `today 10:00`, `yesterday 23:30`, `25 Nov 11:00`, `3 Mar 2024 09:00`."""
    local = when.astimezone(zone)
    return _time_text(when, f"{_named_day(local, now.astimezone(zone))} {clock(local)}")


def to_the_minute(when: datetime, now: datetime, zone: tzinfo) -> TimeText:
    """As `moment`, for what a schedule or a person did: its seconds are for whoever points at it."""
    return replace(moment(when, now, zone), text=moment(when.replace(second=0, microsecond=0), now, zone).text)


def ago(when: datetime, now: datetime, zone: tzinfo) -> TimeText:
    """`just now`, `2 min ago`, `6 h ago`, `12 days ago`; after two months the date. Clocks may differ by a little."""
    return _time_text(when, _ago(when, now, zone))


def ahead(when: datetime, now: datetime, zone: tzinfo) -> TimeText:
    """`now`, `in 23 min`, `in 5 h`, `tomorrow 02:00`, `Sun 02:00`, `3 Dec 02:00`."""
    return _time_text(when, _ahead(when, now, zone))


def span(start: datetime, end: datetime, now: datetime, zone: tzinfo) -> TimeText:
    """A window: `15:00 to 16:00` of today, `25 Nov 15:00 to 16:00`, `25 Nov 23:00 to 26 Nov 00:00`."""
    first, last, today = (each.astimezone(zone) for each in (start, end, now))
    opening = clock(first) if first.date() == today.date() else f"{_date(first, today)} {clock(first)}"
    closing = clock(last) if last.date() == first.date() else f"{_date(last, today)} {clock(last)}"
    title = f"{_utc(start)} to {_utc(end)}"
    return TimeText(_iso(start), title, f"{opening} to {closing}")


def duration(seconds: float) -> str:
    """`45 ms`, `45 s`, `23 min`, `6 h`, `1 h 30 min`, `12 days`."""
    if 0 < seconds < 1:
        return f"{max(1, round(seconds * 1000))} ms"
    whole = max(0, round(seconds))
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min"
    hours, minutes = whole // _HOUR, whole % _HOUR // _MINUTE
    if whole < 2 * _DAY:
        return f"{hours} h {minutes} min" if minutes and hours < 6 else f"{hours} h"
    return counted(whole // _DAY, "day", "days")


def clock(local: datetime) -> str:
    """`09:05`; with seconds only where there are any."""
    return f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"


def offset_text(when: datetime, zone: tzinfo) -> str:
    """How far the zone is from UTC at that moment: `+1`, `-3:30`, empty for UTC itself."""
    minutes = round((when.astimezone(zone).utcoffset() or timedelta()).total_seconds() / 60)
    if not minutes:
        return ""
    hours, rest = divmod(abs(minutes), 60)
    sign = "+" if minutes > 0 else MINUS
    return f"{sign}{hours}" + (f":{rest:02}" if rest else "")


def _ago(when: datetime, now: datetime, zone: tzinfo) -> str:
    seconds = (now - when).total_seconds()
    if seconds < _MINUTE:
        return "just now"
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min ago"
    if seconds < _DAY:
        return f"{int(seconds // _HOUR)} h ago"
    if seconds < 60 * _DAY:
        return f"{counted(int(seconds // _DAY), 'day', 'days')} ago"
    return _date(when.astimezone(zone), now.astimezone(zone))


def _ahead(when: datetime, now: datetime, zone: tzinfo) -> str:
    seconds = (when - now).total_seconds()
    if seconds <= 0:
        return "now"
    if seconds < _HOUR:
        return f"in {max(1, round(seconds / _MINUTE))} min"
    local, today = when.astimezone(zone), now.astimezone(zone)
    if seconds < 12 * _HOUR and local.date() == today.date():
        return f"in {round(seconds / _HOUR)} h"
    if timedelta(days=1) < local.date() - today.date() < timedelta(days=7):
        return f"{_WEEKDAYS[local.weekday()]} {clock(local)}"
    return f"{_named_day(local, today)} {clock(local)}"


def _named_day(local: datetime, today: datetime) -> str:
    names = {0: "today", 1: "tomorrow", -1: "yesterday"}
    return names.get((local.date() - today.date()).days) or _date(local, today)


def _date(local: datetime, today: datetime) -> str:
    year = "" if local.year == today.year else f" {local.year}"
    return f"{local.day} {MONTHS[local.month - 1]}{year}"


def _time_text(when: datetime, text: str) -> TimeText:
    return TimeText(_iso(when), _utc(when), text)


def _iso(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _utc(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC".replace(":00 UTC", " UTC")
