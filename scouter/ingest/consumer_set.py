"""The consumers of all brokers that are configured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from importlib.util import find_spec
from typing import Protocol

from scouter.errors import StartRefused
from scouter.ingest.consumers.batch_consumer import STORE_SECONDS, BatchConsumer
from scouter.ingest.consumers.consumer_thread import ConsumerThread
from scouter.ingest.consumers.status import ConsumerStatus, TransportStatus
from scouter.ingest.messages.inbound import Transport
from scouter.ingest.pipeline import IngestPipeline
from scouter.metrics import CONSUMER_LAG
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.runtime.health import HealthCheck, HealthState, thread_check
from scouter.runtime.metrics_collector import Gauge, labelled
from scouter.settings.kafka import KafkaSettings
from scouter.settings.rabbitmq import RabbitSettings
from scouter.settings.settings import Settings

_LIBRARIES: dict[Transport, tuple[str, str]] = {"kafka": ("kafka", "kafka-python"), "rabbitmq": ("pika", "pika")}


class Worker(Protocol):
    """One consumer: a thread that reads from a broker. The contract of every transport but HTTP.

    It stores through a `BatchConsumer`, each batch under a claim that only one consumer can make good, and tells the
    broker after the commit. It goes on whatever happens to the broker or to Postgres, and ends when what it is storing
    is stored.
    """

    status: ConsumerStatus
    thread: ConsumerThread

    def close(self) -> None: ...


def configured_transports(settings: Settings) -> list[Transport]:
    """Raises `StartRefused` when a library is missing."""
    wanted: list[Transport] = []
    if settings.kafka.brokers:
        wanted.append("kafka")
    if settings.rabbitmq.address is not None:
        wanted.append("rabbitmq")
    missing = [_LIBRARIES[each][1] for each in wanted if find_spec(_LIBRARIES[each][0]) is None]
    if missing:
        named = " and ".join(missing)
        extras = ",".join(each for each in wanted if _LIBRARIES[each][1] in missing)
        either = f"pip install {' '.join(missing)}, or with the server: pip install 'scouter-server[{extras}]'"
        raise StartRefused([f"the Python package {named} is not installed: {either}"])
    return wanted


class ConsumerSet:
    """Owns the workers of one server."""

    name = "consumers"

    def __init__(
        self,
        transports: Sequence[Transport],
        kafka: KafkaSettings,
        rabbitmq: RabbitSettings,
        ingest: IngestPipeline,
        connections: ConnectionSource,
        now: Callable[[], datetime],
    ) -> None:
        self._kafka = kafka
        self._rabbitmq = rabbitmq
        self._ingest = ingest
        self._connections = connections
        self._now = now
        make = {"kafka": self._kafka_workers, "rabbitmq": self._rabbit_workers}
        self._workers: dict[str, Sequence[Worker]] = {each: list(make[each]()) for each in transports}

    @property
    def workers(self) -> Sequence[Worker]:
        return [worker for workers in self._workers.values() for worker in workers]

    def statuses(self) -> list[TransportStatus]:
        return [
            TransportStatus(
                transport, any(each.status.is_up for each in workers), sum(each.status.lag for each in workers)
            )
            for transport, workers in self._workers.items()
        ]

    def start(self) -> None:
        for worker in self.workers:
            worker.thread.start()

    def request_stop(self) -> None:
        for worker in self.workers:
            worker.thread.request_stop()

    def join(self, deadline: float) -> bool:
        """Wait until each has finished what it is storing."""
        ended = [worker for worker in self.workers if worker.thread.join(deadline)]
        for worker in ended:
            worker.close()
        return len(ended) == len(self.workers)

    def health_checks(self) -> Iterable[HealthCheck]:
        for worker in self.workers:
            yield _thread_of(worker)
        for transport, workers in self._workers.items():
            yield _together(transport, workers)

    def metrics(self) -> Iterable[Gauge]:
        yield labelled(CONSUMER_LAG, lambda: ((each.status.name, each.status.lag) for each in self.workers))

    def _kafka_workers(self) -> Iterator[Worker]:
        from scouter.ingest.consumers.kafka.worker import KafkaWorker  # only when it is asked for: it costs memory

        for number in range(1, self._kafka.workers + 1):
            consumer = self._batch_consumer("kafka", number)
            yield KafkaWorker(number, self._kafka, consumer, self._connections, self._now)

    def _rabbit_workers(self) -> Iterator[Worker]:
        from scouter.ingest.consumers.rabbitmq.worker import RabbitWorker  # as above

        for number in range(1, self._rabbitmq.consumers + 1):
            consumer = self._batch_consumer("rabbitmq", number)
            yield RabbitWorker(number, self._rabbitmq, consumer, self._connections, self._now)

    def _batch_consumer(self, transport: Transport, number: int) -> BatchConsumer:
        ingest = self._ingest
        store = ingest.batch_store(f"{transport}-{number}", STORE_SECONDS)
        return BatchConsumer(transport, ingest.validator, store, ingest.ledger, ingest.breaker, self._connections)


def _thread_of(worker: Worker) -> HealthCheck:
    return thread_check(worker.status.name, [worker.thread])


def _together(transport: str, workers: Sequence[Worker]) -> HealthCheck:
    return HealthCheck(transport, lambda: _state_of(workers))


def _state_of(workers: Sequence[Worker]) -> HealthState:
    """Which of them is down, and since when."""
    down = [f"{worker.status.name} {worker.status.detail}" for worker in workers if not worker.status.is_up]
    behind = sum(worker.status.lag for worker in workers if worker.status.is_up)
    summary = f"{len(workers) - len(down)} of {len(workers)} consumers read, {behind} messages behind"
    return HealthState(not down, "; ".join([summary, *down]))
