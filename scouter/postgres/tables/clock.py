"""What the database's clock has shown so far."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("clock")


@dataclass(frozen=True, slots=True)
class ClockHistory:
    """`settled_at`: what goes because of its age is judged by this moment, which is never later than `seen_at`.

    `was_ahead_by`: times of the clock when it was ahead may be stored, and are to be set back.
    """

    seen_at: datetime
    steady_since: datetime
    settled_at: datetime
    was_ahead_by: timedelta | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    seen_at: datetime
    steady_since: datetime
    settled_at: datetime
    was_ahead_by: timedelta | None
    now: datetime

    @property
    def history(self) -> ClockHistory:
        return ClockHistory(self.seen_at, self.steady_since, self.settled_at, self.was_ahead_by)


def clock_history(connection: Connection, *, lock: bool) -> tuple[ClockHistory, datetime] | None:
    """It, and what the clock shows now; None when nobody has ever read it. `lock`: until the transaction ends."""
    statement = _sql["lock_clock"] if lock else _sql["read_clock"]
    row = statement.one(connection, _Row)
    return None if row is None else (row.history, row.now)


def put_clock_history(connection: Connection, history: ClockHistory) -> None:
    _sql["put_clock"].run(connection, **asdict(history))
