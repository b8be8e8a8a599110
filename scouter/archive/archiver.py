"""One pass of the archiver: what is old enough leaves the tables for files, what is too old leaves the files."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from scouter.archive.due import Due, due_days
from scouter.archive.freezing import freeze
from scouter.archive.marker import owner_of, require_marker
from scouter.archive.periods import ArchivePeriods
from scouter.archive.stores.store import ObjectStore
from scouter.errors import ArchiveFault
from scouter.postgres.connections.job_sessions import AlreadyUnderWay, JobSession, patient_session, reading_session
from scouter.postgres.connections.query_deadlines import QueryDeadlines
from scouter.postgres.settled_time import settled_time, settled_time_unread
from scouter.postgres.statements import Connection
from scouter.postgres.tables import manifest
from scouter.postgres.tables.manifest import ArchivePart
from scouter.postgres.tables.spools import installation
from scouter.runtime.private_files import make_private_directory
from scouter.runtime.progress import Progress, progress

if TYPE_CHECKING:  # whoever has nothing to archive does not load Arrow
    from scouter.archive.moving import Moved, Mover

log = logging.getLogger(__name__)

LOCK = "archive"
_LONGEST_READ = timedelta(hours=1)  # after that nobody reads a file that has expired


@dataclass(slots=True)
class Pass:
    """What one pass did. `busy`: another server was at it, and nothing was done."""

    busy: bool = False
    moved: list[Moved] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    due: Due | None = None
    expired: int = 0
    deleted: int = 0


class Archiver:
    """Makes passes. Any number of servers may have one: whoever holds the lock in Postgres works."""

    def __init__(
        self,
        conninfo: str,
        deadlines: QueryDeadlines,
        periods: ArchivePeriods,
        store: ObjectStore,
        directory: Path,
        now: Callable[[], datetime],
    ) -> None:
        """`directory`: for files on their way into the store."""
        self._conninfo = conninfo
        self._deadlines = deadlines
        self._periods = periods
        self._store = store
        self._directory = directory
        self._now = now
        self._stopping = threading.Event()
        self._is_stopping = self._stopping.is_set

    def request_stop(self) -> None:
        """Break off the pass under way, and every later one."""
        self._stopping.set()

    def plan(self) -> tuple[list[ArchivePart], Due]:
        """What a pass would do: parts to finish, and days to begin with."""
        with reading_session(self._conninfo, self._deadlines, LOCK) as session, session.connection() as connection:
            today = settled_time_unread(connection, self._now())
            return manifest.unfinished_parts(connection), self._due(connection, today, patient=False)

    def run(self, *, patient: bool) -> Pass:
        """Raises `StoreAway`, `DatabaseAway`, psycopg's errors or `Interrupted`; the next pass goes on where it was.

        `patient`: what came late for a day that is archived waits until more has come.
        """
        try:
            with patient_session(self._conninfo, self._deadlines, LOCK) as session:
                return self._run(session, patient=patient)
        except AlreadyUnderWay:
            return Pass(busy=True)

    def _run(self, session: JobSession, *, patient: bool) -> Pass:
        done = Pass()
        with session.connection() as connection:
            today = settled_time(connection, self._now())
        with session.connection() as connection:
            owner = installation(connection)
            unfinished = manifest.unfinished_parts(connection)
            done.due = self._due(connection, today, patient=patient)
            has_files = manifest.has_archived(connection)
        if unfinished or done.due.days:
            require_marker(self._store, owner, has_files=has_files)
            from scouter.archive.moving import Mover

            total = len(unfinished) + len(done.due.days)
            with self._on_the_way(owner.hex) as directory, progress(log, "archiving", total=total, unit="days") as step:
                mover = Mover(self._conninfo, session, self._store, owner_of(owner), directory, self._is_stopping)
                self._move_all(mover, self._parts(session, unfinished, done.due), done, step)
        self._expire(session, today, done)
        return done

    def _due(self, connection: Connection, today: datetime, *, patient: bool) -> Due:
        due = due_days(connection, self._periods, today, patient=patient)
        if due.need is not None:
            log.warning(
                "%d days are kept from the archive: checks of profile %s may need records since %s",
                *(len(due.held), due.need.uid, due.need.moment.isoformat()),
            )
        return due

    def _parts(self, session: JobSession, unfinished: list[ArchivePart], due: Due) -> Iterator[ArchivePart]:
        yield from unfinished
        for each in due.days:
            if self._is_stopping():
                return
            part = freeze(session, each, self._is_stopping)
            if part is not None:
                yield part

    def _move_all(self, mover: Mover, parts: Iterator[ArchivePart], done: Pass, step: Progress) -> None:
        for number, part in enumerate(parts):
            step.done = number
            try:
                moved = mover.move(part, step)
            except ArchiveFault as fault:
                log.warning("%s", fault.message)
                done.failed.append(fault.message)
                continue
            done.moved.append(moved)
            log.info(
                "archived %s of %s, part %d: %d records in %d bytes, %.1f s",
                *(part.kind, part.day, part.part, moved.rows, moved.bytes, moved.seconds),
            )

    @contextmanager
    def _on_the_way(self, owner: str) -> Iterator[Path]:
        """For files on their way. Nobody else uses it while we hold the lock: what is there was left by a kill."""
        directory = self._directory / owner
        shutil.rmtree(directory, ignore_errors=True)
        make_private_directory(directory)
        try:
            yield directory
        finally:
            shutil.rmtree(directory, ignore_errors=True)

    def _expire(self, session: JobSession, today: datetime, done: Pass) -> None:
        if self._periods.archive is None:
            return
        before = (today - timedelta(days=self._periods.archive)).astimezone(UTC).date()
        with session.connection() as connection:
            done.expired = manifest.expire(connection, before)
            expired = manifest.expired_files(connection, today - _LONGEST_READ)
        for file in expired:
            self._store.delete(file.path)
            with session.connection() as connection:
                manifest.forget_file(connection, file.id)
            done.deleted += 1
        if done.expired or done.deleted:
            log.info("%d parts of the archive have expired; deleted %d files", done.expired, done.deleted)
