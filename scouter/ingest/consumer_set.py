"""The consumers of all brokers that are configured."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from importlib.util import find_spec
from typing import Protocol

from scouter.errors import StartRefused
from scouter.ingest.consumers.batch_consumer import STORE_SECONDS, BatchConsumer
from scouter.ingest.consumers.status import ConsumerStatus
from scouter.ingest.messages.inbound import Transport
from scouter.ingest.pipeline import Ingest
from scouter.postgres.connections.database_connections import DatabaseConnections
from scouter.settings.settings import Settings

_LIBRARIES: dict[Transport, tuple[str, str]] = {"kafka": ("kafka", "kafka-python"), "rabbitmq": ("pika", "pika")}


class Worker(Protocol):
    """One consumer: a thread that reads from a broker. The contract of every transport but HTTP.

    It stores through a `BatchConsumer`, each batch under a claim that only one consumer can make good, and tells the
    broker after the commit. It goes on whatever happens to the broker or to Postgres.
    """

    state: ConsumerStatus

    @property
    def alive(self) -> bool: ...

    def start(self) -> None: ...

    def ask_to_stop(self) -> None: ...

    def stop(self) -> None: ...


def wanted_transports(settings: Settings) -> list[Transport]:
    """What is configured. Raises `StartRefused` when a library is missing."""
    wanted: list[Transport] = []
    if settings.kafka_brokers:
        wanted.append("kafka")
    if settings.rabbitmq_addr is not None:
        wanted.append("rabbitmq")
    missing = [_LIBRARIES[each][1] for each in wanted if find_spec(_LIBRARIES[each][0]) is None]
    if missing:
        named = " and ".join(missing)
        raise StartRefused([f"the Python package {named} is not installed: pip install {' '.join(missing)}"])
    return wanted


class Consumers:
    """Owns the workers of one server."""

    def __init__(
        self,
        settings: Settings,
        transports: Sequence[Transport],
        ingest: Ingest,
        database_connections: DatabaseConnections,
        now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._ingest = ingest
        self._database_connections = database_connections
        self._now = now
        self._workers = {transport: list(self._made(transport)) for transport in transports}

    @property
    def transports(self) -> Sequence[Transport]:
        return list(self._workers)

    @property
    def workers(self) -> Sequence[Worker]:
        return [worker for workers in self._workers.values() for worker in workers]

    def of(self, transport: Transport) -> Sequence[Worker]:
        return self._workers[transport]

    def start(self) -> None:
        for worker in self.workers:
            worker.start()

    def stop(self) -> None:
        """All at once: each finishes what it is storing."""
        for worker in self.workers:
            worker.ask_to_stop()
        for worker in self.workers:
            worker.stop()

    def _made(self, transport: Transport) -> Iterator[Worker]:
        """Imports what the transport needs."""
        if transport == "kafka":
            from scouter.ingest.consumers.kafka.worker import KafkaWorker

            for number in range(1, self._settings.kafka_worker_count + 1):
                yield KafkaWorker(
                    number,
                    self._settings,
                    self._batch_consumer("kafka", number),
                    self._database_connections.quick,
                    self._now,
                )
        else:
            from scouter.ingest.consumers.rabbitmq.worker import RabbitWorker

            for number in range(1, self._settings.rabbitmq_consumer_count + 1):
                yield RabbitWorker(
                    number,
                    self._settings,
                    self._batch_consumer("rabbitmq", number),
                    self._database_connections.quick,
                    self._now,
                )

    def _batch_consumer(self, transport: Transport, number: int) -> BatchConsumer:
        ingest = self._ingest
        store = ingest.store(f"{transport}-{number}", STORE_SECONDS)
        return BatchConsumer(
            transport, ingest.validator, store, ingest.ledger, ingest.breaker, self._database_connections.quick
        )
