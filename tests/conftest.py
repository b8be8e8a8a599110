"""Brokers and stores that tests share: each test takes topics, queues and prefixes of its own, and leaves them running.

A test that stops or breaks its broker or store starts one for itself. The shared brokers are stopped when the tests
that stay together for their sake are done, and started again for who wants them later.
"""

from __future__ import annotations

import gc
from collections.abc import Generator, Iterator

import pytest
from xdist.remote import Producer

from tests.alert_service import AlertService
from tests.availability import cannot_run
from tests.brokers.certificates import Certificates, make_certificates
from tests.brokers.kafka import KafkaBroker, missing_for_kafka
from tests.brokers.rabbitmq import RabbitBroker, missing_for_rabbitmq
from tests.brokers.shared_brokers import SharedBrokers
from tests.browser import chromium
from tests.demonstration import Demonstration, settings_of_a_real_server
from tests.lane_summary import show_lanes
from tests.lanes import Lanes, arrange, unit_of
from tests.stores.azure import AzureService, missing_for_azure
from tests.stores.gcs import GcsService, missing_for_gcs
from tests.stores.s3 import S3Service, missing_for_s3


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    arrange(items)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Lanes:
    return Lanes(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    show_lanes(terminalreporter)


_SHARED_BROKERS = pytest.StashKey[SharedBrokers]()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Comes after the fixtures of the test; those of its module have to be gone, too."""
    stays = nextitem is not None and (nextitem.path == item.path or unit_of(nextitem.nodeid) == unit_of(item.nodeid))
    if not stays:
        item.config.stash[_SHARED_BROKERS].rest()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What was logged may name files whose names are no text; a report is sent from process to process as UTF-8."""
    report = yield
    report.sections = [(name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections]
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    session.config.stash[_SHARED_BROKERS].rest()
    gc.unfreeze()  # some libraries count at the end of the process what is left of them


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_SHARED_BROKERS] = SharedBrokers()
    gc.disable()


def pytest_collection_finish() -> None:
    """Six thousand tests stay to the end: nobody need look among them for garbage again and again."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def browser_installed() -> str:
    """Where it is."""
    program = chromium.installed()
    if program is None:
        cannot_run("there is no Chromium: scripts/test-services installs it from Debian's or Ubuntu's packages")
    return program


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
def any_kafka(tmp_path_factory: pytest.TempPathFactory) -> KafkaBroker:
    return KafkaBroker(tmp_path_factory.mktemp("kafka"))


@pytest.fixture(scope="session")
def any_rabbit(tmp_path_factory: pytest.TempPathFactory) -> RabbitBroker:
    return RabbitBroker(tmp_path_factory.mktemp("rabbitmq"))


@pytest.fixture(scope="session")
def kafka_with_users(certificates: Certificates, tmp_path_factory: pytest.TempPathFactory) -> KafkaBroker:
    directory = tmp_path_factory.mktemp("secured-kafka")
    return KafkaBroker(directory, users={"anna": "open sesame"}, certificates=certificates)


@pytest.fixture(scope="session")
def rabbit_with_tls(certificates: Certificates, tmp_path_factory: pytest.TempPathFactory) -> RabbitBroker:
    directory = tmp_path_factory.mktemp("secured-rabbitmq")
    return RabbitBroker(directory, password="open sesame", certificates=certificates)


@pytest.fixture(scope="module")
def kafka_broker(kafka_installed: None, any_kafka: KafkaBroker, request: pytest.FixtureRequest) -> KafkaBroker:
    return request.config.stash[_SHARED_BROKERS].started(any_kafka)


@pytest.fixture(scope="module")
def rabbit_broker(rabbitmq_installed: None, any_rabbit: RabbitBroker, request: pytest.FixtureRequest) -> RabbitBroker:
    return request.config.stash[_SHARED_BROKERS].started(any_rabbit)


@pytest.fixture(scope="module")
def secured_kafka(kafka_installed: None, kafka_with_users: KafkaBroker, request: pytest.FixtureRequest) -> KafkaBroker:
    """With TLS, and users who are asked for their password on the listeners that are named after it."""
    return request.config.stash[_SHARED_BROKERS].started(kafka_with_users)


@pytest.fixture(scope="module")
def secured_rabbit(
    rabbitmq_installed: None, rabbit_with_tls: RabbitBroker, request: pytest.FixtureRequest
) -> RabbitBroker:
    """With TLS beside plain text."""
    return request.config.stash[_SHARED_BROKERS].started(rabbit_with_tls)


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


@pytest.fixture(scope="session")
def real_team() -> Iterator[AlertService]:
    """A team that must not be woken: nothing may ever arrive here."""
    with AlertService() as running:
        yield running


@pytest.fixture(scope="session")
def shell_of_a_real_server(real_team: AlertService, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What somebody who has a real server may have in his shell, a mistake among it."""
    return settings_of_a_real_server(real_team.url, tmp_path_factory.mktemp("of-a-real-server"))


@pytest.fixture(scope="session")
def demonstration(
    shell_of_a_real_server: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Demonstration]:
    """Started in such a shell. Whoever changes something in it puts it back."""
    directory = tmp_path_factory.mktemp("demonstration")
    with Demonstration(directory, environment=shell_of_a_real_server) as running:
        yield running
