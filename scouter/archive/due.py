"""Which days are to be archived now, and what keeps the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from scouter.archive.kinds import KINDS, Kind
from scouter.archive.periods import ArchivePeriods
from scouter.postgres.schema.detaching import due_partitions
from scouter.postgres.statements import Connection
from scouter.postgres.tables.manifest import Need, checks_need_from, recently_archived_days

_LATE_PAUSE = timedelta(days=1)  # between two parts of one day: what trickles in late makes one file, not many


@dataclass(frozen=True, slots=True)
class DueDay:
    kind: Kind
    day: date


@dataclass(frozen=True, slots=True)
class Due:
    """Days that go now, oldest first; those that are old enough and are still needed by checks, and by whose."""

    days: list[DueDay]
    held: list[DueDay]
    need: Need | None


def due_days(connection: Connection, periods: ArchivePeriods, now: datetime, *, patient: bool) -> Due:
    """A day goes as a whole. `patient`: what came late for an archived day waits for more of its kind."""
    before = (now - timedelta(days=periods.hot)).astimezone(UTC).date()
    need = checks_need_from(connection, now - timedelta(days=periods.late + 1))
    old = [
        DueDay(kind, day)
        for kind in KINDS.values()
        for day in _old_days(connection, kind, before, now - _LATE_PAUSE if patient else now)
    ]
    held = [each for each in old if need is not None and _end_of(each.day) > need.moment]
    going = sorted((each for each in old if each not in held), key=lambda each: each.day)
    return Due(going, held, need if held else None)


def _old_days(connection: Connection, kind: Kind, before: date, archived_since: datetime) -> list[date]:
    lately = recently_archived_days(connection, kind.name, archived_since)
    return [day for day in due_partitions(connection, kind.table, before) if day not in lately]


def _end_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
