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
        values.host,
        "Address to listen on.",
        shown_default="127.0.0.1 with the embedded database, else 0.0.0.0",
    )
    port: int = setting(
        "SCOUTER_SERVER_PORT", 8000, values.integer(1, 65534), "Port for HTTP; metrics are on the next one."
    )
    public_url: str | None = setting(
        "SCOUTER_PUBLIC_URL",
        None,
        values.public_url,
        "Where people reach this server (https://scouter.example.com): messages link to what they are about, and "
        "cookies are for https alone where that is what it says. Unset: no links.",
    )
    threads: int = setting(
        "SCOUTER_HTTP_THREADS", 64, values.integer(2, 1000), "Messages handled at once; most of them wait for a commit."
    )
    message_line: int = setting(
        "SCOUTER_MESSAGE_LINE",
        10_000,
        values.integer(0, 1_000_000),
        "Messages that may wait for one of these; beyond it they are answered 503. Everything else has threads and a "
        "line of its own.",
    )
    chart_reads: int = setting(
        "SCOUTER_CHART_READS", 4, values.integer(1, 100), "Charts made at once; 64 more wait, others are answered 503."
    )
    pages: bool = setting(
        "SCOUTER_PAGES", True, values.boolean, "Whether there are pages for people under /scouter/ui."
    )
    page_reads: int = setting(
        "SCOUTER_PAGE_READS",
        2,
        values.integer(1, 100),
        "Pages made at once; others wait two seconds, and are answered 503.",
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
    bodies_bytes: int = setting(
        "SCOUTER_BODIES_BYTES",
        128 * 2**20,
        values.integer(2**20, 2**40),
        "Bytes of request bodies in memory at once, at least twice the largest; what is more is answered 503. While a "
        "body is handled it takes some four times its bytes.",
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
