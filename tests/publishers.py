"""The same messages by every way in: HTTP, Kafka, RabbitMQ."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Protocol

from pika.exceptions import AMQPError

from tests.brokers.kafka import KafkaBroker
from tests.brokers.kafka_messages import producer
from tests.brokers.rabbitmq import RabbitBroker
from tests.brokers.rabbitmq_messages import opened
from tests.http_client import HttpClient


class Publisher(Protocol):
    """`environment` makes a server listen to it; `send` returns when the message is out of the sender's hands."""

    transport: str
    environment: Mapping[str, str]

    def aim_at(self, url: str) -> None: ...

    def send(self, raw: bytes) -> None: ...

    def close(self) -> None: ...


class HttpPublisher:
    transport = "http"
    environment: Mapping[str, str] = {}

    def aim_at(self, url: str) -> None:
        """The server that messages go to."""
        self._client = HttpClient(url).login()

    def send(self, raw: bytes) -> None:
        self._client.send("POST", "/scouter/message", raw)

    def close(self) -> None:
        self._client.close()


class KafkaPublisher:
    transport = "kafka"

    def __init__(self, broker: KafkaBroker, topic: str, *, partitions: int = 3) -> None:
        broker.create_topic(topic, partitions)
        self.topic = topic
        self.environment: Mapping[str, str] = {
            "KAFKA_BROKERS": broker.address(),
            "KAFKA_TOPIC": topic,
            "KAFKA_GROUP": f"group-of-{topic}",
            "KAFKA_WORKER_COUNT": "2",
        }
        self._producer = producer(broker.address(), max_request_size=32 * 2**20)

    def aim_at(self, url: str) -> None:
        """The server finds the topic by itself."""

    def send(self, raw: bytes) -> None:
        self.send_to(self.topic, raw)

    def send_to(self, topic: str, raw: bytes, partition: int | None = None) -> None:
        self._producer.send(topic, raw, partition=partition).get(timeout=20)

    def close(self) -> None:
        self._producer.close()


class RabbitPublisher:
    transport = "rabbitmq"

    def __init__(self, broker: RabbitBroker, queue: str) -> None:
        self.queue = queue
        self.environment: Mapping[str, str] = {
            "RABBITMQ_ADDR": broker.url(),
            "RABBITMQ_QUEUE": queue,
            "RABBITMQ_CONSUMER_COUNT": "2",
        }
        self._connection = opened(broker.url())
        self._channel = self._connection.channel()
        self._channel.queue_declare(queue, durable=False)  # as the published clients do
        self._channel.confirm_delivery()

    def aim_at(self, url: str) -> None:
        """The server finds the queue by itself."""

    def send(self, raw: bytes) -> None:
        self._channel.basic_publish("", self.queue, raw)

    def close(self) -> None:
        with suppress(AMQPError):  # tests break brokers
            self._connection.close()
