"""Messages from RabbitMQ."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from scouter.settings import parsers as values
from scouter.settings.setting import setting


@dataclass(frozen=True, slots=True)
class RabbitSettings:
    title: ClassVar[str] = "RabbitMQ"

    address: str | None = setting(
        "RABBITMQ_ADDR", None, values.amqp_url, "amqp://user:password@host:5672/%2f. Unset: off."
    )
    consumers: int = setting("RABBITMQ_CONSUMER_COUNT", 3, values.integer(1, 1000), "Consumer threads.")
    prefetch_count: int = setting(
        "RABBITMQ_PREFETCH_COUNT", 10, values.integer(1, 65_535), "Messages in hand per consumer."
    )
    queues: tuple[str, ...] = setting(
        "RABBITMQ_QUEUE", ("scouter_monitoring",), values.comma_list, "Queues, separated by commas."
    )
    consumer_tag: str = setting("RABBITMQ_CONSUMER_TAG", "scouter", values.text, "Consumer tag.")
    cert_location: Path | None = setting("RABBITMQ_CERT_LOCATION", None, values.path, "CA certificates, for amqps.")
