"""Bringing the past in by the ordinary way of a message: validated, written, counted, kept when it is bad."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable

from scouter.auth.permissions import Caller
from scouter.demonstration.sent import Sent
from scouter.errors import ScouterError, Unavailable
from scouter.ingest.messages.inbound import InboundMessage
from scouter.ingest.messages.pending import PendingMessage
from scouter.ingest.pipeline import IngestPipeline

_AT_ONCE = 12  # messages on their way: the writer puts them into one transaction
_PATIENCE_SECONDS = 60.0
_LOOK_EVERY_SECONDS = 0.1


class Senders:
    """All services of the company."""

    def __init__(self, ingest: IngestPipeline, caller: Caller) -> None:
        self._ingest = ingest
        self._caller = caller
        self.records = 0

    def send(self, messages: Iterable[Sent]) -> None:
        """Raises whatever is wrong with one of them: they are ours."""
        waiting: deque[PendingMessage] = deque()
        for message in messages:
            waiting.append(self._accept(message))
            if len(waiting) > _AT_ONCE:
                self._wait(waiting.popleft())
        for pending in waiting:
            self._wait(pending)

    def send_mistakes(self, messages: Iterable[Sent]) -> None:
        """What is bad in each of them is told to its sender, who does not care."""
        for message in messages:
            try:
                self._accept(message).wait()
            except Unavailable:
                raise
            except ScouterError:
                continue

    def wait_for_spool(self) -> None:
        """On a slow disk some of it may have taken the way round. Raises `Unavailable`."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while any(account.spooled for account in self._ingest.ledger.accounts().values()):
            if time.monotonic() > deadline:
                raise Unavailable("the database takes too long to store the records of the demonstration")
            time.sleep(_LOOK_EVERY_SECONDS)

    def _accept(self, message: Sent) -> PendingMessage:
        return self._ingest.gateway.accept(InboundMessage("http", message.raw, self._caller, message.at))

    def _wait(self, pending: PendingMessage) -> None:
        self.records += pending.wait().records
