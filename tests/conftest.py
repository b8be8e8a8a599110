"""Brokers and stores that tests share: each test takes topics, queues and prefixes of its own, and leaves them running.

A test that stops or breaks its broker or store starts one for itself.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from xdist.remote import Producer

from tests.availability import cannot_run
from tests.brokers.certificates import Certificates, make_certificates
from tests.brokers.kafka import KafkaBroker, missing_for_kafka
from tests.brokers.rabbitmq import RabbitBroker, missing_for_rabbitmq
from tests.lane_summary import show_lanes
from tests.lanes import Lanes, arrange
from tests.stores.azure import AzureService, missing_for_azure
from tests.stores.gcs import GcsService, missing_for_gcs
from tests.stores.s3 import S3Service, missing_for_s3


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    arrange(items)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Lanes:
    return Lanes(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    show_lanes(terminalreporter)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def kafka_installed() -> None:
    """For tests that start a `KafkaBroker` themselves."""
    if missing := missing_for_kafka():
        cannot_run(missing)


@pytest.fixture(scope="session")
def rabbitmq_installed() -> None:
    """For tests that start a `RabbitBroker` themselves."""
    if missing := missing_for_rabbitmq():
        cannot_run(missing)


@pytest.fixture(scope="session")
def kafka_broker(kafka_installed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    with KafkaBroker(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture(scope="session")
def rabbit_broker(rabbitmq_installed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitBroker]:
    with RabbitBroker(tmp_path_factory.mktemp("rabbitmq")) as broker:
        yield broker


@pytest.fixture(scope="session")
def secured_kafka(
    kafka_installed: None, certificates: Certificates, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[KafkaBroker]:
    """With TLS, and users who are asked for their password on the listeners that are named after it."""
    directory = tmp_path_factory.mktemp("secured-kafka")
    with KafkaBroker(directory, users={"anna": "open sesame"}, certificates=certificates) as broker:
        yield broker


@pytest.fixture(scope="session")
def secured_rabbit(
    rabbitmq_installed: None, certificates: Certificates, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RabbitBroker]:
    """With TLS beside plain text."""
    directory = tmp_path_factory.mktemp("secured-rabbitmq")
    with RabbitBroker(directory, password="open sesame", certificates=certificates) as broker:
        yield broker


@pytest.fixture(scope="session")
def s3_installed() -> None:
    """For tests that start an `S3Service` themselves."""
    if missing := missing_for_s3():
        cannot_run(missing)


@pytest.fixture(scope="session")
def s3_service(s3_installed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Service]:
    with S3Service(tmp_path_factory.mktemp("s3")) as service:
        yield service


@pytest.fixture(scope="session")
def guarded_s3(s3_installed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Service]:
    """It asks for credentials, and knows one user."""
    with S3Service(tmp_path_factory.mktemp("guarded-s3"), guarded=True) as service:
        yield service


@pytest.fixture(scope="session")
def gcs_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GcsService]:
    if missing := missing_for_gcs():
        cannot_run(missing)
    with GcsService(tmp_path_factory.mktemp("gcs")) as service:
        yield service


@pytest.fixture(scope="session")
def azure_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AzureService]:
    if missing := missing_for_azure():
        cannot_run(missing)
    with AzureService(tmp_path_factory.mktemp("azure")) as service:
        yield service
