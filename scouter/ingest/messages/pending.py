"""A message on its way to the database, and the one who waits for it."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from scouter.errors import Unavailable
from scouter.ingest.messages.inbound import Incoming
from scouter.ingest.messages.outcomes import Outcome
from scouter.ingest.messages.results import Good, Verdict

# Nothing in the way of a message takes as long: who waits longer would wait for a bug.
_PATIENCE_SECONDS = 120.0


class Submission:
    """One message with the verdict on it. It is finished once; whoever sent it waits for that.

    Without a verdict, because the database could not be asked, it goes to the spool and is judged later.
    """

    def __init__(self, incoming: Incoming, verdict: Verdict | None) -> None:
        self.incoming = incoming
        self.verdict = verdict
        self.count = verdict.count if isinstance(verdict, Good) else 0  # of rows
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
            raise self._outcome.error
        return self._outcome


@dataclass(frozen=True, slots=True)
class Judged:
    """A message with its verdict, as it goes into a transaction."""

    incoming: Incoming
    verdict: Verdict


class Batch:
    """Messages that share a transaction, under an id that stays the same however often it is tried."""

    def __init__(self, messages: Sequence[Judged], batch_id: uuid.UUID | None = None) -> None:
        self.id = batch_id or uuid.uuid4()
        self.messages = messages
        # What the last try that came as far as its commit made of them. Should the answer to the commit be lost and
        # the next try find the receipt, this is what became of them.
        self.fates: Sequence[Outcome] | None = None

    @property
    def count(self) -> int:
        """How many rows."""
        return sum(each.verdict.count for each in self.messages if isinstance(each.verdict, Good))
