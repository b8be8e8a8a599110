"""A server with one way in, for as long as a block lasts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scouter.server import Server
from tests.conditions import probe
from tests.integration.conftest import settings_for
from tests.integration.test_transports import Way
from tests.metrics_page import Samples, sample, samples_at
from tests.publishers import Publisher
from tests.server_process import PreparedServer, ServerProcess


@contextmanager
def serving(publisher: Publisher, database: str, directory: Path, **environment: str) -> Iterator[Way]:
    """Within the process of the test."""
    server = Server(settings_for(database, directory, **{**publisher.environment, **environment}))
    server.start()
    try:
        way = Way(publisher, server.address, database)
        publisher.aim_at(server.address)
        yield way
        way.client.close()
    finally:
        server.stop()


def another_process(publisher: Publisher, database: str, directory: Path, **environment: str) -> ServerProcess:
    """In a process of its own, not started yet."""
    fixed = {"DATABASE_URI": database, "SCOUTER_DEFAULT_PASSWORD": "admin", "SCOUTER_SERVER_HOST": "127.0.0.1"}
    return PreparedServer(directory, {**fixed, **publisher.environment, **environment})


def part(way: Way, name: str) -> tuple[bool, str]:
    """What /readyz says of a part."""
    found = probe(way.url).body["parts"][name]
    return found["ok"], found["says"]


def lag(way: Way) -> float:
    """The sum over all consumers of that server."""
    return sum(value for (name, _), value in samples(way).items() if name == "scouter_consumer_lag")


def sampled(way: Way, name: str, **labels: str) -> float:
    return sample(samples(way), name, **labels)


def samples(way: Way) -> Samples:
    """From the metrics port."""
    host, _, port = way.url.rpartition(":")
    return samples_at(f"{host}:{int(port) + 1}")
