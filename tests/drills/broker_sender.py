"""Publishes numbered messages to Kafka or RabbitMQ and writes down which of them the broker has acknowledged.

Run as `numbered_sender`, of whose orders those with the address of a broker are for it. What the broker did not
acknowledge is not sent again: it may be there. A message is persistent, its queue durable, so that what was
acknowledged outlives the broker.
"""

from __future__ import annotations

import select
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol, TextIO

import pika
from kafka import KafkaProducer
from kafka.errors import KafkaError
from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.exceptions import AMQPError

from tests.drills import sent_messages
from tests.drills.numbered_messages import MessageMaker
from tests.drills.sender_order import SenderOrder
from tests.drills.sent_messages import Outcome, SentMessage

_TURN_SECONDS = 0.02
_MAX_UNDER_WAY = 200
_AWAY_SECONDS = 0.2

Acknowledge = Callable[[bool], None]


class Sending(Protocol):
    """One connection to a broker."""

    def send(self, body: bytes, acknowledge: Acknowledge) -> bool:
        """False: the broker is away, and nothing was sent."""

    def wait(self, seconds: float) -> None: ...

    def finish(self, seconds: float) -> None:
        """Until everything is acknowledged or has failed."""


class KafkaSending:
    """The library sends again what was not answered, in order and once: the broker knows its numbers."""

    def __init__(self, order: SenderOrder) -> None:
        self._topic = order.name
        self._under_way: deque[tuple[Any, Acknowledge]] = deque()
        self._producer = KafkaProducer(
            bootstrap_servers=order.address, acks="all", enable_idempotence=True, linger_ms=5, max_block_ms=60_000
        )

    def send(self, body: bytes, acknowledge: Acknowledge) -> bool:
        if len(self._under_way) >= _MAX_UNDER_WAY:
            return False
        try:
            self._under_way.append((self._producer.send(self._topic, body), acknowledge))
        except KafkaError:  # before anything was sent
            return False
        return True

    def wait(self, seconds: float) -> None:
        while self._under_way and self._under_way[0][0].is_done:
            sent, acknowledge = self._under_way.popleft()
            acknowledge(bool(sent.succeeded()))
        if len(self._under_way) >= _MAX_UNDER_WAY:
            time.sleep(seconds)

    def finish(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self._under_way and time.monotonic() < deadline:
            self.wait(_TURN_SECONDS)
            time.sleep(_TURN_SECONDS)
        for _, acknowledge in self._under_way:
            acknowledge(False)
        self._producer.close(timeout=1)


class RabbitSending:
    """Each message is confirmed before the next one is sent."""

    def __init__(self, order: SenderOrder) -> None:
        self._order = order
        self._connection: Any = None
        self._channel: Any = None
        self._away_until = 0.0

    def send(self, body: bytes, acknowledge: Acknowledge) -> bool:
        if not self._is_connected():
            return False
        try:
            persistent = pika.BasicProperties(delivery_mode=pika.DeliveryMode.Persistent)
            self._channel.basic_publish("", self._order.name, body, persistent, mandatory=True)
        except (AMQPError, OSError):  # maybe after the broker had it
            self._lose()
            acknowledge(False)
            return True
        acknowledge(True)
        return True

    def wait(self, seconds: float) -> None:
        """Everything is answered already."""

    def finish(self, seconds: float) -> None:
        if self._connection is not None and self._connection.is_open:
            self._connection.close()

    def _is_connected(self) -> bool:
        if self._connection is None and time.monotonic() > self._away_until:
            try:
                self._connection = pika.BlockingConnection(pika.URLParameters(self._order.address))
                self._channel = self._connection.channel()
                self._channel.confirm_delivery()
            except (AMQPError, AMQPConnectorException, OSError):
                self._lose()
        return self._connection is not None

    def _lose(self) -> None:
        self._connection = None
        self._away_until = time.monotonic() + _AWAY_SECONDS


class BrokerSender:
    def __init__(self, order: SenderOrder, ledger: TextIO) -> None:
        self._order = order
        self._ledger = ledger
        self._maker = MessageMaker(order)
        self._sending: Sending = RabbitSending(order) if order.address.startswith("amqp") else KafkaSending(order)
        self._made = 0
        self._latencies: list[float] = []

    def run(self, stop: TextIO) -> dict[str, float]:
        began, cpu_began = time.monotonic(), time.process_time()
        while not self._is_enough() and not select.select([stop], [], [], 0)[0]:
            self._turn(began)
        self._sending.finish(self._order.answer_seconds)
        self._ledger.flush()
        elapsed = time.monotonic() - began
        cpu = (time.process_time() - cpu_began) / elapsed
        return {"messages": self._made, "given_up": 0, "seconds": elapsed, "cpu": cpu, **self._spread()}

    def _is_enough(self) -> bool:
        return 0 < self._order.messages <= self._made

    def _turn(self, began: float) -> None:
        a_second = self._order.rows_a_second / self._order.records
        if a_second and self._made >= (time.monotonic() - began) * a_second:
            time.sleep(_TURN_SECONDS / 4)
        elif not self._send():
            time.sleep(_TURN_SECONDS)
        self._sending.wait(_TURN_SECONDS)

    def _send(self) -> bool:
        first, kind = self._order.first_number + self._made * self._order.records, self._maker.next_kind()
        sent_at = time.monotonic()

        def acknowledge(is_there: bool) -> None:
            self._latencies.append(time.monotonic() - sent_at)
            outcome = Outcome.STORED if is_there else Outcome.UNANSWERED
            sent_messages.write(SentMessage(first, self._order.records, kind, outcome), self._ledger)

        if not self._sending.send(self._maker.body(first, kind), acknowledge):
            return False
        self._made += 1
        return True

    def _spread(self) -> dict[str, float]:
        ordered = sorted(self._latencies) or [0.0]
        parts = (("p50_ms", 0.5), ("p99_ms", 0.99), ("longest_ms", 1.0))
        return {name: ordered[int((len(ordered) - 1) * part)] * 1000 for name, part in parts}
