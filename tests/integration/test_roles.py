"""Several processes on one database, each with a part of the work."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from scouter.errors import StartRefused
from scouter.server import Server
from scouter.settings.settings import Settings
from tests.conditions import probe
from tests.http_client import HttpClient
from tests.integration.conftest import settings_for
from tests.metrics_page import sample, samples_at
from tests.profile_documents import custom_profile, registration, spc_profile
from tests.server_process import ServerProcess


@pytest.fixture
def two(database: str, tmp_path: Path) -> Iterator[tuple[Server, Server]]:
    """Two whole servers that start at once on one database."""
    servers = [Server(settings_for(database, tmp_path)) for _ in range(2)]
    with ThreadPoolExecutor(2) as both:
        list(both.map(Server.start, servers))
    yield servers[0], servers[1]
    for server in servers:
        server.stop()


def spc(uid: str, feature: str, value: float, *, days_ago: int = 0) -> dict[str, object]:
    stamp = (datetime.now(UTC) - timedelta(days=days_ago)).isoformat()
    return {"Spc": {"created_at": stamp, "uid": uid, "feature": feature, "value": value}}


def test_what_one_server_is_told_the_other_knows(two: tuple[Server, Server]) -> None:
    first, second = (HttpClient(server.address).login() for server in two)
    uid = first.post("/scouter/profile", registration(spc_profile())).body["uid"]
    assert second.post("/scouter/message", {"records": [spc(uid, "f0", 2.0), spc(uid, "f0", 4.0)]}).status == 200
    query = {"uid": uid, "space": "s", "time_interval": "OneHour", "max_data_points": 1}
    chart = first.get("/scouter/drift/spc", **query)
    assert chart.status == 200, chart
    assert chart.body["features"]["f0"]["values"] == [3.0]


def test_a_token_of_one_is_good_at_the_other(two: tuple[Server, Server]) -> None:
    first, second = (HttpClient(server.address) for server in two)
    first.login()
    second.token = first.token
    answer = second.send("GET", "/scouter/auth/validate", headers={"username": "", "password": ""})
    assert (answer.status, answer.body["is_authenticated"]) == (200, True)


def test_both_make_partitions_and_features_at_once(two: tuple[Server, Server], database: str) -> None:
    uid = HttpClient(two[0].address).login().post("/scouter/profile", registration(spc_profile())).body["uid"]

    def send(number: int) -> list[int]:
        client = HttpClient(two[number % 2].address).login()
        statuses = []
        for days_ago in range(10, 30):
            records = [spc(uid, f"n{(days_ago + n) % 40}", float(number), days_ago=days_ago) for n in range(10)]
            statuses.append(client.post("/scouter/message", {"records": records}).status)
        return statuses

    with ThreadPoolExecutor(6) as senders:
        statuses = [status for each in senders.map(send, range(6)) for status in each]
    assert set(statuses) == {200}
    with psycopg.connect(database, options="-c search_path=scouter_py -c timezone=UTC") as connection:
        stored = connection.execute(
            "SELECT count(*), count(DISTINCT created_at::date), count(DISTINCT feature_id) FROM spc_record"
        ).fetchone()
        names = connection.execute("SELECT count(*), count(DISTINCT name) FROM feature").fetchone()
    assert stored is not None
    assert stored[0] == 6 * 20 * 10
    assert stored[1] in (20, 21), "a day may end meanwhile"
    assert names is not None
    assert names[0] == names[1], "each name once"


def test_the_same_profile_registered_at_both_at_once_is_one(two: tuple[Server, Server]) -> None:
    clients = [HttpClient(server.address).login() for server in two]
    ready = threading.Barrier(2)

    def register(client: HttpClient) -> str:
        ready.wait()
        answer = client.post("/scouter/profile", registration(custom_profile()))
        assert answer.status == 200, answer
        return str(answer.body["uid"])

    with ThreadPoolExecutor(2) as both:
        uids = list(both.map(register, clients))
    for client in clients:
        for uid in uids:
            record = {"created_at": datetime.now(UTC).isoformat(), "uid": uid, "metric": "mae", "value": 1.0}
            assert client.post("/scouter/message", {"records": [{"Custom": record}]}).status == 200


def test_maintenance_runs_on_both(two: tuple[Server, Server]) -> None:
    for server in two:
        assert probe(server.address).body["parts"]["maintenance"]["ok"]
        assert probe(server.address).body["parts"]["partitions"]["ok"]


def test_http_alone_serves_without_maintenance(database: str, tmp_path: Path) -> None:
    server = Server(settings_for(database, tmp_path, SCOUTER_ROLES="HTTP"))
    server.start()
    try:
        client = HttpClient(server.address).login()
        uid = client.post("/scouter/profile", registration(spc_profile())).body["uid"]
        assert client.post("/scouter/message", {"records": [spc(uid, "f0", 1.0)]}).status == 200
        ready = probe(server.address)
        assert (ready.status, "maintenance" in ready.body["parts"]) == (200, False)
        assert "maintenance" not in {thread.name for thread in threading.enumerate()}
    finally:
        server.stop()


def test_background_alone_has_metrics_and_probes_and_no_other_port(database: str, tmp_path: Path) -> None:
    environment = {"DATABASE_URI": database, "SCOUTER_ROLES": "background", "SCOUTER_SERVER_HOST": "127.0.0.1"}
    with ServerProcess(tmp_path, environment) as process:
        metrics = f"http://127.0.0.1:{process.port + 1}"
        ready = probe(metrics)
        assert (ready.status, ready.body["ready"]) == (200, True)
        assert {"database", "maintenance", "partitions"} <= ready.body["parts"].keys()
        assert not {"writer", "queue", "http"} & ready.body["parts"].keys()
        assert probe(metrics, "/livez").status == 200
        assert sample(samples_at(metrics), "scouter_part_ok", part="maintenance") == 1
        with pytest.raises(ConnectionRefusedError):
            probe(process.url)
        assert "password" not in process.log, "nobody makes users where nobody logs in"
        process.terminate()
        assert process.wait() == 0


@pytest.mark.parametrize("roles", ["background", "consumers", "background, consumers"])
def test_an_embedded_database_is_for_one_process_with_http(tmp_path: Path, roles: str) -> None:
    settings = Settings.from_environment(
        {"DATABASE_URI": "embedded", "SCOUTER_DATA_DIR": str(tmp_path / "data"), "SCOUTER_ROLES": roles}
    )
    with pytest.raises(StartRefused, match="set DATABASE_URI, or add http to SCOUTER_ROLES"):
        Server(settings).start()
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("roles", ["web", "http,web", ","])
def test_unknown_roles_are_refused(roles: str) -> None:
    with pytest.raises(StartRefused, match="expected one or more of http, consumers, background"):
        Settings.from_environment({"SCOUTER_ROLES": roles})
