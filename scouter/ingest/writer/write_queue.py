"""The bounded queue between those who bring messages and the writer."""

from __future__ import annotations

import queue

from scouter.errors import Unavailable
from scouter.ingest.messages.pending import PendingMessage

_CLOSED = None
_PATIENCE_SECONDS = 60.0  # the writer always goes on, to Postgres or to the spool


class WriteQueue:
    """Messages wait here for the writer. When it is full, those who bring more wait their turn."""

    def __init__(self, *, max_messages: int) -> None:
        self._queue: queue.Queue[PendingMessage | None] = queue.Queue(max_messages)

    def submit(self, pending: PendingMessage) -> None:
        """Hand a message to the writer; then `wait` on it. Raises `Unavailable` when there is no place in time."""
        try:
            self._queue.put(pending, timeout=_PATIENCE_SECONDS)
        except queue.Full:
            raise Unavailable("the server does not keep up; nothing of this message was stored") from None

    def take(self, max_rows: int) -> list[PendingMessage] | None:
        """Wait for messages and take what is there, up to about `most_rows` rows. None: closed and empty."""
        taken: list[PendingMessage] = []
        rows = 0
        pending = self._queue.get()
        while pending is not _CLOSED:
            taken.append(pending)
            rows += pending.count
            if rows >= max_rows:
                return taken
            try:
                pending = self._queue.get_nowait()
            except queue.Empty:
                return taken
        self._queue.put(_CLOSED)  # for the next call: what was taken before it is still to be stored
        return taken or None

    def close(self) -> None:
        """No more messages come; the writer ends after the last one. Call when nobody calls `submit` any more."""
        self._queue.put(_CLOSED)

    def depth(self) -> int:
        return self._queue.qsize()
