"""A channel on which messages arrive, as the settings want it."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

import pika
from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.exceptions import AMQPError, ChannelClosedByBroker

from scouter.settings.rabbitmq import RabbitSettings

# A broker that takes the connection and says nothing raises an error that is none of AMQP's.
BROKER_ERRORS = (AMQPError, AMQPConnectorException, OSError)

_NOT_FOUND = 404
_CONNECT_SECONDS = 10


def open_connection(settings: RabbitSettings) -> Any:
    """Raises `BROKER_ERRORS`."""
    parameters = pika.URLParameters(settings.address)
    if settings.cert_location is not None and parameters.ssl_options is not None:
        trusting = ssl.create_default_context(cafile=settings.cert_location)
        parameters.ssl_options = pika.SSLOptions(trusting, parameters.host)
    parameters.socket_timeout = _CONNECT_SECONDS
    parameters.stack_timeout = _CONNECT_SECONDS
    # While a batch is stored nobody answers heartbeats.
    parameters.heartbeat = 60
    parameters.blocked_connection_timeout = 60
    return pika.BlockingConnection(parameters)


def open_channel(connection: Any, settings: RabbitSettings, tag: str, deliver: Callable[..., None]) -> Any:
    """A channel that consumes every queue, each message to be acknowledged."""
    for queue in settings.queues:
        _ensure_queue(connection, queue)
    channel = connection.channel()
    channel.basic_qos(prefetch_count=settings.prefetch_count)
    for queue in settings.queues:
        channel.basic_consume(queue, deliver, auto_ack=False, consumer_tag=f"{tag}-{queue}")
    return channel


def require_answer(channel: Any, settings: RabbitSettings) -> None:
    """Raises `BROKER_ERRORS` unless the broker knows this channel now, and with it what it has delivered there.

    A question and its answer: to look for a lost connection is not enough, for it is lost behind all that came before.
    """
    channel.basic_qos(prefetch_count=settings.prefetch_count)  # as it is: the cheapest question there is


def _ensure_queue(connection: Any, queue: str) -> None:
    """Take the queue as it is; make it when it is not there.

    The published clients declare it non-durable. To one that differs they would not send at all.
    """
    channel = connection.channel()
    try:
        channel.queue_declare(queue, passive=True)
    except ChannelClosedByBroker as closed:
        if closed.reply_code != _NOT_FOUND:
            raise
        channel = connection.channel()
        channel.queue_declare(queue, durable=False)
    channel.close()
