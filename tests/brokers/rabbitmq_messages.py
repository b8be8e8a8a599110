"""Messages into a queue and out of it, as a test wants them: confirmed, complete, in time."""

from __future__ import annotations

import time
from typing import Any

import pika


def opened(url: str, **more: Any) -> pika.BlockingConnection:
    """`more` are pika's connection parameters."""
    parameters = pika.URLParameters(url)
    for name, value in more.items():
        setattr(parameters, name, value)
    return pika.BlockingConnection(parameters)


def publish(connection: pika.BlockingConnection, queue: str, bodies: list[bytes]) -> None:
    """Persistent messages into a durable queue; returns when the broker has confirmed all of them."""
    channel = connection.channel()
    channel.queue_declare(queue, durable=True)
    channel.confirm_delivery()
    for body in bodies:
        channel.basic_publish("", queue, body, pika.BasicProperties(delivery_mode=pika.DeliveryMode.Persistent))


def fetched(connection: pika.BlockingConnection, queue: str) -> list[bytes]:
    """What is in the queue at this moment, and then no more."""
    channel = connection.channel()
    found = iter(lambda: channel.basic_get(queue, auto_ack=True), (None, None, None))
    return [body for _, _, body in found]


def waited_for(
    connection: pika.BlockingConnection, queue: str, count: int, *, seconds: float = 20
) -> list[tuple[Any, Any, bytes]]:
    """So many messages with their delivery and their properties, once they have come."""
    channel = connection.channel()
    deadline = time.monotonic() + seconds
    found: list[tuple[Any, Any, bytes]] = []
    while len(found) < count:
        assert time.monotonic() < deadline, f"{len(found)} messages came, not {count}"
        delivery, properties, body = channel.basic_get(queue, auto_ack=True)
        if delivery is None:
            connection.sleep(0.02)
        else:
            found.append((delivery, properties, body))
    return found
