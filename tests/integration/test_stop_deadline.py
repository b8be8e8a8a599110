"""A stop takes SCOUTER_SHUTDOWN_SECONDS and a moment, whatever hangs, and says what it had to leave behind."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from tests.alert_service import AlertService, Hang
from tests.brokers.kafka import KafkaBroker
from tests.conditions import children_of, eventually, frozen, probe
from tests.http_client import HttpClient
from tests.integration.whole_server import stamp
from tests.profile_documents import registration, spc_profile
from tests.publishers import KafkaPublisher
from tests.server_process import ROOT, PreparedServer, ServerProcess, free_port, let_others_enter

_SHUTDOWN_SECONDS = 2.0
# What a stop may take beyond it: for what was accepted, and until the end by force.
_LAST_SECONDS, _FORCE_SECONDS, _LOG_SECONDS = 2.0, 1.0, 1.0
_SLACK_SECONDS = 1.0  # of a busy machine
_LONGEST_SECONDS = _SHUTDOWN_SECONDS + _LAST_SECONDS + _FORCE_SECONDS
_STOP = {"SCOUTER_SHUTDOWN_SECONDS": f"{_SHUTDOWN_SECONDS:g}"}
_EVERY_ALERT = {"SCOUTER_ALERT_TIMEOUT_SECONDS": "60", "SCOUTER_MESSAGES": "every_alert"}
_ABANDONED = "abandoned what took longer than SCOUTER_SHUTDOWN_SECONDS: "


def stopped(server: ServerProcess, longest: float = _LONGEST_SECONDS) -> tuple[int, list[str]]:
    """The exit status, and what was named as abandoned."""
    began = time.monotonic()
    server.terminate()
    status = server.wait()
    assert time.monotonic() - began < longest + _SLACK_SECONDS, server.log
    named = [line.partition(_ABANDONED)[2] for line in server.log.splitlines() if _ABANDONED in line]
    assert len(named) <= 1, "it is said once"
    return status, named[0].split(", ") if named else []


@pytest.fixture
def service() -> Iterator[AlertService]:
    with AlertService() as running:
        yield running


def drifting(server: ServerProcess) -> HttpClient:
    """With records that raise an alert within a second."""
    client = HttpClient(server.url).login()
    profile = spc_profile()
    profile["config"]["alert_config"]["schedule"] = "* * * * * *"
    uid = client.post("/scouter/profile", registration(profile, active=True)).body["uid"]
    client.post("/scouter/message", message(uid))
    return client


def message(uid: str) -> dict[str, Any]:
    return {"records": [{"Spc": {"created_at": stamp(), "uid": uid, "feature": "f0", "value": 99.0}}]}


def test_nothing_is_abandoned_where_nothing_hangs(tmp_path: Path) -> None:
    server = PreparedServer(tmp_path, _STOP).start()
    client = drifting(server)
    assert stopped(server, longest=_SHUTDOWN_SECONDS) == (0, [])
    client.close()


def test_an_alert_service_that_never_answers_is_left_and_named(tmp_path: Path, service: AlertService) -> None:
    service.behave("/hook", Hang())
    alerting = {"SCOUTER_WEBHOOK_URL": service.url + "/hook", **_EVERY_ALERT}
    server = PreparedServer(tmp_path, {**_STOP, **alerting, "SCOUTER_WINDOW_GRACE_SECONDS": "0"}).start()
    drifting(server)
    service.wait_for("/hook")
    assert stopped(server) == (1, ["delivery"])
    assert "abandoned 1 tries to deliver alerts; they are made again" in server.log


def test_a_database_that_is_frozen_is_left_and_named(tmp_path: Path) -> None:
    server = PreparedServer(tmp_path, _STOP).start()
    drifting(server)
    (postmaster,) = children_of(server.pid)
    with frozen(postmaster):
        eventually(lambda: not probe(server.url).body["parts"]["database"]["ok"])
        status, named = stopped(server)
    assert status == 1
    assert "database server" in named
    assert "ingest" not in named, "what was accepted is in the spool"
    eventually(lambda: not Path(f"/proc/{postmaster}").exists())


def test_a_broker_that_is_frozen_is_left(kafka_installed: None, tmp_path: Path) -> None:
    with KafkaBroker(tmp_path / "kafka") as broker:
        publisher = KafkaPublisher(broker, "frozen")
        server = PreparedServer(tmp_path / "server", {**_STOP, **publisher.environment}).start()
        eventually(lambda: bool(probe(server.url).body["parts"]["kafka"]["ok"]), seconds=30)
        broker.freeze()
        try:
            status, named = stopped(server)
        finally:
            broker.thaw()
        publisher.close()
    assert (status, named) in [(0, []), (1, ["consumers"])]


def test_everything_that_hangs_at_once_shares_the_deadline(tmp_path: Path, service: AlertService) -> None:
    service.behave("/hook", Hang())
    alerting = {"SCOUTER_WEBHOOK_URL": service.url + "/hook", **_EVERY_ALERT}
    server = PreparedServer(tmp_path, {**_STOP, **alerting, "SCOUTER_WINDOW_GRACE_SECONDS": "0"}).start()
    client = drifting(server)
    service.wait_for("/hook")
    (postmaster,) = children_of(server.pid)
    with frozen(postmaster):
        asking = threading.Thread(target=_ask, args=(client,), daemon=True)
        asking.start()
        status, named = stopped(server)
    asking.join(5)
    assert status == 1
    assert {"delivery", "database server"} <= set(named)


def _ask(client: HttpClient) -> None:
    """Something that waits for the database."""
    try:
        client.get("/scouter/profiles")
    except OSError:
        return


def test_a_log_that_nobody_reads_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with UnreadServer(tmp_path) as server:
        eventually(server.is_up, seconds=30)
        server.stop_reading()
        began = time.monotonic()
        server.process.terminate()
        assert server.process.wait(30) == 1
        assert time.monotonic() - began < _LONGEST_SECONDS + _LOG_SECONDS + _SLACK_SECONDS


class UnreadServer:
    """A server whose log goes into a pipe."""

    def __init__(self, directory: Path) -> None:
        let_others_enter(directory)
        port = free_port()
        self._url = f"http://127.0.0.1:{port}"
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        own = {"DATABASE_URI": "embedded", "SCOUTER_SERVER_PORT": str(port), "SCOUTER_DATA_DIR": str(directory)}
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "scouter.py")],
            env={**os.environ, **_STOP, **own},
            stdout=subprocess.DEVNULL,
            stderr=self._writer,
        )

    def is_up(self) -> bool:
        """Reads what it has logged meanwhile."""
        with suppress(BlockingIOError):
            os.read(self._reader, 2**20)
        try:
            return probe(self._url).status == 200
        except OSError:
            return False

    def stop_reading(self) -> None:
        """The pipe is full from now on."""
        filler = os.open(f"/proc/self/fd/{self._writer}", os.O_WRONLY | os.O_NONBLOCK)
        with suppress(BlockingIOError):
            while True:
                os.write(filler, b"x")
        os.close(filler)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._reader)
        os.close(self._writer)
