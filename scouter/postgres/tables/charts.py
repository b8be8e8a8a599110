"""Chart queries: partial sums by feature and time bin. What is divided by what is decided in `scouter.drift`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from scouter.postgres.huge_values import SCALES
from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("charts")


@dataclass(frozen=True, slots=True)
class ValueBin:
    """Values of one feature within one time bin: how many, their mean, their standard deviation with divisor n.

    The lowest and the highest are null unless they were asked for.
    """

    feature_id: int
    bin: datetime
    count: int
    mean: float
    deviation: float
    lowest: float | None = None
    highest: float | None = None


@dataclass(frozen=True, slots=True)
class CountBin:
    """How many observations of one feature fell into one profile bin within one time bin."""

    feature_id: int
    bin: datetime
    bin_id: int
    count: int


def value_bins(
    connection: Connection,
    records: str,
    entity_id: int,
    start: datetime,
    end: datetime,
    width: timedelta,
    *,
    feature_ids: Collection[int] | None = None,
    extremes: bool = False,
    huge: bool = False,
) -> list[ValueBin]:
    """Rows of the table `records` with start <= created_at < end, in no order; without `feature_ids`, of all features.

    Raises `TooHuge` for values that cannot be added up, unless `huge` ones are reckoned with: that takes longer.
    """
    statement = (_sql["huge_value_bins"] if huge else _sql["value_bins"]).on(records).reaching(extremes=extremes)
    return statement.all(
        connection,
        ValueBin,
        entity_id=entity_id,
        start=start,
        end=end,
        width=width,
        feature_ids=_list(feature_ids),
        **SCALES,
    )


def count_bins(
    connection: Connection,
    records: str,
    entity_id: int,
    start: datetime,
    end: datetime,
    width: timedelta,
    *,
    feature_ids: Collection[int] | None = None,
) -> list[CountBin]:
    """As `value_bins`, of a table of counts."""
    statement = _sql["count_bins"].on(records)
    return statement.all(
        connection,
        CountBin,
        entity_id=entity_id,
        start=start,
        end=end,
        width=width,
        feature_ids=_list(feature_ids),
    )


def _list(ids: Collection[int] | None) -> list[int] | None:
    return None if ids is None else list(ids)
