"""What somebody without an account, or many at once, can make the server keep: next to nothing, and not for long."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from scouter.server import Server
from tests.conditions import eventually
from tests.http_client import Answer, HttpClient
from tests.integration.conftest import settings_for
from tests.metrics_page import sample, samples_at
from tests.profile_documents import registration, spc_profile

MIB = 2**20
LONG_NAME = {"field": "header username", "value": "'201 characters'", "accepted": "at most 200"}
LONG_PASSWORD = {"field": "header password", "value": "'1025 characters'", "accepted": "at most 1024"}


@pytest.fixture
def server(database: str, tmp_path: Path) -> Iterator[Server]:
    running = Server(
        settings_for(database, tmp_path, SCOUTER_MAX_MESSAGE_BYTES=str(MIB), SCOUTER_BODIES_BYTES=str(MIB))
    )
    running.start()
    yield running
    running.stop()


def kept(answer: Answer) -> dict[str, Any]:
    return {name: answer.body.get(name) for name in LONG_NAME}


def metric(server: Server, name: str, **labels: str) -> float:
    return sample(samples_at(server.metrics_address), name, **labels)


def refused(client: HttpClient) -> int:
    return int(client.get("/scouter/ledger").body["total"]["refused"])


def test_a_name_or_a_password_that_nobody_has_is_refused_at_once(server: Server, admin: HttpClient) -> None:
    for path in ("/scouter/auth/login", "/scouter/profiles", "/livez"):
        answer = HttpClient(server.address, username="n" * 201).get(path)
        assert (answer.status, answer.body["code"], kept(answer)) == (400, "BAD_REQUEST", LONG_NAME)
        answer = HttpClient(server.address, password="secret" * 170 + "12345").get(path)
        assert (answer.status, kept(answer)) == (400, LONG_PASSWORD)
        assert "secret" not in json.dumps(answer.body)
    before = refused(admin)
    answer = admin.send("POST", "/scouter/message", b'{"records": []}', {"username": "n" * 201})
    assert (answer.status, kept(answer), refused(admin)) == (400, LONG_NAME, before + 1)


def test_the_longest_name_and_password_are_as_good_as_any(server: Server, admin: HttpClient) -> None:
    name, password = "n" * 200, "p" * 1024
    user = {"username": name, "password": password, "email": "a@b"}
    assert admin.post("/scouter/user", user).status == 200
    assert HttpClient(server.address, name, password).login().get("/scouter/user/" + name).status == 200


def test_nothing_is_kept_of_a_body_of_somebody_without_credentials(server: Server, admin: HttpClient) -> None:
    before, unknown = refused(admin), metric(server, "scouter_http_bodies_refused_total", why="no_credentials")
    stranger = HttpClient(server.address)
    for _ in range(2):  # on one connection: the body is read to its end
        answer = stranger.send("POST", "/scouter/message", bytes(MIB // 2))
        assert (answer.status, answer.body["code"]) == (401, "UNAUTHORIZED")
    assert refused(admin) == before + 2
    assert metric(server, "scouter_http_bodies_refused_total", why="no_credentials") == unknown + 2
    with unfinished(server, "") as open_body:
        open_body.sendall(bytes(MIB // 2))
        eventually(lambda: metric(server, "scouter_http_bodies_refused_total", why="no_credentials") == unknown + 3)
        assert metric(server, "scouter_http_body_bytes") == 0


def test_bodies_that_do_not_fit_are_refused_and_the_next_ones_taken(server: Server, admin: HttpClient) -> None:
    """There is room for 2 MiB, twice the largest body."""
    uid = admin.post("/scouter/profile", registration(spc_profile())).body["uid"]
    before = refused(admin)
    with unfinished(server, f"authorization: Bearer {admin.token}\r\n") as one:
        one.sendall(bytes(MIB - 10))
        eventually(lambda: metric(server, "scouter_http_body_bytes") == MIB - 10)
        with unfinished(server, f"authorization: Bearer {admin.token}\r\n") as two:
            two.sendall(bytes(MIB - 10))
            eventually(lambda: metric(server, "scouter_http_body_bytes") == 2 * MIB - 20)
            answer = admin.send("POST", "/scouter/message", message(uid))
            assert (answer.status, answer.body["code"], answer.headers["Retry-After"]) == (503, "UNAVAILABLE", "1")
            assert "bytes of requests are in memory" in answer.body["error"]
            assert refused(admin) == before + 1
        eventually(lambda: metric(server, "scouter_http_body_bytes") == MIB - 10)
        assert admin.send("POST", "/scouter/message", message(uid)).body["stored"] == 1
    eventually(lambda: metric(server, "scouter_http_body_bytes") == 0)


def test_a_token_that_has_to_be_renewed_brings_its_message_along(server: Server, admin: HttpClient) -> None:
    uid = admin.post("/scouter/profile", registration(spc_profile())).body["uid"]
    stale = HttpClient(server.address)
    stale.token = "not.a.token"
    answer = stale.send("POST", "/scouter/message", message(uid))
    assert (answer.status, answer.body["stored"]) == (200, 1)


def message(uid: str) -> bytes:
    record = {"created_at": datetime.now(UTC).isoformat(), "uid": uid, "feature": "f0", "value": 1.0}
    return json.dumps({"records": [{"Spc": record}]}).encode()


def unfinished(server: Server, headers: str) -> socket.socket:
    """A request whose head is sent, and its body of 1 MiB not."""
    host, _, port = server.address.removeprefix("http://").partition(":")
    connection = socket.create_connection((host, int(port)), timeout=10)
    connection.sendall(f"POST /scouter/message HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {MIB}\r\n\r\n".encode())
    return connection
