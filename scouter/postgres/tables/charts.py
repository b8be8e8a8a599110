"""Chart queries: partial sums by feature and time bin. What is divided by what is decided in `scouter.drift`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("charts")


@dataclass(frozen=True, slots=True)
class ValueBin:
    """Values of one feature within one time bin: how many, their mean, their sum of squared deviations."""

    feature_id: int
    bin: datetime
    count: int
    mean: float
    m2: float


@dataclass(frozen=True, slots=True)
class CountBin:
    """How many observations of one feature fell into one profile bin within one time bin."""

    feature_id: int
    bin: datetime
    bin_id: int
    count: int


def value_bins(
    connection: Connection, records: str, entity_id: int, start: datetime, end: datetime, width: timedelta
) -> list[ValueBin]:
    """Rows of the table `records` with start <= created_at < end, in no order."""
    statement = _sql["value_bins"].on(records)
    return statement.all(connection, ValueBin, entity_id=entity_id, start=start, end=end, width=width)


def count_bins(
    connection: Connection, records: str, entity_id: int, start: datetime, end: datetime, width: timedelta
) -> list[CountBin]:
    """Rows of the table `records` with start <= created_at < end, in no order."""
    statement = _sql["count_bins"].on(records)
    return statement.all(connection, CountBin, entity_id=entity_id, start=start, end=end, width=width)
