"""One pass of maintenance: every matter is seen to, whatever becomes of the others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import psycopg

from scouter.maintenance.tasks import Matter
from scouter.metrics import MAINTENANCE_FAILURES
from scouter.postgres.connections.backend_sessions import database_time
from scouter.postgres.connections.errors import first_line
from scouter.postgres.connections.job_sessions import WorkSession

log = logging.getLogger(__name__)

_REST_SECONDS = 0.02  # between two transactions: others want the disk, too

Pause = Callable[[float], bool]  # waits so many seconds; true: stop


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one matter. `problem` is null when it is done, or was cut short by a stop."""

    matter: Matter
    count: int
    problem: str | None = None

    def __str__(self) -> str:
        words = self.matter.words(self.count, done=True)
        return f"{self.matter.name}: {words}" + (f"; failed: {self.problem}" if self.problem else "")


def maintain(session: WorkSession, matters: Iterable[Matter], now: datetime, pause: Pause) -> Iterator[Settled]:
    """See to one matter after the other. Ends early when it is to stop, and when the database is lost."""
    now = _earlier(session, now)
    for matter in matters:
        settled = _settle(session, matter, now, pause)
        yield settled
        if session.is_lost or pause(0):
            return


def plan(session: WorkSession, matters: Iterable[Matter], now: datetime) -> Iterator[str]:
    """What `maintain` would do. Changes nothing."""
    now = _earlier(session, now)
    for matter in matters:
        yield f"{matter.name}: {matter.words(matter.due(session, now), done=False)}"


def _settle(session: WorkSession, matter: Matter, now: datetime, pause: Pause) -> Settled:
    count = 0
    try:
        for step in matter.settle(session, now):
            count += step
            if pause(_REST_SECONDS):
                break
    except psycopg.errors.LockNotAvailable:
        return _failed(matter, count, "somebody else, such as a long query or a backup, is in the way")
    except psycopg.Error as problem:
        return _failed(matter, count, first_line(problem))
    except Exception as problem:  # one matter's trouble must not keep the others from being seen to
        log.exception("maintenance of %s failed in an unforeseen way", matter.name)
        return _failed(matter, count, type(problem).__name__)
    return Settled(matter, count)


def _failed(matter: Matter, count: int, problem: str) -> Settled:
    MAINTENANCE_FAILURES.labels(matter.name).inc()
    return Settled(matter, count, problem)


def _earlier(session: WorkSession, now: datetime) -> datetime:
    """Of two clocks the one that is behind: what a wrong one would delete too early cannot be had back."""
    with session.connection() as connection:
        return min(now, database_time(connection))
