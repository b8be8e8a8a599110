"""The tasks of maintenance: partitions ahead of time, and everything that goes when it is old."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from scouter.metrics import PARTITIONS_DROPPED, ROWS_EXPIRED
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.schema.detaching import drop, due_partitions
from scouter.postgres.schema.partitions import Partitions, missing_partitions
from scouter.postgres.schema.row_expiry import count_expired_rows, delete_expired_rows
from scouter.postgres.tables.idempotency import KEY_DAYS
from scouter.postgres.tables.rabbitmq_deliveries import DELIVERY_DAYS
from scouter.postgres.tables.records import RECEIPT_DAYS
from scouter.settings.settings import Settings


class Task(Protocol):
    """Something that has to be done again and again. It is done when there is nothing left to do."""

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


def tasks_of(settings: Settings) -> list[Task]:
    """All of them, in the order in which they are seen to. The README says what is kept how long."""
    return [
        PartitionsAhead(settings.records.partition_days_ahead),
        ExpiredPartitions("observability", "observability_record", settings.retention.observability_days),
        ExpiredRows("alerts", settings.retention.alert_days),
        # A receipt says of an alert how it was delivered, and goes with it at the latest.
        ExpiredRows("alert_deliveries", min(settings.checks.run_days, settings.retention.alert_days)),
        ExpiredRows("check_runs", settings.checks.run_days),
        ExpiredRows("late_arrivals", settings.checks.late_days + 1),
        ExpiredRows("batch_receipts", RECEIPT_DAYS),
        ExpiredRows("idempotency_keys", KEY_DAYS),
        ExpiredRows("rabbitmq_deliveries", DELIVERY_DAYS),
    ]
