"""When a profile is checked: the cron dialect of the clients, evaluated in UTC.

A schedule is six or seven fields, `second minute hour day-of-month month day-of-week [year]`, or one of five words.
White space between fields may be left out where the text stays readable (`******` is every second), and may surround
commas, dashes and slashes: the clients accept that, so it arrives. Both day fields must match; 1 is Sunday.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from scouter.errors import InvalidInput

_ACCEPTED = (
    "six or seven fields 'second minute hour day-of-month month day-of-week [year]' of numbers, names, lists, a-b, a/n "
    "and *, or @hourly, @daily, @weekly, @monthly, @yearly"
)
_SHORTHANDS = {
    "@yearly": "0 0 0 1 1 *",
    "@monthly": "0 0 0 1 * *",
    "@weekly": "0 0 0 * * 1",
    "@daily": "0 0 0 * * *",
    "@hourly": "0 0 * * * *",
}
_MONTHS = [
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
]
_WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
_FIRST_YEAR, _LAST_YEAR = 1970, 2100
# A list of every second, minute and year fits easily; more than that is not a schedule a person wrote.
_LONGEST_TEXT = 2000

_ITEM = r"(?:[*?]|[0-9]+-[0-9]+|[A-Za-z]+-[A-Za-z]+|[0-9]+)(?:/[0-9]+)?|[A-Za-z]+"
_FIELD = re.compile(rf"(?:{_ITEM})(?:,(?:{_ITEM}))*")
_SPACE = re.compile(r"[ \t\r\n]+")
# The clients read `MON, TUE` and `1 - 5` as one field each.
_SPACED_SIGN = re.compile(r"[ \t\r\n]*([,/-])[ \t\r\n]*")


@dataclass(frozen=True)
class _FieldRule:
    """What one field may hold."""

    name: str
    lowest: int
    highest: int
    names: dict[str, int]
    takes_question_mark: bool = False


def _named(words: list[str], extra: dict[str, int]) -> dict[str, int]:
    numbered = list(enumerate(words, start=1))
    return {word: n for n, word in numbered} | {word[:3]: n for n, word in numbered} | extra


_RULES = (
    _FieldRule("second", 0, 59, {}),
    _FieldRule("minute", 0, 59, {}),
    _FieldRule("hour", 0, 23, {}),
    _FieldRule("day-of-month", 1, 31, {}, takes_question_mark=True),
    _FieldRule("month", 1, 12, _named(_MONTHS, {})),
    _FieldRule("day-of-week", 1, 7, _named(_WEEKDAYS, {"tues": 3, "thurs": 5}), takes_question_mark=True),
    _FieldRule("year", _FIRST_YEAR, _LAST_YEAR, {}),
)


@dataclass(frozen=True)
class Schedule:
    """The instants at which a profile is checked. Each field is the ascending tuple of the values that match.

    `text` is what was parsed, unchanged; `weekdays` count from 1 = Sunday.
    """

    text: str
    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    years: tuple[int, ...]

    @staticmethod
    def parse(text: str) -> Schedule:
        """The schedule that `text` describes; `InvalidInput` says which part cannot be read."""
        try:
            return Schedule(text, *_values_of(_fields(_written_out(text))))
        except _Unreadable as problem:
            raise InvalidInput("schedule", text, f"{_ACCEPTED}: {problem}") from None

    def next_after(self, instant: datetime) -> datetime | None:
        """The first instant strictly after `instant` (aware), in UTC; None when the schedule never fires again."""
        moment = _in_utc(instant)
        if moment.year > _LAST_YEAR:
            return None
        start = moment.replace(microsecond=0) + timedelta(seconds=1)
        for day in self._days_from(start.date()):
            earliest = _clock(start) if day == start.date() else (0, 0, 0)
            clock = self._first_clock(*earliest)
            if clock is not None:
                return datetime(day.year, day.month, day.day, *clock, tzinfo=UTC)
        return None

    def latest_at_or_before(self, instant: datetime) -> datetime | None:
        """The last instant at or before `instant` (aware), in UTC; None when the schedule had not fired by then."""
        end = _in_utc(instant)
        for day in self._days_until(end.date()):
            latest = _clock(end) if day == end.date() else (23, 59, 59)
            clock = self._last_clock(*latest)
            if clock is not None:
                return datetime(day.year, day.month, day.day, *clock, tzinfo=UTC)
        return None

    def _days_from(self, start: date) -> Iterator[date]:
        """Matching days from `start` on, ascending. Years and months that cannot match cost nothing."""
        for year in self.years[bisect_left(self.years, start.year) :]:
            for month in self.months:
                if (year, month) >= (start.year, start.month):
                    yield from (day for day in self._days_in(year, month) if day >= start)

    def _days_until(self, end: date) -> Iterator[date]:
        """Matching days up to `end`, descending."""
        for year in reversed(self.years[: bisect_right(self.years, end.year)]):
            for month in reversed(self.months):
                if (year, month) <= (end.year, end.month):
                    yield from (day for day in reversed(self._days_in(year, month)) if day <= end)

    def _days_in(self, year: int, month: int) -> list[date]:
        length = _month_length(year, month)
        days = [date(year, month, day) for day in self.days if day <= length]
        return [day for day in days if _weekday(day) in self.weekdays]

    def _first_clock(self, hour: int, minute: int, second: int) -> tuple[int, int, int] | None:
        """The first matching time of day at or after the given one: same minute, else same hour, else a later hour."""
        if hour in self.hours:
            if minute in self.minutes and (at := _first(self.seconds, second)) is not None:
                return hour, minute, at
            if (later := _first(self.minutes, minute + 1)) is not None:
                return hour, later, self.seconds[0]
        next_hour = _first(self.hours, hour + 1)
        return None if next_hour is None else (next_hour, self.minutes[0], self.seconds[0])

    def _last_clock(self, hour: int, minute: int, second: int) -> tuple[int, int, int] | None:
        """The mirror of `_first_clock`: the last matching time of day at or before the given one."""
        if hour in self.hours:
            if minute in self.minutes and (at := _last(self.seconds, second)) is not None:
                return hour, minute, at
            if (earlier := _last(self.minutes, minute - 1)) is not None:
                return hour, earlier, self.seconds[-1]
        previous_hour = _last(self.hours, hour - 1)
        return None if previous_hour is None else (previous_hour, self.minutes[-1], self.seconds[-1])


class _Unreadable(ValueError):
    """What precisely is wrong with a schedule text; `Schedule.parse` puts the accepted forms beside it."""


def _written_out(text: str) -> str:
    if len(text) > _LONGEST_TEXT:
        raise _Unreadable(f"{len(text)} characters are too many, {_LONGEST_TEXT} at most")
    bare = text.strip(" \t\r\n")
    if not bare.startswith("@"):
        return _SPACED_SIGN.sub(r"\1", bare)
    if bare not in _SHORTHANDS:
        raise _Unreadable(f"there is no shorthand {bare!r} (lower case only)")
    return _SHORTHANDS[bare]


def _fields(text: str) -> list[str]:
    """The fields in order. A field ends where its grammar ends, which is why white space between them is optional."""
    fields: list[str] = []
    position = 0
    while position < len(text):
        match = _FIELD.match(text, position)
        if match is None:
            raise _Unreadable(_stuck_at(text, position, len(fields)))
        fields.append(match.group())
        position = _end_of_space(text, match.end())
    if len(fields) not in (6, 7):
        raise _Unreadable(f"there {'is 1 field' if len(fields) == 1 else f'are {len(fields)} fields'}")
    return fields


def _stuck_at(text: str, position: int, done: int) -> str:
    rest = _SPACE.split(text[position:], maxsplit=1)[0]
    if rest.startswith("/") and position and text[position - 1].isalpha():
        return f"a name cannot carry a step ({rest!r}), write the number or a range of names"
    return f"cannot read {rest!r} after {done} field{'' if done == 1 else 's'}"


def _end_of_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return position if match is None else match.end()


def _values_of(fields: list[str]) -> list[tuple[int, ...]]:
    whole = fields if len(fields) == len(_RULES) else [*fields, "*"]
    return [_field_values(text, rule) for text, rule in zip(whole, _RULES, strict=True)]


def _field_values(text: str, rule: _FieldRule) -> tuple[int, ...]:
    return tuple(sorted({value for item in text.split(",") for value in _item_values(item, rule)}))


def _item_values(item: str, rule: _FieldRule) -> range:
    """The values of `*`, `?`, `a`, `a-b`, each with or without `/n`. A lone start with a step runs to the maximum."""
    base, slash, step_text = item.partition("/")
    if base in ("*", "?"):
        if base == "?" and not rule.takes_question_mark:
            raise _Unreadable(f"'?' is for the two day fields, not for the {rule.name}")
        low, high = rule.lowest, rule.highest
    else:
        low, high = _bounds(base, rule, open_ended=bool(slash))
    return range(low, high + 1, _step(step_text, rule) if slash else 1)


def _bounds(base: str, rule: _FieldRule, *, open_ended: bool) -> tuple[int, int]:
    first, dash, last = base.partition("-")
    low = _number(first, rule)
    if not dash:
        return low, rule.highest if open_ended else low
    high = _number(last, rule)
    if low > high:
        raise _Unreadable(f"{rule.name} range {base!r} runs backwards; ranges do not wrap around")
    return low, high


def _number(text: str, rule: _FieldRule) -> int:
    if text.isalpha():
        if text.lower() not in rule.names:
            raise _Unreadable(f"{rule.name} knows no name {text!r} (L, W, # and H are not supported)")
        return rule.names[text.lower()]
    if not rule.lowest <= int(text) <= rule.highest:
        raise _Unreadable(f"{rule.name} {text} is outside {rule.lowest}-{rule.highest}")
    return int(text)


def _step(text: str, rule: _FieldRule) -> int:
    if not 1 <= int(text) <= rule.highest:
        raise _Unreadable(f"{rule.name} step {text} is outside 1-{rule.highest}")
    return int(text)


def _in_utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(UTC)


def _clock(instant: datetime) -> tuple[int, int, int]:
    return instant.hour, instant.minute, instant.second


def _weekday(day: date) -> int:
    """1 = Sunday to 7 = Saturday, as the clients count."""
    return day.isoweekday() % 7 + 1


def _month_length(year: int, month: int) -> int:
    return (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day


def _first(values: tuple[int, ...], at_least: int) -> int | None:
    index = bisect_left(values, at_least)
    return values[index] if index < len(values) else None


def _last(values: tuple[int, ...], at_most: int) -> int | None:
    index = bisect_right(values, at_most)
    return values[index - 1] if index else None
