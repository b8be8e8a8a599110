"""What is asked of Postgres when many records leave it, and the names that their ids stand for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import sql

from scouter.postgres.huge_values import SCALES
from scouter.postgres.statements import Connection, Statement, named_statements
from scouter.postgres.tables.features import Feature

_sql = named_statements("record_streams")


@dataclass(frozen=True, slots=True)
class NamedEntity:
    id: int
    uid: str
    space: str
    name: str
    version: str


def whole_table(records: str) -> str:
    """All rows of that table whose profile is there, sorted by uid and time."""
    return _written(_sql["whole_table"], records=sql.Identifier(records))


def window_of_one(records: str, entity_id: int, start: datetime, end: datetime) -> str:
    """Rows of one profile with start <= created_at < end, sorted by time."""
    return _written(_sql["window_of_one"], records=sql.Identifier(records), **_span(entity_id, start, end))


def values_of_one(records: str, entity_id: int, start: datetime, end: datetime) -> str:
    """Feature, moment and value of one profile's rows with start <= created_at < end, sorted by time."""
    return _written(_sql["values_of_one"], records=sql.Identifier(records), **_span(entity_id, start, end))


def window_counts_of_one(
    records: str, entity_id: int, first_moments: Sequence[datetime], start: datetime, end: datetime
) -> str:
    """Feature, window, bin, observations and rows. `first_moments` of windows that follow each other."""
    parts = {"first_moments": _moments(first_moments), **_span(entity_id, start, end)}
    return _written(_sql["window_counts_of_one"], records=sql.Identifier(records), **parts)


def window_means_of_one(
    records: str, entity_id: int, first_moments: Sequence[datetime], start: datetime, end: datetime, *, huge: bool
) -> str:
    """Feature, window, rows, mean and sample deviation; `huge`: whatever the values are, in more time."""
    parts = {"first_moments": _moments(first_moments), **_span(entity_id, start, end)}
    if huge:
        parts |= {name: sql.Literal(scale) for name, scale in SCALES.items()}
    statement = _sql["huge_window_means_of_one"] if huge else _sql["window_means_of_one"]
    return _written(statement, records=sql.Identifier(records), **parts)


def all_entities(connection: Connection) -> list[NamedEntity]:
    return _sql["all_entities"].all(connection, NamedEntity)


def names_of_features(connection: Connection, ids: Collection[int]) -> dict[int, str]:
    """A feature that is gone is not in the answer."""
    return {each.id: each.name for each in _sql["names_of_features"].all(connection, Feature, ids=list(ids))}


def _span(entity_id: int, start: datetime, end: datetime) -> dict[str, sql.Composable]:
    return {"entity_id": sql.Literal(entity_id), "start": sql.Literal(start), "end": sql.Literal(end)}


def _moments(moments: Sequence[datetime]) -> sql.Composable:
    return sql.Literal("{" + ",".join(moment.isoformat() for moment in moments) + "}")


def _written(statement: Statement, **parts: sql.Composable) -> str:
    text: str = sql.SQL(statement.text.decode()).format(**parts).as_string(None)
    return text
