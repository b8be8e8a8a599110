"""The published clients publish with their queue to Kafka and to RabbitMQ, and a server stores every record once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.brokers.kafka import KafkaBroker
from tests.brokers.rabbitmq import RabbitBroker
from tests.client.application import (
    CUSTOM_SAMPLE,
    PSI_BATCH,
    SPC_SAMPLE,
    Application,
    custom_items,
    expected_counts,
    expected_values,
    psi_items,
    spc_items,
)
from tests.client.conftest import started_clients
from tests.client.expected_charts import alike
from tests.http_client import HttpClient
from tests.server_process import PreparedServer, ServerProcess

NAME = "from-published-clients"  # of topic and queue
MESSAGES = 10 + 2 + 11  # of one application: samples, batches, metrics


@pytest.fixture(scope="module", params=["kafka", "rabbitmq"])
def transport(request: pytest.FixtureRequest) -> str:
    named: str = request.param
    return named


@pytest.fixture(scope="module")
def server(
    transport: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    if transport == "kafka":
        kafka: KafkaBroker = request.getfixturevalue("kafka_broker")
        kafka.create_topic(NAME, partitions=3)
        listening = {"KAFKA_BROKERS": kafka.address(), "KAFKA_TOPIC": NAME}
    else:
        rabbit: RabbitBroker = request.getfixturevalue("rabbit_broker")
        listening = {"RABBITMQ_ADDR": rabbit.url(), "RABBITMQ_QUEUE": NAME}
    with PreparedServer(tmp_path_factory.mktemp("server"), listening) as running:
        yield running


@pytest.fixture(scope="module")
def applications(
    transport: str,
    server: ServerProcess,
    request: pytest.FixtureRequest,
    client_pythons: Mapping[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Mapping[str, Application]]:
    """One of each version; they all play at the same time."""
    queue = queue_of(transport, request)
    with started_clients(client_pythons, tmp_path_factory.mktemp("clients")) as clients:
        playing = {version: Application(version, client, server, queue) for version, client in clients.items()}
        with ThreadPoolExecutor(len(playing)) as threads:
            for ended in [threads.submit(application.play) for application in playing.values()]:
                ended.result()
        yield playing


def queue_of(transport: str, request: pytest.FixtureRequest) -> dict[str, object]:
    if transport == "kafka":
        kafka: KafkaBroker = request.getfixturevalue("kafka_broker")
        return {"kafka": {"brokers": kafka.address(), "topic": NAME}}
    rabbit: RabbitBroker = request.getfixturevalue("rabbit_broker")
    login = {"username": rabbit.username, "password": rabbit.password}
    return {"rabbitmq": {"host": "127.0.0.1", "port": rabbit.port, "queue": NAME, **login}}


@pytest.fixture
def application(applications: Mapping[str, Application], version: str) -> Application:
    return applications[version]


def test_every_mean_is_stored_once(application: Application) -> None:
    for drift_type, expected in (
        ("Spc", expected_values(spc_items(), SPC_SAMPLE, partial=False)),
        ("Custom", expected_values(custom_items(), CUSTOM_SAMPLE, partial=True)),
    ):
        rows = application.values(drift_type)
        stored = {name: [row.value for row in rows if row.feature == name] for name in {row.feature for row in rows}}
        assert alike(stored, expected), stored
        assert len(rows) == sum(map(len, expected.values()))


def test_every_bin_count_is_stored_once(application: Application) -> None:
    profile = application.registered["Psi"]["document"]
    at_once, at_shutdown = (
        expected_counts(part, profile) for part in (psi_items()[:PSI_BATCH], psi_items()[PSI_BATCH:])
    )
    rows = application.counts()
    for place, count in at_once.items():
        stored = sorted(row.bin_count for row in rows if (row.feature, row.bin_id) == place)
        assert stored == sorted([count, at_shutdown[place]]), place
    assert len(rows) == len(at_once) + len(at_shutdown)


def test_every_message_came_by_the_broker(
    applications: Mapping[str, Application], server: ServerProcess, transport: str
) -> None:
    ledger = HttpClient(server.url).login().get("/scouter/ledger").body
    assert ledger["balanced"]
    assert ledger["transports"][transport]["stored"] == len(applications) * MESSAGES
    assert ledger["transports"][transport]["quarantined"] == 0
    assert ledger["transports"]["http"]["received"] == 0
