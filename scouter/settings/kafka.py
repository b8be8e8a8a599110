"""Messages from Kafka."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from scouter.settings import parsers as values
from scouter.settings.setting import setting


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    title: ClassVar[str] = "Kafka"

    brokers: tuple[str, ...] = setting(
        "KAFKA_BROKERS", (), values.comma_list, "host:port, separated by commas. Unset: off."
    )
    workers: int = setting("KAFKA_WORKER_COUNT", 3, values.integer(1, 1000), "Consumer threads.")
    topics: tuple[str, ...] = setting(
        "KAFKA_TOPIC", ("scouter_monitoring",), values.comma_list, "Topics, separated by commas."
    )
    consumer_group: str = setting("KAFKA_GROUP", "scouter", values.text, "Consumer group.")
    offset_reset: str = setting(
        "KAFKA_OFFSET_RESET", "earliest", values.choice("earliest", "latest"), "Where to begin without a stored offset."
    )
    username: str | None = setting("KAFKA_USERNAME", None, values.text, "SASL user.")
    password: str | None = setting("KAFKA_PASSWORD", None, values.secret, "SASL password.")
    security_protocol: str = setting(
        "KAFKA_SECURITY_PROTOCOL",
        "SASL_SSL",
        values.choice("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
        "Used when a user is set.",
    )
    sasl_mechanism: str = setting(
        "KAFKA_SASL_MECHANISM",
        "PLAIN",
        values.choice("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"),
        "Used when a user is set.",
    )
    cert_location: Path | None = setting("KAFKA_CERT_LOCATION", None, values.path, "CA certificates.")
