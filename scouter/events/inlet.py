"""The bounded queue between those who bring messages and the writer."""

from __future__ import annotations

import queue
import time

from scouter.errors import Unavailable
from scouter.events.submission import Submission
from scouter.postgres.records import Rows

_CLOSED = None


class Inlet:
    """Messages wait here for the writer. When it is full, those who bring more wait their turn."""

    def __init__(self, *, most_messages: int, store_seconds: float) -> None:
        self._queue: queue.Queue[Submission | None] = queue.Queue(most_messages)
        self._store_seconds = store_seconds

    def submit(self, rows: list[Rows]) -> Submission:
        """Hand rows to the writer; `wait` on what comes back. Raises `Unavailable` when there is no place in time."""
        submission = Submission(rows, deadline=time.monotonic() + self._store_seconds)
        try:
            self._queue.put(submission, timeout=self._store_seconds)
        except queue.Full:
            raise Unavailable("the database does not keep up; nothing of this message was stored") from None
        return submission

    def take(self, most_rows: int) -> list[Submission] | None:
        """Wait for messages and take what is there, up to about `most_rows` rows. None: closed and empty."""
        taken: list[Submission] = []
        rows = 0
        submission = self._queue.get()
        while submission is not _CLOSED:
            taken.append(submission)
            rows += submission.count
            if rows >= most_rows:
                return taken
            try:
                submission = self._queue.get_nowait()
            except queue.Empty:
                return taken
        self._queue.put(_CLOSED)  # for the next call: what was taken before it is still to be stored
        return taken or None

    def close(self) -> None:
        """No more messages come; the writer ends after the last one. Call when nobody calls `submit` any more."""
        self._queue.put(_CLOSED)

    def depth(self) -> int:
        return self._queue.qsize()
