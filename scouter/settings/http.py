"""The port that clients and people talk to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from scouter.settings import parsers as values
from scouter.settings.setting import setting


@dataclass(frozen=True, slots=True)
class HttpSettings:
    title: ClassVar[str] = "HTTP"

    host: str | None = setting(
        "SCOUTER_SERVER_HOST",
        None,
        values.text,
        "Address to listen on.",
        shown_default="127.0.0.1 with the embedded database, else 0.0.0.0",
    )
    port: int = setting(
        "SCOUTER_SERVER_PORT", 8000, values.integer(1, 65534), "Port for HTTP; metrics are on the next one."
    )
    threads: int = setting(
        "SCOUTER_HTTP_THREADS", 64, values.integer(2, 1000), "Requests handled at once; most of them wait for a commit."
    )
    connection_limit: int = setting(
        "SCOUTER_CONNECTION_LIMIT",
        10_000,
        values.integer(10, 100_000),
        "Open connections; every client queue holds one.",
    )
    max_message_bytes: int = setting(
        "SCOUTER_MAX_MESSAGE_BYTES",
        16 * 2**20,
        values.integer(1024, 2**30),
        "Largest request body; a larger one is answered 413.",
    )
    trusted_proxies: tuple[values.Network, ...] = setting(
        "SCOUTER_TRUSTED_PROXIES",
        (),
        values.networks,
        "Addresses or networks (10.0.0.0/8) of proxies whose X-Forwarded-For names the caller, for the limit of "
        "failed logins and for the log.",
    )
    shutdown_seconds: float = setting(
        "SCOUTER_SHUTDOWN_SECONDS", 25.0, values.seconds(0, 3600), "How long a stop may take to finish what is in hand."
    )
