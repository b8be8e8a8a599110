"""Messages that share a transaction."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from scouter.ingest.messages.inbound import InboundMessage
from scouter.ingest.messages.outcomes import Outcome
from scouter.ingest.messages.results import Accepted, ValidationResult


@dataclass(frozen=True, slots=True)
class ValidatedMessage:
    """A message with its validation result, as it goes into a transaction."""

    inbound: InboundMessage
    result: ValidationResult


class Batch:
    """Messages that share a transaction, under an id that stays the same however often it is tried."""

    def __init__(
        self, messages: Sequence[ValidatedMessage], batch_id: uuid.UUID | None = None, *, has_waited: bool = False
    ) -> None:
        """`has_waited`: in a spool or in quarantine, since they were received."""
        self.id = batch_id or uuid.uuid4()
        self.messages = messages
        self.has_waited = has_waited
        # What the last try that came as far as its commit made of them. Should the answer to the commit be lost and
        # the next try find the receipt, this is what became of them.
        self.outcomes: Sequence[Outcome] | None = None

    @property
    def count(self) -> int:
        """How many rows."""
        return sum(each.result.count for each in self.messages if isinstance(each.result, Accepted))
