"""The published clients live longer than a token, and longer than a server: none logs in twice or sends twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import psycopg
import pytest

from tests.client.application import PSI_REST, expected_counts_of, psi_items, training_colors, training_columns
from tests.client.client_session import ClientSession
from tests.client.conftest import StartClient
from tests.client.environments import VERSIONS
from tests.client.stored_records import stored_counts, stored_values, wait_for
from tests.http_client import HttpClient
from tests.server_process import ServerProcess, free_port

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
    server: Restartable, start_client: StartClient
) -> None:
    clients = {version: start_client(version) for version in VERSIONS}
    for version, client in clients.items():
        _open_metrics_queue(client, server, version)
        _insert_metrics(client, 0, 3)
        _wait_for_means(server, version, 3)
    server.restart(NEW_SECRET)
    for version, client in clients.items():
        _insert_metrics(client, 3, 6)
        _wait_for_means(server, version, 6)
        chart = client.ask("binned_drift", profile="Custom", type="Custom", interval="OneHour", points=1)
        assert set(chart) == set(METRICS)
        client.ask("shut_down_queue")
    assert server.running.log.count("401") == 0, server.running.log


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
    server: Restartable, start_client: StartClient
) -> None:
    clients = {version: start_client(version) for version in VERSIONS}
    rest = psi_items()[:PSI_REST]
    profiles = {}
    for version, client in clients.items():
        _log_in(client, server)
        columns = {**training_columns(), "color": training_colors()}
        named = {"profile": "Psi", "type": "Psi", "space": SPACE, "name": version}
        profiles[version] = client.ask("register", **named, columns=columns, categorical=["color"])
        client.ask("open_queue", profiles=["Psi"])
        client.ask("insert", profile="Psi", features=rest)
        client.ask("settle")
        client.ask("shut_down_queue")
    server.restart(OLD_SECRET)
    for version, registered in profiles.items():
        rows = stored_counts(server.running.conninfo(), SPACE, version, registered["version"])
        stored = {(row.feature, row.bin_id): row.bin_count for row in rows}
        expected = expected_counts_of(rest, registered["document"])
        assert stored == expected, version
        assert len(rows) == len(expected)


def test_batches_are_whole_or_absent_when_the_server_stops_amid_them_and_the_queue_goes_on(
    server: Restartable, start_client: StartClient
) -> None:
    clients = {version: start_client(version) for version in VERSIONS}
    for version, client in clients.items():
        _open_metrics_queue(client, server, version)
        _insert_metrics(client, 0, 400)
    server.restart(OLD_SECRET)
    for version, client in clients.items():
        kept = _means(server, version)
        assert kept["first"] == kept["second"] == kept["third"], f"{version}: a batch was cut in two"
        assert kept["first"] == sorted(set(kept["first"])), f"{version}: a batch was stored twice"
        client.ask("shut_down_queue")
