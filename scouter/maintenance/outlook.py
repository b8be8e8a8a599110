"""What maintenance would do now, for whoever looks: counted for a few seconds, and nothing is changed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg

from scouter.maintenance.tasks import Task
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.settled_time import settled_time_unread


@dataclass(frozen=True, slots=True)
class DueTask:
    """`words` say what would be done; None: it took too long to count."""

    name: str
    due: int
    words: str | None


def outlook(
    connections: ConnectionSource, tasks: Sequence[Task], now: datetime, *, seconds: float
) -> Iterator[DueTask]:
    """One for each task. Those for which there is no time left are not counted."""
    deadline = time.monotonic() + seconds
    with connections.connection() as connection:
        settled = settled_time_unread(connection, now)
    for task in tasks:
        if time.monotonic() > deadline:
            yield DueTask(task.name, 0, None)
            continue
        try:
            due = task.due(connections, settled if task.goes_by_age else now)
        except psycopg.errors.QueryCanceled:
            yield DueTask(task.name, 0, None)
            continue
        yield DueTask(task.name, due, task.words(due, done=False))
