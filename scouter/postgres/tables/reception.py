"""Which servers take records by which way, and in which hours all of them could."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from scouter.policy.hour_set import HourSet
from scouter.policy.reception import Reception
from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("reception")

_EXPECTED = timedelta(days=1)  # so long a way in is missed that nobody reads any more
_FRESH = timedelta(seconds=150)  # two reports, and a moment


@dataclass(frozen=True, slots=True)
class WayIn:
    """One way by which a server takes records. `is_behind`: something that came by it waits to be stored."""

    transport: str
    is_up: bool
    is_behind: bool


@dataclass(frozen=True, slots=True)
class SeenReception:
    """As it was at the last look, and the database's time now."""

    reception: Reception
    now: datetime


@dataclass(frozen=True, slots=True)
class _Row:
    looked_at: datetime
    without_gap_since: datetime | None
    hours: str
    hours_from: datetime
    now: datetime


def report_receivers(connection: Connection, instance: UUID, ways: Sequence[WayIn]) -> None:
    """What that server says of itself."""
    _sql["report_receivers"].run(
        connection,
        instance=instance,
        transports=[way.transport for way in ways],
        up=[way.is_up for way in ways],
        behind=[way.is_behind for way in ways],
    )


def receives(connection: Connection) -> bool:
    """Whether everything that is sent now, by whichever way, is taken and stored."""
    _sql["forget_receivers"].run(connection, age=_EXPECTED)
    answer: bool = _sql["receives"].values(connection, fresh=_FRESH)[0]
    return answer


def reception(connection: Connection) -> SeenReception:
    row = _sql["reception"].one(connection, _Row)
    assert row is not None  # noqa: S101  # the migration wrote it
    watched = HourSet.parse(row.hours_from, row.hours)
    return SeenReception(Reception(row.looked_at, row.without_gap_since, watched), row.now)


def put_reception(connection: Connection, seen: Reception) -> None:
    _sql["put_reception"].run(
        connection,
        looked_at=seen.looked_at,
        without_gap_since=seen.without_gap_since,
        hours=seen.watched.text(),
        hours_from=seen.watched.first,
    )
