"""The bounded queue between those who bring messages and the writer."""

from __future__ import annotations

import queue
import threading
from contextlib import suppress

from scouter.errors import Unavailable
from scouter.ingest.messages.pending import PendingMessage

_CLOSED = None
_PATIENCE_SECONDS = 60.0  # the writer always goes on, to Postgres or to the spool


class WriteQueue:
    """Messages wait here for the writer. When it is full, those who bring more wait their turn."""

    def __init__(self, *, max_messages: int) -> None:
        self._queue: queue.Queue[PendingMessage | None] = queue.Queue(max_messages)
        self._is_closed = threading.Event()

    def submit(self, pending: PendingMessage) -> None:
        """Hand a message to the writer; then `wait` on it. Raises `Unavailable` when there is no place in time."""
        try:
            self._queue.put(pending, timeout=_PATIENCE_SECONDS)
        except queue.Full:
            raise Unavailable("the server does not keep up; nothing of this message was stored") from None

    def take(self, max_rows: int) -> list[PendingMessage] | None:
        """Wait for messages and take what is there, up to about `max_rows` rows. None: closed and empty."""
        taken: list[PendingMessage] = []
        rows = 0
        pending = self._next(wait=True)
        while pending is not _CLOSED:
            taken.append(pending)
            rows += pending.count
            pending = self._next(wait=False) if rows < max_rows else _CLOSED
        return taken or None

    def close(self) -> None:
        """No more messages come; the writer ends after the last one. Call when nobody calls `submit` any more."""
        self._is_closed.set()
        with suppress(queue.Full):  # then nobody waits in `take`
            self._queue.put_nowait(_CLOSED)

    def depth(self) -> int:
        return self._queue.qsize()

    def _next(self, *, wait: bool) -> PendingMessage | None:
        """None: there is none, or it is closed and was the last."""
        while True:
            try:
                pending = self._queue.get(block=wait and not self._is_closed.is_set())
            except queue.Empty:
                return _CLOSED
            if pending is not _CLOSED:
                return pending
