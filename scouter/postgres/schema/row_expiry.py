"""Rows that are deleted by their age, a bounded number at a time.

One statement over a table that was never tidied up would hold its locks, and keep vacuum from cleaning anything in the
whole database, for minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.statements import Connection, named_statements

MAX_ROWS = 5000  # in one transaction: some tens of milliseconds


@dataclass(frozen=True, slots=True)
class _Deleted:
    rows: int
    last: datetime | None


def count_expired_rows(connection: Connection, task: str, before: datetime) -> int:
    """`task` is a file of `sql/maintenance`. How many rows are older than `before`."""
    count: int = named_statements(task, "maintenance")["count_due"].values(connection, before=before)[0]
    return count


def delete_expired_rows(
    connections: ConnectionSource, task: str, before: datetime, maximum: int = MAX_ROWS
) -> Iterator[int]:
    """Delete them, the oldest first, in one transaction after the other. Yields the number of rows of each.

    Rows that somebody else has locked are left for another time.
    """
    statement = named_statements(task, "maintenance")["delete_due"]
    # Each transaction begins where the last one ended: what lies before is dead, and would be walked through again.
    since: datetime | str = "-infinity"
    while True:
        with connections.connection() as connection:
            deleted = statement.one(connection, _Deleted, since=since, before=before, maximum=maximum)
        assert deleted is not None  # noqa: S101  # an aggregate has a row
        yield deleted.rows
        if deleted.rows < maximum or deleted.last is None:
            return
        since = deleted.last
