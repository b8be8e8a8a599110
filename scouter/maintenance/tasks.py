"""The tasks of maintenance: partitions ahead of time, and everything that goes when it is old."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar, Protocol

from scouter.metrics import PARTITIONS_DROPPED, ROWS_EXPIRED
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.schema.detaching import drop, due_partitions
from scouter.postgres.schema.partitions import Partitions, missing_partitions
from scouter.postgres.schema.row_expiry import count_expired_rows, delete_expired_rows
from scouter.postgres.tables.ended_sessions import ENDED_SESSION_DAYS
from scouter.postgres.tables.idempotency import KEY_DAYS
from scouter.postgres.tables.profile_standings import count_behind, lock_profile, profiles_behind
from scouter.postgres.tables.rabbitmq_deliveries import DELIVERY_DAYS
from scouter.postgres.tables.records import RECEIPT_DAYS
from scouter.postgres.tables.silences import SILENCE_DAYS
from scouter.profiles.standings import refresh_standing
from scouter.settings.settings import Settings

_STANDINGS_AT_ONCE = 20  # in one transaction: some tens of milliseconds


class Task(Protocol):
    """Something that has to be done again and again. It is done when there is nothing left to do."""

    goes_by_age: ClassVar[bool]  # it deletes what is old: `now` is a moment that is believed

    @property
    def name(self) -> str: ...

    def due(self, connections: ConnectionSource, now: datetime) -> int:
        """How much there is to do. Changes nothing."""

    def run(self, connections: ConnectionSource, now: datetime) -> Iterator[int]:
        """Do it, step by step: each step is a transaction of its own, and says how much it did.

        Raises psycopg's errors. What the steps before have done stays done.
        """

    def words(self, count: int, *, done: bool) -> str:
        """So much was done, or is to be done."""


@dataclass(frozen=True, slots=True)
class PartitionsAhead:
    """Partitions that records will soon need."""

    goes_by_age: ClassVar[bool] = False
    days: int
    name: str = "partitions_ahead"

    def due(self, connections: ConnectionSource, now: datetime) -> int:
        with connections.connection() as connection:
            return len(missing_partitions(connection, now, range(-1, self.days + 1)))

    def run(self, connections: ConnectionSource, now: datetime) -> Iterator[int]:
        yield Partitions(connections).ensure_ahead(now, self.days)

    def words(self, count: int, *, done: bool) -> str:
        return f"{'made' if done else 'would make'} {count}"


@dataclass(frozen=True, slots=True)
class ExpiredPartitions:
    """Days that are dropped once they have been over for the whole period."""

    goes_by_age: ClassVar[bool] = True
    name: str
    table: str
    days: int

    def due(self, connections: ConnectionSource, now: datetime) -> int:
        return len(self._due(connections, now))

    def run(self, connections: ConnectionSource, now: datetime) -> Iterator[int]:
        for day in self._due(connections, now):
            with connections.connection() as connection:
                drop(connection, self.table, day)
            PARTITIONS_DROPPED.labels(self.table).inc()
            yield 1

    def words(self, count: int, *, done: bool) -> str:
        return f"{'dropped' if done else 'would drop'} {count} days older than {self.days} days"

    def _due(self, connections: ConnectionSource, now: datetime) -> list[date]:
        # Days before the one that the period begins in: it is kept whole.
        began = (now.astimezone(UTC) - timedelta(days=self.days)).date()
        with connections.connection() as connection:
            return due_partitions(connection, self.table, began)


@dataclass(frozen=True, slots=True)
class ExpiredRows:
    """Rows that are deleted at an age. The name is that of a file in `sql/maintenance`."""

    goes_by_age: ClassVar[bool] = True
    name: str
    days: int

    def due(self, connections: ConnectionSource, now: datetime) -> int:
        with connections.connection() as connection:
            return count_expired_rows(connection, self.name, self._before(now))

    def run(self, connections: ConnectionSource, now: datetime) -> Iterator[int]:
        for count in delete_expired_rows(connections, self.name, self._before(now)):
            ROWS_EXPIRED.labels(self.name).inc(count)
            yield count

    def words(self, count: int, *, done: bool) -> str:
        return f"{'deleted' if done else 'would delete'} {count} rows older than {self.days} days"

    def _before(self, now: datetime) -> datetime:
        return now - timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class StandingsBehind:
    """Profiles that do not know of their newest check: a server of before made it, or its window was put back."""

    goes_by_age: ClassVar[bool] = False
    name: str = "profile_standings"

    def due(self, connections: ConnectionSource, now: datetime) -> int:  # noqa: ARG002  # the same for all tasks
        with connections.connection() as connection:
            return count_behind(connection)

    def run(self, connections: ConnectionSource, now: datetime) -> Iterator[int]:  # noqa: ARG002  # as above
        last = 0
        while True:
            with connections.connection() as connection:
                behind = profiles_behind(connection, after=last, maximum=_STANDINGS_AT_ONCE)
                for entity_id in behind:
                    if lock_profile(connection, entity_id):
                        refresh_standing(connection, entity_id)
            yield len(behind)
            if len(behind) < _STANDINGS_AT_ONCE:
                return
            last = behind[-1]

    def words(self, count: int, *, done: bool) -> str:
        return f"{'brought' if done else 'would bring'} {count} profiles up to their newest check"


def tasks_of(settings: Settings) -> list[Task]:
    """All of them, in the order in which they are seen to. docs/explanation/retention.md says what is kept how long."""
    return [
        PartitionsAhead(settings.records.partition_days_ahead),
        ExpiredPartitions("observability", "observability_record", settings.retention.observability_days),
        ExpiredRows("alerts", settings.retention.alert_days),
        # A receipt says of an alert how it was delivered, and goes with it at the latest.
        ExpiredRows("alert_deliveries", min(settings.checks.run_days, settings.retention.alert_days)),
        ExpiredRows("check_runs", settings.checks.run_days),
        ExpiredRows("problem_events", settings.checks.run_days),
        ExpiredRows("problems", settings.checks.run_days),
        ExpiredRows("silences", SILENCE_DAYS),
        ExpiredRows("late_arrivals", settings.checks.late_days + 1),
        ExpiredRows("batch_receipts", RECEIPT_DAYS),
        ExpiredRows("idempotency_keys", KEY_DAYS),
        ExpiredRows("rabbitmq_deliveries", DELIVERY_DAYS),
        ExpiredRows("ended_sessions", ENDED_SESSION_DAYS),
        StandingsBehind(),
    ]
