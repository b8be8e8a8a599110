"""What stores batches: each in one transaction, once under its id however often it is tried."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from scouter.ingest.messages.batch import Batch
from scouter.ingest.messages.outcomes import Outcome, Totals
from scouter.postgres.statements import Connection

# Done in the same transaction, before anything else. False: somebody else has these messages, store nothing.
BatchClaim = Callable[[Connection], bool]


@dataclass(frozen=True, slots=True)
class Stored:
    """A committed transaction: the outcome of every message, in their order.

    `is_first` is false when the batch had been committed before, under the same id, and nothing was done now.
    """

    outcomes: Sequence[Outcome]
    totals: dict[str, Totals]  # by transport
    is_first: bool = True


class NotOurs(Exception):
    """The claim failed: another thread or server has taken these messages over. Nothing was stored."""


class BatchStore(Protocol):
    """It belongs to one thread at a time, which closes it."""

    def store(self, batch: Batch, *, seconds: float, claim: BatchClaim | None = None) -> Stored:
        """Store a batch in one transaction that takes at most about `seconds`.

        `batch.outcomes` is what the last try made of its messages that came as far as its commit. Raises psycopg's
        errors and `DatabaseAway` for trouble with the database, after which it is not known whether the batch is
        stored: try it again under the same id. Raises `NotOurs` and `TooManyRejections`.
        """

    def close(self) -> None: ...
