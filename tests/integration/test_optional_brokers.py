"""Brokers are an option: without its variables nothing of one is loaded, and what is missing is said in a sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.brokers.kafka import KafkaBroker
from tests.brokers.rabbitmq import RabbitBroker
from tests.conditions import eventually, probe
from tests.integration.test_transports import Way
from tests.integration.ways import another_process
from tests.metrics_page import sample, samples_at
from tests.publishers import HttpPublisher, KafkaPublisher, Publisher, RabbitPublisher
from tests.server_process import ROOT, free_port

_LOADED = """
import sys
from scouter.server import Server
from scouter.settings.settings import Settings
server = Server(Settings.from_environment())
server.start()
server.stop()
print(*sorted({"kafka", "pika"} & {name.partition(".")[0] for name in sys.modules}))
"""
# Python runs a module of this name when it starts: an import system in which two libraries are not there.
_WITHOUT = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("kafka", "pika"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
"""
_ABSENT_SPEC = (
    _WITHOUT
    + """
import importlib.util

found = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name in ("kafka", "pika") else found(name, package)
"""
)


def environment(database: str, directory: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SCOUTER_", "KAFKA_", "RABBIT"))}
    return {
        **kept,
        "DATABASE_URI": database,
        "SCOUTER_DATA_DIR": str(directory),
        "SCOUTER_SERVER_HOST": "127.0.0.1",
        "SCOUTER_SERVER_PORT": str(free_port()),
        "SCOUTER_DEFAULT_PASSWORD": "admin",
        **more,
    }


@pytest.mark.parametrize(
    ("configured", "loaded"),
    [
        ({}, ""),
        ({"KAFKA_BROKERS": "127.0.0.1:1"}, "kafka"),
        ({"RABBITMQ_ADDR": "amqp://u:p@127.0.0.1:1/"}, "pika"),
        ({"KAFKA_BROKERS": "127.0.0.1:1", "SCOUTER_ROLES": "http"}, ""),
    ],
)
def test_a_library_is_loaded_for_its_variables_only(
    database: str, tmp_path: Path, configured: dict[str, str], loaded: str
) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", _LOADED],
        cwd=ROOT,
        env=environment(database, tmp_path, **configured),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == loaded


@pytest.mark.parametrize(
    ("configured", "sentence"),
    [
        (
            {"KAFKA_BROKERS": "127.0.0.1:1"},
            "the Python package kafka-python is not installed: pip install kafka-python, "
            "or with the server: pip install 'scouter-server[kafka]'",
        ),
        (
            {"RABBITMQ_ADDR": "amqp://u:p@127.0.0.1:1/"},
            "the Python package pika is not installed: pip install pika, "
            "or with the server: pip install 'scouter-server[rabbitmq]'",
        ),
    ],
)
def test_a_library_that_is_missing_is_said_in_one_sentence(
    database: str, tmp_path: Path, configured: dict[str, str], sentence: str
) -> None:
    ran = run_without_libraries(database, tmp_path, **configured)
    assert ran.returncode != 0
    assert ran.stderr.splitlines() == ["cannot start:", f"  - {sentence}"]


def run_without_libraries(database: str, directory: Path, **configured: str) -> subprocess.CompletedProcess[str]:
    (directory / "hidden").mkdir()
    (directory / "hidden" / "sitecustomize.py").write_text(_ABSENT_SPEC)
    return subprocess.run(
        [sys.executable, str(ROOT / "scouter.py")],
        env=environment(database, directory, PYTHONPATH=str(directory / "hidden"), **configured),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("transport", ["kafka", "rabbitmq"])
def test_a_process_may_do_nothing_but_consume(
    transport: str, request: pytest.FixtureRequest, database: str, tmp_path: Path
) -> None:
    with closing(publisher_of(transport, request)) as publisher:
        http = another_process(HttpPublisher(), database, tmp_path / "http", SCOUTER_ROLES="http")
        consuming = another_process(publisher, database, tmp_path / "consumers", SCOUTER_ROLES="consumers")
        with http, consuming:
            way = Way(publisher, http.url, database)
            way.send(way.spc(1.0))
            eventually(lambda: way.values() == [1.0], seconds=30)
            metrics = f"http://127.0.0.1:{consuming.port + 1}"
            ready = probe(metrics)
            assert ready.status == 200
            eventually(lambda: probe(metrics).body["parts"][transport]["ok"])
            assert transport not in probe(http.url).body["parts"]
            stored = {"transport": transport, "outcome": "stored"}
            eventually(lambda: sample(samples_at(metrics), "scouter_messages_total", **stored) == 1)
            eventually(lambda: way.counts()["stored"] == 1)


def publisher_of(transport: str, request: pytest.FixtureRequest) -> Publisher:
    if transport == "kafka":
        kafka: KafkaBroker = request.getfixturevalue("kafka_broker")
        return KafkaPublisher(kafka, "consumed-apart")
    rabbit: RabbitBroker = request.getfixturevalue("rabbit_broker")
    return RabbitPublisher(rabbit, "consumed-apart")
