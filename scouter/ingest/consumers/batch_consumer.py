"""What all consumers of brokers share: validate messages, store them with the claim on them, wait for Postgres.

A broker keeps what is not stored, so nothing goes to the spool: consumers wait.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import datetime

import psycopg

from scouter.auth.permissions import ADMIN_GROUP, Caller
from scouter.errors import DatabaseAway, Unavailable
from scouter.ingest.ledger.ledger import Ledger
from scouter.ingest.messages.batch import Batch, ValidatedMessage
from scouter.ingest.messages.inbound import InboundMessage, Transport
from scouter.ingest.storage.batch_finalizer import totals_of
from scouter.ingest.storage.batch_store import BatchClaim, BatchStore, NotOurs
from scouter.ingest.storage.rejection_limit import TooManyRejections
from scouter.ingest.validation.validator import Validator
from scouter.metrics import STORE_FAILURES
from scouter.postgres.connections.breaker import Breaker
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.connections.contention import contention
from scouter.postgres.connections.stale_transactions import end_stale_transactions

log = logging.getLogger(__name__)

STORE_SECONDS = 10.0  # a consumer that is silent for longer may be taken for dead by its broker
_REFUSED_PAUSE_SECONDS = 30.0
_LOCKED_PAUSE_SECONDS = 0.5
_GRACE_SECONDS = 2.0  # beyond the time after which the owner of a transaction has given it up

# Who may publish to a broker's queue is the broker's to say: messages carry no user.
PUBLISHER = Caller("broker", frozenset(), frozenset({ADMIN_GROUP}))


class BatchConsumer:
    """Belongs to one consumer's thread."""

    def __init__(
        self,
        transport: Transport,
        validator: Validator,
        store: BatchStore,
        ledger: Ledger,
        breaker: Breaker,
        connections: ConnectionSource,
    ) -> None:
        self._connections = connections
        self._transport = transport
        self._validator = validator
        self._store = store
        self._ledger = ledger
        self._breaker = breaker
        self._rests_until = 0.0  # on time.monotonic()

    @property
    def must_wait(self) -> bool:
        """Nothing can be stored now."""
        return self._breaker.is_open or time.monotonic() < self._rests_until

    def inbound(self, raw: bytes, received_at: datetime) -> InboundMessage:
        return InboundMessage(self._transport, raw, PUBLISHER, received_at)

    def validated(self, messages: Sequence[InboundMessage]) -> Batch | None:
        """A batch of them; None when the database cannot be asked now."""
        try:
            return Batch([ValidatedMessage(message, self._validator.result_of(message)) for message in messages])
        except Unavailable:
            return None
        except psycopg.Error as problem:
            if contention(problem) is None:
                self._breaker.trip(problem)
            else:
                self._rests_until = time.monotonic() + _LOCKED_PAUSE_SECONDS
            return None

    def store(self, batch: Batch, claim: BatchClaim) -> bool:
        """Whether it is stored; if not, try again once there is no need to wait. Raises `NotOurs`."""
        try:
            stored = self._store.store(batch, seconds=STORE_SECONDS, claim=claim)
        except NotOurs:
            raise
        except TooManyRejections:
            self._rests_until = time.monotonic() + _REFUSED_PAUSE_SECONDS
            return False
        except (psycopg.Error, Unavailable) as problem:
            if contention(problem) is not None:
                self._break_lock()
                return False
            STORE_FAILURES.labels("database_away").inc()
            self._breaker.trip(problem)
            return False
        self._ledger.settle(stored.totals)
        return True

    def _break_lock(self) -> None:
        """Another transaction is in the way; Postgres is well. A consumer's that is frozen would stay for ever."""
        STORE_FAILURES.labels("locked").inc()
        self._rests_until = time.monotonic() + _LOCKED_PAUSE_SECONDS
        try:
            with self._connections.connection() as connection:
                ended = end_stale_transactions(
                    connection, f"scouter {self._transport}-", STORE_SECONDS + _GRACE_SECONDS
                )
        except (psycopg.Error, DatabaseAway) as problem:
            log.debug("abandoned transactions are looked for later: %s", problem)
            return
        if ended:
            log.warning("ended %d transactions of consumers that are frozen or gone", ended)

    def was_stored(self, batch: Batch | None) -> None:
        """A commit that nobody had confirmed turns out to have gone through."""
        if batch is not None and batch.outcomes is not None:
            self._ledger.settle(totals_of(batch, batch.outcomes))

    def close(self) -> None:
        self._store.close()
