"""Daily partitions of the record tables: made ahead of time by maintenance, and on demand by whoever writes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from psycopg import sql

from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.statements import Connection, maintenance_statement, named_statements
from scouter.runtime.progress import progress

log = logging.getLogger(__name__)

RECORD_TABLES = ("spc_record", "psi_record", "custom_record", "observability_record")

_sql = named_statements("partitions")


class Partitions:
    """Knows which partitions exist and makes the missing ones. Safe to use from any thread."""

    def __init__(self, connections: ConnectionSource) -> None:
        self._connections = connections
        self._known: frozenset[str] = frozenset()
        self._lock = threading.Lock()

    def ensure(self, wanted: Iterable[tuple[str, date]]) -> int:
        """Make sure that every (table, UTC day) has its partition. A set look-up when it has. How many were made."""
        missing = {partition_name(table, day): (table, day) for table, day in wanted}
        if missing.keys() <= self._known:
            return 0
        with self._lock:
            return self._make(missing)

    def ensure_ahead(self, now: datetime, days: int) -> int:
        """Partitions of all tables from yesterday to `days` after `now`. How many were missing."""
        return self.ensure(_around(now, range(-1, days + 1)))

    @property
    def known(self) -> int:
        """How many partitions this process knows to exist."""
        return len(self._known)

    def forget(self) -> None:
        """Ask the database again next time: somebody else may have removed a partition."""
        self._known = frozenset()

    def _make(self, wanted: dict[str, tuple[str, date]]) -> int:
        with (
            progress(log, "making partitions", unit="partitions") as step,
            self._connections.connection() as connection,
        ):
            _sql["lock_partitions"].run(connection)
            attached = set(_sql["attached_partitions"].values(connection, tables=list(RECORD_TABLES)))
            missing = sorted(wanted.keys() - attached)
            step.total, step.result = len(missing) or None, _made({name: wanted[name][1] for name in missing})
            for name in missing:
                _attach_new(connection, name, *wanted[name])
                step.advance()
        self._known = frozenset(attached | wanted.keys())
        return len(missing)


def partition_name(table: str, day: date) -> str:
    return f"{table}_{day:%Y%m%d}"


def missing_partitions(connection: Connection, now: datetime, days: Iterable[int] = (0, 1)) -> list[str]:
    """Which partitions are not there; `days` are counted from today: the default is today's and tomorrow's."""
    return _sql["missing_partitions"].values(connection, names=[partition_name(*each) for each in _around(now, days)])


def _around(now: datetime, days: Iterable[int]) -> list[tuple[str, date]]:
    today = now.astimezone(UTC).date()
    numbers = list(days)
    return [(table, today + timedelta(days=number)) for table in RECORD_TABLES for number in numbers]


def _made(days: dict[str, date]) -> str:
    """For the log, of the days of partitions by name; empty when there are none."""
    if len(days) > 1:
        return f"made {len(days)} partitions, for {min(days.values())} to {max(days.values())}"
    return "".join(f"made partition {name}" for name in days)


def _attach_new(connection: Connection, name: str, table: str, day: date) -> None:
    statement = sql.SQL(maintenance_statement("create_partition")).format(
        parent=sql.Identifier(table),
        partition=sql.Identifier(name),
        day=sql.Literal(_midnight(day)),
        next_day=sql.Literal(_midnight(day + timedelta(days=1))),
    )
    connection.execute(statement)
    log.debug("made partition %s", name)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
