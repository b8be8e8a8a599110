"""What a dry run wants to know beside the records themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from scouter.policy.silences import Silence
from scouter.postgres.statements import Connection, named_statements
from scouter.postgres.tables.runs import CheckOutcome
from scouter.postgres.tables.silences import StoredSilence

_sql = named_statements("dry_runs")


@dataclass(frozen=True, slots=True)
class RecordedWindow:
    """The last check of one window."""

    window_start: datetime
    window_end: datetime
    outcome: CheckOutcome
    row_count: int


def limit_statements(connection: Connection, seconds: float) -> None:
    """Each one, until the end of the transaction."""
    _sql["limit_statements"].run(connection, milliseconds=max(round(seconds * 1000), 1))


def count_up_to(
    connection: Connection, records: str, entity_id: int, start: datetime, end: datetime, *, most: int
) -> int:
    """Rows of that table with start <= created_at < end; `most`, where there are more."""
    values = _sql["count_up_to"].on(records).values(connection, entity_id=entity_id, start=start, end=end, most=most)
    return int(values[0])


def recorded_windows(connection: Connection, entity_id: int, start: datetime, end: datetime) -> list[RecordedWindow]:
    """Of windows that end after `start` and by `end`, the oldest first."""
    return _sql["recorded_windows"].all(connection, RecordedWindow, entity_id=entity_id, start=start, end=end)


def checked_rows(connection: Connection, kind: str, entity_id: int, start: datetime, end: datetime) -> int:
    """How many records the checks of these windows saw, without days that are in the archive."""
    values = _sql["checked_rows"].values(connection, kind=kind, entity_id=entity_id, start=start, end=end)
    return int(values[0])


def archived_rows(connection: Connection, kind: str, entity_id: int, start: datetime, end: datetime) -> int:
    """About how many records with start <= created_at < end are in files: as if those of a file came evenly."""
    values = _sql["archived_rows"].values(connection, kind=kind, entity_id=entity_id, start=start, end=end)
    return int(values[0])


def silences_between(connection: Connection, start: datetime, end: datetime) -> list[Silence]:
    """All that held at any moment between these two."""
    return [row.silence for row in _sql["silences_between"].all(connection, StoredSilence, start=start, end=end)]


def newest_version(connection: Connection, space: str, name: str, drift_type: str) -> str | None:
    """Of the profiles of that name, an active one before others; None: there is none."""
    found: list[str] = _sql["newest_version"].values(connection, space=space, name=name, drift_type=drift_type)
    return found[0] if found else None
