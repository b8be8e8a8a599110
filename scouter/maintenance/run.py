"""One pass of maintenance: every task is run, whatever becomes of the others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import psycopg

from scouter.maintenance.tasks import Task
from scouter.metrics import MAINTENANCE_FAILURES
from scouter.postgres.connections.errors import first_line
from scouter.postgres.connections.job_sessions import JobSession
from scouter.postgres.settled_time import settled_time, settled_time_unread
from scouter.runtime.progress import progress

log = logging.getLogger(__name__)

_REST_SECONDS = 0.02  # between two transactions: others want the disk, too

Pause = Callable[[float], bool]  # waits so many seconds; true: stop


@dataclass(frozen=True, slots=True)
class TaskResult:
    """What became of one task. `problem` is null when it is done, or was cut short by a stop."""

    task: Task
    count: int
    problem: str | None = None

    def __str__(self) -> str:
        words = self.task.words(self.count, done=True)
        return f"{self.task.name}: {words}" + (f"; failed: {self.problem}" if self.problem else "")


def maintain(session: JobSession, tasks: Iterable[Task], now: datetime, pause: Pause) -> Iterator[TaskResult]:
    """Run one task after the other. Ends early when it is to stop, and when the database is lost."""
    with session.connection() as connection:
        settled = settled_time(connection, now)
    for task in tasks:
        result = _run_task(session, task, settled if task.goes_by_age else now, pause)
        yield result
        if session.is_lost or pause(0):
            return


def plan(session: JobSession, tasks: Iterable[Task], now: datetime) -> Iterator[str]:
    """What `maintain` would do. Changes nothing."""
    with session.connection() as connection:
        settled = settled_time_unread(connection, now)
    for task in tasks:
        due = task.due(session, settled if task.goes_by_age else now)
        yield f"{task.name}: {task.words(due, done=False)}"


def _run_task(session: JobSession, task: Task, now: datetime, pause: Pause) -> TaskResult:
    count = 0
    try:
        with progress(log, f"maintenance of {task.name}") as step:
            for more in task.run(session, now):
                count += more
                step.detail = task.words(count, done=True)
                if pause(_REST_SECONDS):
                    break
    except psycopg.errors.LockNotAvailable:
        return _failed(task, count, "somebody else, such as a long query or a backup, is in the way")
    except psycopg.Error as problem:
        return _failed(task, count, first_line(problem))
    except Exception as problem:  # one task's trouble must not keep the others from being run
        log.exception("maintenance of %s failed in an unforeseen way", task.name)
        return _failed(task, count, type(problem).__name__)
    return TaskResult(task, count)


def _failed(task: Task, count: int, problem: str) -> TaskResult:
    MAINTENANCE_FAILURES.labels(task.name).inc()
    return TaskResult(task, count, problem)
