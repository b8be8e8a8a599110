"""/livez and /readyz, on the HTTP port and on the metrics port."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import psycopg
import pytest

from scouter.server import Server
from tests.conditions import children_of, eventually, frozen, probe
from tests.http_client import Answer, HttpClient
from tests.integration.conftest import settings_for
from tests.integration.test_metrics import spc_records
from tests.metrics_page import sample, samples_at
from tests.profile_documents import registration, spc_profile
from tests.server_process import PreparedServer, ServerProcess


@pytest.mark.parametrize("port", ["http", "metrics"])
def test_a_running_server_is_alive_and_ready_and_says_of_what(server: Server, port: str) -> None:
    address = server.address if port == "http" else server.metrics_address
    alive, ready = probe(address, "/livez"), probe(address)
    assert (alive.status, alive.body["alive"]) == (200, True)
    assert {"writer", "maintenance", "http", "database watch"} <= alive.body["parts"].keys()
    assert (ready.status, ready.body["ready"]) == (200, True)
    assert all(part["ok"] for part in ready.body["parts"].values()), ready.body
    assert {"database", "writer", "maintenance", "queue", "partitions"} <= ready.body["parts"].keys()
    assert ready.body["parts"]["queue"]["says"] == "0 of 2000 messages"
    assert "disk" not in ready.body["parts"], "the disk of another server is not ours to see"


def test_probes_need_no_user(server: Server) -> None:
    client = HttpClient(server.address, "nobody", "wrong")
    assert [client.get(path).status for path in ("/livez", "/readyz")] == [200, 200]


@pytest.mark.quiet
def test_a_database_that_hangs_is_said_while_the_spool_takes_its_place(tmp_path: Path) -> None:
    with PreparedServer(tmp_path) as server:
        (postmaster,) = children_of(server.pid)
        assert probe(server.url).body["parts"]["disk"]["ok"]
        with frozen(postmaster):
            eventually(lambda: not database_answers(server))
            began = time.monotonic()
            answer = probe(server.url)
            assert time.monotonic() - began < 0.5, "probes wait for nobody"
            assert answer.status == 200, "what is sent now is kept durably"
            assert "does not answer" in answer.body["parts"]["database"]["says"]
            assert answer.body["parts"]["spool"]["ok"]
            assert probe(server.url, "/livez").status == 200
            assert sample(samples_at(f"http://127.0.0.1:{server.port + 1}"), "scouter_part_ok", part="database") == 0
        eventually(lambda: database_answers(server))
        assert "the database answers again" in server.log or "in time" in answer.body["parts"]["database"]["says"]


def database_answers(server: ServerProcess) -> bool:
    return bool(probe(server.url).body["parts"]["database"]["ok"])


def test_a_database_that_goes_and_comes_back_is_seen(tmp_path: Path) -> None:
    with PreparedServer(tmp_path) as server:
        (postmaster,) = children_of(server.pid)
        os.kill(postmaster, signal.SIGKILL)
        eventually(lambda: not database_answers(server))
        eventually(lambda: database_answers(server))
        assert "the database does not answer: " in server.log
        assert "the database answers again" in server.log


def test_a_missing_partition_is_said_and_does_not_matter(server: Server, database: str, admin: HttpClient) -> None:
    today = time.strftime("%Y%m%d", time.gmtime())
    with psycopg.connect(database, options="-c search_path=scouter_py") as connection:
        connection.execute(f"DROP TABLE spc_record_{today}".encode())
    eventually(lambda: not probe(server.address).body["parts"]["partitions"]["ok"], seconds=5)
    answer = probe(server.address)
    assert answer.status == 200
    assert answer.body["parts"]["partitions"]["says"] == f"missing: spc_record_{today}"
    uid = admin.post("/scouter/profile", registration(spc_profile())).body["uid"]
    assert admin.post("/scouter/message", spc_records(uid, 1.0)).status == 200
    eventually(lambda: bool(probe(server.address).body["parts"]["partitions"]["ok"]), seconds=5)


def test_while_it_stops_it_is_alive_and_not_ready(database: str, tmp_path: Path) -> None:
    server = Server(settings_for(database, tmp_path))
    server.start()
    client = HttpClient(server.address).login()
    uid = client.post("/scouter/profile", registration(spc_profile())).body["uid"]
    assert client.post("/scouter/message", spc_records(uid, 1.0)).status == 200
    answers: list[Answer] = []
    sender = threading.Thread(target=lambda: answers.append(client.post("/scouter/message", spc_records(uid, 2.0))))
    stopping = threading.Thread(target=server.stop)
    with psycopg.connect(database, options="-c search_path=scouter_py") as blocker:
        blocker.execute("LOCK TABLE batch_receipt IN ACCESS EXCLUSIVE MODE")
        sender.start()
        time.sleep(0.2)
        stopping.start()
        eventually(lambda: probe(server.metrics_address).status == 503, seconds=2)
        assert probe(server.metrics_address).body["parts"]["server"] == {"ok": False, "says": "stopping"}
        assert probe(server.metrics_address, "/livez").status == 200
    stopping.join(10)
    sender.join(10)
    assert [answer.status for answer in answers] == [200]


def test_while_it_waits_for_a_database_it_is_alive_and_not_ready(tmp_path: Path) -> None:
    server = PreparedServer(tmp_path, {"DATABASE_URI": "postgresql://nobody@127.0.0.1:1/x"})
    starting = threading.Thread(target=_start_in_vain, args=(server,))
    starting.start()
    metrics = f"http://127.0.0.1:{server.port + 1}"
    try:
        eventually(lambda: _answers(metrics))
        assert probe(metrics, "/livez").status == 200
        answer = probe(metrics)
        assert (answer.status, answer.body["parts"]["server"]["says"]) == (503, "starting")
    finally:
        starting.join()
        server.kill()


def _start_in_vain(server: ServerProcess) -> None:
    with pytest.raises(AssertionError):
        server.start(seconds=3)


def _answers(address: str) -> bool:
    try:
        probe(address)
    except OSError:
        return False
    return True
