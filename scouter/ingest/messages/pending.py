"""A message on its way to the database, and the one who waits for it."""

from __future__ import annotations

import threading

from scouter.errors import Unavailable
from scouter.ingest.messages.inbound import InboundMessage
from scouter.ingest.messages.outcomes import Outcome
from scouter.ingest.messages.results import Accepted, ValidationResult

# Nothing in the way of a message takes as long: who waits longer would wait for a bug.
_PATIENCE_SECONDS = 120.0


class PendingMessage:
    """One message with its validation result. It is finished once; whoever sent it waits for that.

    Without a result, because the database could not be asked, it goes to the spool and is validated later.
    """

    def __init__(self, inbound: InboundMessage, result: ValidationResult | None) -> None:
        self.inbound = inbound
        self.result = result
        self.count = result.count if isinstance(result, Accepted) else 0  # of rows
        # A lock that is held until the end: as a one-time gate for one waiter it costs a tenth of an Event.
        self._undone = threading.Lock()
        self._undone.acquire()
        self._outcome: Outcome | None = None

    def finish(self, outcome: Outcome) -> None:
        """Only the first word counts: a batch that failed half-way has told some of its senders already."""
        if self._outcome is None:
            self._outcome = outcome
            self._undone.release()

    @property
    def is_finished(self) -> bool:
        return self._outcome is not None

    def wait(self) -> Outcome:
        """What became of it, once that is durable. Raises what its sender is to be told instead."""
        if not self._undone.acquire(timeout=_PATIENCE_SECONDS):
            raise Unavailable("nothing has confirmed this message in time; it may still be stored")
        assert self._outcome is not None  # noqa: S101  # who releases the lock has set it
        if self._outcome.error is not None:
            raise self._outcome.error.fresh_copy()  # all messages of a batch may share the one
        return self._outcome
