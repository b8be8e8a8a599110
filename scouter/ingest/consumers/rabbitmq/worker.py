"""One RabbitMQ consumer in a thread of its own: a message is acknowledged after the commit, and stored once.

Between the commit and the moment in which the broker surely knows of it, a message is written down by its digest. If
the connection is lost in between the broker delivers it again, marked as redelivered, and whoever gets it finds it
there. A broker that crashes forgets the latest acknowledgements of persistent messages, and marks all that it still
has as redelivered: these are written down for some seconds longer.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate, takewhile
from math import ceil
from typing import Any
from uuid import UUID, uuid4

import psycopg

from scouter.errors import DatabaseAway
from scouter.ingest.consumers.batch_consumer import BatchConsumer
from scouter.ingest.consumers.consumer_thread import ConsumerThread
from scouter.ingest.consumers.rabbitmq.client import BROKER_ERRORS, open_channel, open_connection, require_answer
from scouter.ingest.consumers.status import ConsumerStatus
from scouter.ingest.messages.batch import Batch, ValidatedMessage
from scouter.ingest.messages.inbound import InboundMessage
from scouter.ingest.messages.results import Duplicate
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.statements import Connection
from scouter.postgres.tables.rabbitmq_deliveries import (
    add_deliveries,
    forget_deliveries,
    settle_deliveries,
    share_deliveries,
    take_over_delivery,
)
from scouter.settings.rabbitmq import RabbitSettings

log = logging.getLogger(__name__)

_TURN_SECONDS = 0.2
_GATHER_SECONDS = 0.005
_SYNC_SECONDS = 1.0
_MAX_BYTES = 4 * 2**20  # of a transaction
# A broker writes acknowledgements to its disk when it finds the time: up to 0.6 s later were seen under load.
_CRASH_SECONDS = 10.0
_PERSISTENT = 2


@dataclass(frozen=True, slots=True)
class _Delivery:
    number: int  # the delivery tag
    digest: bytes
    redelivered: bool
    persistent: bool
    message: InboundMessage


@dataclass(frozen=True, slots=True)
class _Acknowledged:
    """Everything up to this delivery tag, written down until then, on time.monotonic()."""

    number: int
    until: float


class RabbitWorker:
    """Owns the thread `rabbitmq N`. It connects, and connects again whatever happens to the broker."""

    def __init__(
        self,
        number: int,
        settings: RabbitSettings,
        batch_consumer: BatchConsumer,
        connections: ConnectionSource,
        now: Callable[[], datetime],
    ) -> None:
        self.status = ConsumerStatus(f"rabbitmq {number}")
        self._tag = f"{settings.consumer_tag}-{number}"
        self._settings = settings
        self._batch_consumer = batch_consumer
        self._connections = connections
        self._now = now
        self._session: UUID = uuid4()  # of one connection
        self._waiting: list[_Delivery] = []
        self._batch: Batch | None = None
        self._acknowledged: deque[_Acknowledged] = deque()  # in order, and still written down
        self._synced_at = 0.0
        self._depth = 0  # this consumer's share of the messages in the queues when we last asked
        self.thread = ConsumerThread(self.status, self._consume, BROKER_ERRORS)

    def close(self) -> None:
        """Once the thread has ended. What was not stored is delivered to the next consumer."""
        self._batch_consumer.close()

    def _consume(self) -> None:
        """Read until told to stop. Raises `BROKER_ERRORS` when the broker is away."""
        self._session, self._waiting, self._batch = uuid4(), [], None
        self._acknowledged.clear()
        connection = open_connection(self._settings)
        try:
            channel = open_channel(connection, self._settings, self._tag, self._deliver)
            channel.add_on_cancel_callback(self._cancelled)
            self._sync(channel)
            while not self.thread.is_stopping:
                self._turn(connection, channel)
            self._sync(channel)
        finally:
            with suppress(*BROKER_ERRORS):  # it may be lost already
                connection.close()

    def _turn(self, connection: Any, channel: Any) -> None:
        """Take what arrives, store it, acknowledge it. While nothing can be stored, the prefetch count bounds it."""
        must_wait = self._batch_consumer.must_wait
        connection.process_data_events(time_limit=_TURN_SECONDS if must_wait or not self._waiting else 0)
        self.status.up(self._depth + len(self._waiting))
        if self._waiting and not must_wait:
            self._store(connection, channel)
        self._sync_now_and_then(channel)

    def _store(self, connection: Any, channel: Any) -> None:
        if self._batch is None:
            self._gather(connection)
            self._batch = self._batch_consumer.validated([each.message for each in self._some()])
        if self._batch is not None and self._batch_consumer.store(self._batch, self._claim(channel, self._batch)):
            self._acknowledge(channel)

    def _gather(self, connection: Any) -> None:
        """The rest of what is on its way: a transaction costs the same for one message as for many."""
        deadline = time.monotonic() + _GATHER_SECONDS
        while len(self._waiting) < self._settings.prefetch_count and time.monotonic() < deadline:
            before = len(self._waiting)
            connection.process_data_events(time_limit=_GATHER_SECONDS / 2)
            if len(self._waiting) == before:
                return

    def _some(self) -> Sequence[_Delivery]:
        """The first of those in hand: a transaction has to end in time, and prefetch counts messages of any size."""
        sizes = accumulate(len(each.message.raw) for each in self._waiting)
        count = sum(1 for _ in takewhile(lambda size: size <= _MAX_BYTES, sizes))
        return self._waiting[: max(count, 1)]

    def _deliver(self, _: Any, method: Any, properties: Any, body: bytes) -> None:
        """Part of `process_data_events`."""
        digest = hashlib.sha256(f"{method.routing_key}\0{properties.message_id or ''}\0".encode() + body).digest()
        message = self._batch_consumer.inbound(body, self._now())
        persistent = properties.delivery_mode == _PERSISTENT
        self._waiting.append(_Delivery(method.delivery_tag, digest, method.redelivered, persistent, message))

    def _cancelled(self, _: Any) -> None:
        raise ConnectionError("the queue was deleted")

    def _claim(self, channel: Any, batch: Batch) -> Callable[[Connection], bool]:
        """Write the deliveries down; what is stored already is none of this batch's. Raises `BROKER_ERRORS`."""
        deliveries = self._waiting[: len(batch.messages)]
        validated = list(batch.messages)

        def claim(connection: Connection) -> bool:
            batch.messages = self._without_duplicates(connection, deliveries, validated)
            # They have to be ours still. A process that was stopped, or waited for Postgres, may have lost its
            # connection without having seen it; another consumer may then have stored them. From here on that one
            # waits for this transaction.
            require_answer(channel, self._settings)
            new = {
                delivery.number: delivery.digest
                for delivery, message in zip(deliveries, batch.messages, strict=True)
                if not isinstance(message.result, Duplicate)
            }
            add_deliveries(connection, self._session, new)
            return True

        return claim

    def _without_duplicates(
        self, connection: Connection, deliveries: Sequence[_Delivery], validated: Sequence[ValidatedMessage]
    ) -> list[ValidatedMessage]:
        if not any(delivery.redelivered for delivery in deliveries):
            share_deliveries(connection)
            return list(validated)
        settle_deliveries(connection)
        return [
            ValidatedMessage(message.inbound, Duplicate()) if self._is_stored(connection, delivery) else message
            for delivery, message in zip(deliveries, validated, strict=True)
        ]

    def _is_stored(self, connection: Connection, delivery: _Delivery) -> bool:
        return delivery.redelivered and take_over_delivery(connection, self._session, delivery.number, delivery.digest)

    def _acknowledge(self, channel: Any) -> None:
        count = len(self._batch.messages) if self._batch else 0
        done, self._waiting = self._waiting[:count], self._waiting[count:]
        self._batch = None
        channel.basic_ack(done[-1].number, multiple=True)
        kept = _CRASH_SECONDS if any(each.persistent for each in done) else 0.0
        self._acknowledged.append(_Acknowledged(done[-1].number, time.monotonic() + kept))

    def _sync_now_and_then(self, channel: Any) -> None:
        if time.monotonic() - self._synced_at > _SYNC_SECONDS:
            self._sync(channel)

    def _sync(self, channel: Any) -> None:
        """Ask how much there is: with its answer the broker has taken the acknowledgements that were sent before."""
        now = time.monotonic()
        answers = [channel.queue_declare(queue, passive=True).method for queue in self._settings.queues]
        self._synced_at = now
        self._depth = sum(ceil(answer.message_count / max(answer.consumer_count, 1)) for answer in answers)
        settled = [each.number for each in takewhile(lambda each: each.until <= now, self._acknowledged)]
        if not settled:
            return
        try:
            with self._connections.connection() as connection:
                forget_deliveries(connection, self._session, settled[-1])
        except (psycopg.Error, DatabaseAway) as problem:
            log.debug("deliveries are forgotten later: %s", problem)
            return
        for _ in settled:
            self._acknowledged.popleft()
