"""Consumers of brokers on the page on messages: those that cannot read, and those of other processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from scouter.server import Server
from tests.conditions import eventually
from tests.integration.conftest import settings_for
from tests.page_client import PageClient
from tests.server_process import free_port

PASSWORD = "a-password-of-the-tests"  # of nobody


def broker() -> str:
    """Where there is none."""
    return f"amqp://guest:{PASSWORD}@127.0.0.1:{free_port()}/"


@pytest.fixture(scope="module")
def server(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    chosen = {"RABBITMQ_ADDR": broker(), "RABBITMQ_CONSUMER_COUNT": "2"}
    running = Server(settings_for(database, tmp_path_factory.mktemp("server"), **chosen))
    running.start()
    yield running
    running.stop()


def test_consumers_that_cannot_read_say_why(browser_of_admin: PageClient) -> None:
    def said() -> bool:
        text = browser_of_admin.get("/messages").text
        return all(f"rabbitmq {number} does not read:" in text for number in (1, 2))

    eventually(said)
    page = browser_of_admin.get("/messages")
    assert PASSWORD not in page.html
    assert "Not well on this server:" in page.text
    assert PASSWORD not in browser_of_admin.get("/server").html


def test_consumers_of_other_processes(database: str, tmp_path: Path) -> None:
    alone = Server(settings_for(database, tmp_path, RABBITMQ_ADDR=broker(), SCOUTER_ROLES="http,background"))
    alone.start()
    try:
        with PageClient(alone.address) as browser:
            text = browser.sign_in().get("/messages").text
            assert "RabbitMQ: configured, and read by other processes than this one." in text
    finally:
        alone.stop()
