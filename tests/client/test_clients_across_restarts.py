"""The published clients live longer than a token, and longer than a server: none logs in twice or sends twice."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import psycopg
import pytest

from tests.client.application import PSI_REST, expected_counts, psi_items, training_colors, training_columns
from tests.client.client_session import ClientSession
from tests.client.environments import VERSIONS
from tests.client.stored_records import stored_counts, stored_values, wait_for
from tests.http_client import HttpClient
from tests.server_process import PreparedServer, ServerProcess, free_port

SPACE = "restarts"
METRICS = ("first", "second", "third")
SAMPLE = 2
OLD_SECRET = "the secret before the restart: 0123456789"
NEW_SECRET = "the secret after the restart: 0123456789"


@dataclass
class Restartable:
    """A server on one directory and one port, by one process after another."""

    directory: Path
    port: int
    running: ServerProcess

    def restart(self, secret: str) -> None:
        assert self.running.stop() == 0, self.running.log
        self.running = _server(self.directory, self.port, secret).start()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Restartable]:
    port = free_port()
    restartable = Restartable(tmp_path / "server", port, _server(tmp_path / "server", port, OLD_SECRET).start())
    yield restartable
    restartable.running.stop()


def test_clients_and_queues_go_on_when_their_tokens_have_become_useless(
    server: Restartable, clients: Mapping[str, ClientSession]
) -> None:
    for version, client in clients.items():
        _open_metrics_queue(client, server, version)
        _insert_samples(client, range(3))
        _wait_for_means(server, version, range(3))
    server.restart(NEW_SECRET)
    for version, client in clients.items():
        _insert_samples(client, range(3, 6))
        _wait_for_means(server, version, range(6))
        chart = client.ask("binned_drift", profile="Custom", type="Custom", interval="OneHour", points=1)
        assert set(chart) == set(METRICS)
        client.ask("shut_down_queue")


def test_an_expired_token_is_renewed_in_the_reply_for_the_right_password_only(server: Restartable) -> None:
    caller = HttpClient(server.running.url)
    caller.token = _token(server, expires=datetime.now(UTC) - timedelta(hours=2))
    answer = caller.post("/scouter/message", {"records": []})
    scheme, _, renewed = answer.headers["Authorization"].partition(" ")
    assert (answer.status, scheme) == (200, "Bearer")

    stranger = HttpClient(server.running.url, password="wrong")
    stranger.token = caller.token
    refused = stranger.post("/scouter/message", {"records": []})
    assert (refused.status, "Authorization" in refused.headers) == (401, False)

    stranger.token = renewed  # a good token is enough
    accepted = stranger.post("/scouter/message", {"records": []})
    assert (accepted.status, "Authorization" in accepted.headers) == (200, False)


def test_what_a_shutting_down_queue_sent_last_survives_a_stop_right_after(
    server: Restartable, clients: Mapping[str, ClientSession]
) -> None:
    rest = psi_items()[:PSI_REST]
    expected = {
        version: expected_counts(rest, _open_psi_queue(clients[version], server, version)) for version in VERSIONS
    }
    for client in clients.values():
        client.ask("insert", profile="Psi", features=rest)
    time.sleep(0.4)  # 0.6.4 may skip what was inserted just before a shutdown
    for client in clients.values():
        client.ask("shut_down_queue")
    server.restart(OLD_SECRET)
    for version in VERSIONS:
        rows = stored_counts(server.running.conninfo(), SPACE, version, "0.1.0")
        assert {(row.feature, row.bin_id): row.bin_count for row in rows} == expected[version]
        assert len(rows) == len(expected[version])


def test_batches_are_whole_or_absent_when_the_server_stops_amid_them_and_queues_go_on(
    server: Restartable, clients: Mapping[str, ClientSession]
) -> None:
    for version, client in clients.items():
        _open_metrics_queue(client, server, version)
    for client in clients.values():
        _insert_samples(client, range(300))
    for version in VERSIONS:
        _wait_for_mean(server, version, 0.0)
    server.restart(OLD_SECRET)
    for version, client in clients.items():
        _insert_samples(client, range(1000, 1001))
        _wait_for_mean(server, version, 1000.0)
        means = _means(server, version)
        assert means["first"] == means["second"] == means["third"], f"{version}: a batch was cut in two"
        assert means["first"] == sorted(set(means["first"])), f"{version}: a batch was stored twice"
        assert len(means["first"]) < 301, "the server did not stop amid the batches this time"
        client.ask("shut_down_queue")


def _server(directory: Path, port: int, secret: str) -> ServerProcess:
    return PreparedServer(directory, {"SCOUTER_ENCRYPT_SECRET": secret}, port)


def _log_in(client: ClientSession, server: Restartable) -> None:
    client.ask("log_in", url=server.running.url, username="admin", password="admin")


def _open_metrics_queue(client: ClientSession, server: Restartable, name: str) -> None:
    _log_in(client, server)
    named = {"profile": "Custom", "type": "Custom", "space": SPACE, "name": name}
    client.ask("register", **named, columns=dict.fromkeys(METRICS, 1.0), sample_size=SAMPLE)
    client.ask("open_queue", profiles=["Custom"])


def _open_psi_queue(client: ClientSession, server: Restartable, name: str) -> dict[str, Any]:
    """The registered profile."""
    _log_in(client, server)
    named = {"profile": "Psi", "type": "Psi", "space": SPACE, "name": name}
    columns = {**training_columns(), "color": training_colors()}
    profile: dict[str, Any] = client.ask("register", **named, columns=columns, categorical=["color"])["document"]
    client.ask("open_queue", profiles=["Psi"])
    return profile


def _insert_samples(client: ClientSession, numbers: range) -> None:
    """Samples whose mean is their number."""
    items = [dict.fromkeys(METRICS, float(number)) for number in numbers for _ in range(SAMPLE)]
    client.ask("insert", profile="Custom", metrics=items)


def _wait_for_means(server: Restartable, name: str, numbers: range) -> None:
    expected = {metric: [float(number) for number in numbers] for metric in METRICS}
    wait_for(lambda: _means(server, name), expected, lambda: server.running.log)


def _wait_for_mean(server: Restartable, name: str, number: float) -> None:
    wait_for(lambda: number in _means(server, name)["third"], True, lambda: server.running.log)


def _means(server: Restartable, name: str) -> dict[str, list[float]]:
    """What is stored by metric, in the order of the samples."""
    rows = stored_values(server.running.conninfo(), "Custom", SPACE, name, "0.1.0")
    return {metric: [row.value for row in rows if row.feature == metric] for metric in METRICS}


def _token(server: Restartable, *, expires: datetime) -> str:
    """A token of the admin as the server would have made it."""
    with psycopg.connect(server.running.conninfo()) as connection:
        found = connection.execute("SELECT credential_version FROM app_user WHERE username = 'admin'").fetchone()
    assert found is not None
    everything = {"permissions": ["read:all", "write:all"], "group_permissions": ["admin"]}
    claims = {
        "sub": "admin",
        "exp": int(expires.timestamp()),
        **everything,
        "salt": "0123456789abcdef",
        "cred": found[0],
    }
    return jwt.encode(claims, OLD_SECRET, algorithm="HS256")
