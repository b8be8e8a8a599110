"""A message on its way to the database, and the one who waits for it."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Collection, Sequence

from scouter.errors import ScouterError, Unavailable
from scouter.postgres.records import Rows

_WRITER_GRACE_SECONDS = 5.0  # the writer gives up by itself at the deadline, unless the database hangs


class Submission:
    """The rows of one message. The writer finishes it once; whoever sent it waits for that."""

    def __init__(self, rows: Sequence[Rows], *, deadline: float) -> None:
        self.rows = rows
        self.count = sum(part.count for part in rows)
        self.deadline = deadline  # on time.monotonic(): after it the sender has been told that it failed
        # A lock that is held until the end: as a one-time gate for one waiter it costs a tenth of an Event.
        self._undone = threading.Lock()
        self._undone.acquire()
        self._finished = False
        self._error: ScouterError | None = None

    def belongs_to(self, entity_ids: Collection[int]) -> bool:
        """Whether any of its rows belongs to one of these."""
        return any(part.entity_id in entity_ids for part in self.rows)

    def stored(self) -> None:
        self._finish(None)

    def failed(self, error: ScouterError) -> None:
        self._finish(error)

    def wait(self) -> None:
        """Return once the rows are committed. Raises what the writer says otherwise, or that it says nothing."""
        patience = self.deadline - time.monotonic() + _WRITER_GRACE_SECONDS
        if not self._undone.acquire(timeout=max(patience, 0.0)):
            raise Unavailable("the database did not confirm this message in time; it may still be stored")
        if self._error is not None:
            raise self._error

    def _finish(self, error: ScouterError | None) -> None:
        """Only the first word counts: a batch that failed half-way has told some of its senders already."""
        if not self._finished:
            self._finished = True
            self._error = error
            self._undone.release()


class Batch:
    """Submissions that share a transaction, under an id that stays the same however often it is tried."""

    def __init__(self, submissions: Sequence[Submission]) -> None:
        self.id = uuid.uuid4()
        self.submissions = submissions

    @property
    def rows(self) -> list[Rows]:
        return [rows for submission in self.submissions for rows in submission.rows]

    @property
    def count(self) -> int:
        """How many rows."""
        return sum(submission.count for submission in self.submissions)

    @property
    def deadline(self) -> float:
        return min(submission.deadline for submission in self.submissions)

    def stored(self) -> None:
        for submission in self.submissions:
            submission.stored()

    def failed(self, error: ScouterError) -> None:
        for submission in self.submissions:
            submission.failed(error)
