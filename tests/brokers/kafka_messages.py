"""Messages into a topic and out of it, as a test wants them: acknowledged, complete, in time. `more` is what the
clients of kafka-python are configured with besides."""

from __future__ import annotations

from contextlib import closing
from itertools import islice
from typing import Any

from kafka import KafkaConsumer, KafkaProducer

_SECONDS = 20


def producer(address: str, **more: Any) -> KafkaProducer:
    return KafkaProducer(bootstrap_servers=address, acks="all", **more)


def send(address: str, topic: str, values: list[bytes], **more: Any) -> None:
    """Returns when the broker has acknowledged all of them."""
    with closing(producer(address, **more)) as sender:
        for waiting in [sender.send(topic, value) for value in values]:
            waiting.get(timeout=_SECONDS)


def received(address: str, topic: str, count: int, **more: Any) -> list[bytes]:
    """The values of so many messages, or of those that came in time. In order within a partition."""
    return [record.value for record in records(address, topic, count, **more)]


def records(address: str, topic: str, count: int, **more: Any) -> list[Any]:
    """As kafka-python hands them out, from the first of each partition on, outside of any group."""
    reading = {"group_id": None, "auto_offset_reset": "earliest", "fetch_max_bytes": 64_000_000, **more}
    with closing(
        KafkaConsumer(topic, bootstrap_servers=address, consumer_timeout_ms=_SECONDS * 1000, **reading)
    ) as consumer:
        return list(islice(consumer, count))
