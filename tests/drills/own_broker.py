"""A broker of the drill's own, what makes a server read from it, and what makes a sender publish to it."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path

from tests.brokers.kafka import KafkaBroker
from tests.brokers.rabbitmq import RabbitBroker
from tests.brokers.rabbitmq_messages import opened, publish

TRANSPORTS = ("http", "kafka", "rabbitmq")
_NAME = "drill"  # of topic and queue
_PARTITIONS = 4
_CONSUMERS = "2"


class OwnBroker:
    """It runs on entry. `environment` is for the server, `order` for senders."""

    def __init__(self, transport: str, directory: Path) -> None:
        self.transport = transport
        self.broker: KafkaBroker | RabbitBroker
        if transport == "kafka":
            self.broker = KafkaBroker(directory).start()
            self.broker.create_topic(_NAME, _PARTITIONS)
            self.environment: Mapping[str, str] = {
                "KAFKA_BROKERS": self.broker.address(),
                "KAFKA_TOPIC": _NAME,
                "KAFKA_WORKER_COUNT": _CONSUMERS,
            }
            self.order: Mapping[str, str] = {"address": self.broker.address(), "name": _NAME}
        else:
            self.broker = RabbitBroker(directory).start()
            with opened(self.broker.url()) as connection:
                publish(connection, _NAME, [])  # durable: what was acknowledged has to outlive the broker
            self.environment = {
                "RABBITMQ_ADDR": self.broker.url(),
                "RABBITMQ_QUEUE": _NAME,
                "RABBITMQ_CONSUMER_COUNT": _CONSUMERS,
                "RABBITMQ_PREFETCH_COUNT": "100",
            }
            self.order = {"address": self.broker.url(), "name": _NAME}

    def stop(self) -> None:
        self.broker.stop()


def add_transport(parser: ArgumentParser, *, but: str = "") -> None:
    chosen = [each for each in TRANSPORTS if each != but]
    parser.add_argument("--transport", choices=chosen, default=chosen[0])
