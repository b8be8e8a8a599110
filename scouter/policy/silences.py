"""Silences: for some time nothing is told about the problems that match."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from scouter.errors import InvalidInput
from scouter.policy.globs import matches_glob

LONGEST = timedelta(days=90)
LONGEST_VALUE = 1024
LONGEST_COMMENT = 2000
MOST_MATCHERS = 20


@dataclass(frozen=True, slots=True)
class SilenceSubject:
    """What silences are matched against."""

    space: str
    name: str
    version: str
    drift_type: str
    signal: str
    subject: str
    direction: str


FIELDS = tuple(field.name for field in fields(SilenceSubject))


class Comparison(StrEnum):
    equal = "="
    other = "!="
    glob = "glob"


_MATCHERS = (
    'a list of matchers such as {"field": "space", "is": "=", "value": "credit"}; fields: '
    f"{', '.join(FIELDS)}; is: {', '.join(Comparison)} (* and ?)"
)


class SilenceState(StrEnum):
    pending = "pending"
    active = "active"
    expired = "expired"


@dataclass(frozen=True, slots=True)
class Matcher:
    field: str
    comparison: Comparison
    value: str

    def matches(self, subject: SilenceSubject) -> bool:
        there: str = getattr(subject, self.field)
        if self.comparison is Comparison.glob:
            return matches_glob(self.value, there)
        return (there == self.value) == (self.comparison is Comparison.equal)


@dataclass(frozen=True, slots=True)
class Silence:
    id: UUID
    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime
    comment: str
    created_by: str

    def state(self, now: datetime) -> SilenceState:
        if now < self.starts_at:
            return SilenceState.pending
        return SilenceState.active if now < self.ends_at else SilenceState.expired

    def holds(self, subject: SilenceSubject, now: datetime) -> bool:
        """It is active, and all its matchers match."""
        return self.state(now) is SilenceState.active and matches_all(self.matchers, subject)


def matches_all(matchers: Iterable[Matcher], subject: SilenceSubject) -> bool:
    return all(matcher.matches(subject) for matcher in matchers)


def silenced_by(silences: Iterable[Silence], subject: SilenceSubject, now: datetime) -> Silence | None:
    """The one that holds it for longest; None: none does."""
    return max((each for each in silences if each.holds(subject, now)), key=lambda each: each.ends_at, default=None)


def exact_space(matchers: Iterable[Matcher]) -> str | None:
    """The only space that it can match. None: it may match several, which is an admin's to decide."""
    exact = (each.value for each in matchers if each.field == "space" and each.comparison is Comparison.equal)
    return next(exact, None)


def read_matchers(sent: object) -> tuple[Matcher, ...]:
    """From JSON. Raises `InvalidInput`."""
    if not isinstance(sent, Sequence) or isinstance(sent, str) or not 1 <= len(sent) <= MOST_MATCHERS:
        raise InvalidInput("matchers", sent, f"{_MATCHERS}; 1 to {MOST_MATCHERS} of them")
    return tuple(_matcher(each, f"matchers[{at}]") for at, each in enumerate(sent))


def write_matchers(matchers: Iterable[Matcher]) -> list[dict[str, str]]:
    return [{"field": each.field, "is": each.comparison.value, "value": each.value} for each in matchers]


def require_valid_span(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    """Raises `InvalidInput`. An extended silence counts from now on, so that one can go on for as long as somebody
    looks at it every 90 days.
    """
    if ends_at <= max(starts_at, now):
        raise InvalidInput("ends_at", ends_at.isoformat(), "a time that is still to come, and after starts_at")
    if ends_at - max(starts_at, now) > LONGEST:
        raise InvalidInput("ends_at", ends_at.isoformat(), f"a time at most {LONGEST.days} days after it begins")


def require_comment(comment: str) -> str:
    """Raises `InvalidInput`: whoever misses a message wants to know why."""
    if not comment.strip() or len(comment) > LONGEST_COMMENT or "\x00" in comment:
        raise InvalidInput("comment", comment, f"a text that says why, of at most {LONGEST_COMMENT} characters")
    return comment.strip()


def _matcher(sent: object, path: str) -> Matcher:
    if not isinstance(sent, Mapping) or set(sent) != {"field", "is", "value"}:
        raise InvalidInput(path, sent, _MATCHERS)
    if sent["field"] not in FIELDS:
        raise InvalidInput(f"{path}.field", sent["field"], f"one of {', '.join(FIELDS)}")
    if sent["is"] not in list(Comparison):
        raise InvalidInput(f"{path}.is", sent["is"], f"one of {', '.join(Comparison)}")
    value = sent["value"]
    if not isinstance(value, str) or len(value) > LONGEST_VALUE or "\x00" in value:
        raise InvalidInput(f"{path}.value", value, f"a text of at most {LONGEST_VALUE} characters")
    return Matcher(str(sent["field"]), Comparison(sent["is"]), value)
