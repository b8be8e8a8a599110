"""How fast a server stores what waits for it in Kafka or RabbitMQ."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks import machine
from tests.benchmarks.messages import message
from tests.brokers.kafka import KafkaBroker
from tests.brokers.kafka_messages import producer
from tests.brokers.rabbitmq import RabbitBroker
from tests.brokers.rabbitmq_messages import opened
from tests.metrics_page import sample, samples_at
from tests.server_process import ServerProcess

TRANSPORTS = ("kafka", "rabbitmq")
DRAIN_BAR = 1.0  # of the rows a second over HTTP
PREFETCH = 500
_PARTITIONS = 6
_NAME = "bench"
_MESSAGES_A_SECOND = {1: 6000, 500: 250}  # about what is drained: a measurement is as long as is asked for
_PATIENCE_SECONDS = 300.0


@dataclass(frozen=True)
class Drained:
    """From the first message that was stored to the last."""

    transport: str
    records: int
    messages: int
    seconds: float

    @property
    def rows_a_second(self) -> float:
        return self.messages * self.records / self.seconds


def drain(
    transport: str, server: ServerProcess, uid: str, records: int, seconds: float, *, prefetch: int = PREFETCH
) -> Drained:
    """Publish first; then start the server again, on the same database, with the broker to read from."""
    count = round(_MESSAGES_A_SECOND[records] * seconds)
    before = _stored(server, transport)
    server.stop()
    with TemporaryDirectory(prefix="scouter-broker-") as folder:
        publish = _in_kafka if transport == "kafka" else _in_rabbitmq
        with publish(Path(folder), message(uid, records), count) as environment:
            reading = ServerProcess(server.directory, {**environment, "RABBITMQ_PREFETCH_COUNT": str(prefetch)})
            with reading:
                stored, took = _watch(reading, transport, before, count)
    server.start()
    return Drained(transport, records, stored, took)


def _watch(server: ServerProcess, transport: str, before: int, count: int) -> tuple[int, float]:
    """Messages and seconds between the first look at which something new was stored and the last."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    first, began = 0, 0.0
    while (new := _stored(server, transport) - before) < count:
        assert time.monotonic() < deadline, f"{new} of {count} messages were stored in time"
        if new and not first:
            first, began = new, time.monotonic()
        time.sleep(0.02)
    return count - first, time.monotonic() - began


def _stored(server: ServerProcess, transport: str) -> int:
    samples = samples_at(f"http://127.0.0.1:{server.port + 1}")
    return int(sample(samples, "scouter_messages_total", transport=transport, outcome="stored"))


@contextmanager
def _in_kafka(directory: Path, body: bytes, count: int) -> Iterator[Mapping[str, str]]:
    with KafkaBroker(directory) as broker:
        broker.create_topic(_NAME, _PARTITIONS)
        with closing(producer(broker.address(), linger_ms=20, batch_size=2**18)) as sender:
            for number in range(count):
                sender.send(_NAME, body, partition=number % _PARTITIONS)
            sender.flush()
        yield {"KAFKA_BROKERS": broker.address(), "KAFKA_TOPIC": _NAME}


@contextmanager
def _in_rabbitmq(directory: Path, body: bytes, count: int) -> Iterator[Mapping[str, str]]:
    """As the published clients do: transient messages in a queue that is not durable."""
    with RabbitBroker(directory) as broker:
        with opened(broker.url()) as connection:
            channel = connection.channel()
            channel.queue_declare(_NAME, durable=False)
            for _ in range(count):
                channel.basic_publish("", _NAME, body)
            while channel.queue_declare(_NAME, passive=True).method.message_count < count:
                connection.sleep(0.1)
        yield {"RABBITMQ_ADDR": broker.url(), "RABBITMQ_QUEUE": _NAME}


def report_drained(drained: list[Drained], over_http: Mapping[int, float]) -> None:
    """Against the rows a second that came over HTTP in the same run, by records a message."""
    for one in drained:
        rows = f"{one.transport}, {one.records} records a message: {one.rows_a_second:,.0f} rows/s"
        print(machine.verdict(f"{rows}, against HTTP", one.rows_a_second / over_http[one.records], DRAIN_BAR))
