"""Guessed passwords: beyond a limit nothing is judged any more, and nobody else is kept out by it."""

from __future__ import annotations

import itertools
import logging
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest

from scouter.auth.passwords import hash_password
from scouter.postgres.connections.pool import connect
from scouter.postgres.tables import users
from scouter.server import Server
from tests.http_client import Answer, HttpClient
from tests.integration.conftest import settings_for

KEY = "a key of the tests that is long enough for HS256"
RIGHT = "ana's own password"

_addresses = (f"198.51.100.{n}" for n in itertools.count(1))


@pytest.fixture
def server(database: str, tmp_path: Path) -> Iterator[Server]:
    proxied = {"SCOUTER_TRUSTED_PROXIES": "127.0.0.1", "SCOUTER_ENCRYPT_SECRET": KEY}
    running = Server(settings_for(database, tmp_path, **proxied))
    with connect(database) as connection:
        assert users.add_user(
            connection,
            "ana",
            hash_password(RIGHT),
            email="ana",
            role="user",
            permissions=["read:all", "write:all"],
            group_permissions=["user"],
        )
    running.start()
    yield running
    running.stop()


def login(server: Server, username: str, password: str, address: str) -> Answer:
    with closing(HttpClient(server.address, username, password)) as client:
        return client.send("GET", "/scouter/auth/login", headers={"X-Forwarded-For": address})


def guess(server: Server, username: str, address: str, times: int = 12) -> list[int]:
    return [login(server, username, f"wrong {n}", address).status for n in range(times)]


def send_with(server: Server, token: str, password: str, address: str) -> Answer:
    """A message as the published clients send it: token, name and password."""
    with closing(HttpClient(server.address, "ana", password)) as client:
        client.token = token
        return client.send("POST", "/scouter/message", b'{"records": []}', {"X-Forwarded-For": address})


def token_of(username: str, *, credential: int, key: str = KEY) -> str:
    """One that expired two hours ago."""
    expired = int((datetime.now(UTC) - timedelta(hours=2)).timestamp())
    return jwt.encode({"sub": username, "exp": expired, "cred": credential}, key)


def test_beyond_the_limit_not_even_the_right_password_is_judged(server: Server) -> None:
    address = next(_addresses)
    assert guess(server, "ana", address) == [401] * 10 + [429] * 2
    answers = [login(server, "ana", RIGHT, address) for _ in range(3)]
    assert [answer.status for answer in answers] == [429] * 3
    assert 0 < int(answers[0].headers["Retry-After"]) <= 30
    assert login(server, "guest", "guest", address).status == 200, "the limit is this name's"


def test_an_owner_is_let_in_from_another_address(server: Server) -> None:
    assert guess(server, "ana", next(_addresses))[-1] == 429
    assert login(server, "ana", RIGHT, next(_addresses)).status == 200


def test_a_password_that_was_right_lately_at_that_address_is_right_still(server: Server) -> None:
    address = next(_addresses)
    assert login(server, "ana", RIGHT, address).status == 200
    assert guess(server, "ana", address, 300).count(429) == 290
    assert login(server, "ana", RIGHT, address).status == 200
    assert send_with(server, "of no use any more", RIGHT, address).status == 200


def test_where_the_owner_logs_in_says_nothing_to_who_guesses_elsewhere(server: Server) -> None:
    address = next(_addresses)
    assert login(server, "ana", RIGHT, next(_addresses)).status == 200
    assert guess(server, "ana", address)[-1] == 429
    assert login(server, "ana", RIGHT, address).status == 429


def test_comparing_with_what_was_right_lately_ends_too(server: Server) -> None:
    """Where the one who guesses and the owner share an address, a comparison would be a guess."""
    address = next(_addresses)
    assert login(server, "ana", RIGHT, address).status == 200
    with ThreadPoolExecutor(8) as many:
        assert Counter(many.map(lambda _: guess(server, "ana", address, 75)[-1], range(8))) == {429: 8}
    assert login(server, "ana", RIGHT, address).status == 429


def test_whoever_brings_a_token_that_was_good_once_is_let_in_all_the_same(server: Server) -> None:
    """Services behind one proxy go on while somebody behind it guesses: their tokens show that they are not he."""
    address = next(_addresses)
    assert guess(server, "ana", address)[-1] == 429
    assert send_with(server, token_of("ana", credential=1, key="guessed " * 5), RIGHT, address).status == 429
    assert send_with(server, token_of("guest", credential=1), RIGHT, address).status == 401
    answer = send_with(server, token_of("ana", credential=1), RIGHT, address)
    assert answer.status == 200
    assert answer.headers["Authorization"].startswith("Bearer ")


def test_a_token_that_was_good_once_is_no_licence_to_guess(server: Server) -> None:
    address, genuine = next(_addresses), token_of("ana", credential=1)
    statuses = [send_with(server, genuine, f"wrong {n}", address).status for n in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    assert send_with(server, genuine, RIGHT, address).status == 429
    other = jwt.encode({"sub": "ana", "exp": 1, "cred": 1, "salt": "another"}, KEY)
    assert send_with(server, other, RIGHT, address).status == 429, "tokens can be had without end: a refresh makes one"


def test_an_address_has_a_limit_over_all_names(server: Server) -> None:
    address = next(_addresses)
    assert login(server, "guest", "guest", address).status == 200
    statuses = [login(server, f"nobody {n}", "Winter2026!", address).status for n in range(101)]
    assert statuses == [401] * 100 + [429]
    assert login(server, "ana", RIGHT, address).status == 429
    assert login(server, "guest", "guest", address).status == 200, "right lately"
    assert login(server, "ana", RIGHT, next(_addresses)).status == 200


def test_addresses_of_one_ipv6_network_share_a_limit(server: Server) -> None:
    statuses = [guess(server, "ana", f"2001:db8:0:1::{n:x}", 1)[0] for n in range(1, 13)]
    assert statuses == [401] * 10 + [429] * 2
    assert guess(server, "ana", "2001:db8:0:2::1", 1) == [401]


def test_guesses_that_come_at_once_are_counted_before_they_are_judged(server: Server) -> None:
    address = next(_addresses)
    with ThreadPoolExecutor(64) as many:
        statuses = Counter(many.map(lambda n: login(server, "ana", f"wrong {n}", address).status, range(64)))
    assert statuses[401] <= 12, "two threads judge passwords, and one those of who has failed before"
    assert statuses[401] + statuses[429] == 64


def test_what_is_not_judged_costs_next_to_nothing(server: Server) -> None:
    address = next(_addresses)
    assert guess(server, "ana", address)[-1] == 429
    began = time.process_time()
    guess(server, "ana", address, 50)
    assert time.process_time() - began < 50 * 0.015, "a hash takes 15 ms"


def test_the_bootstrap_key_is_not_to_be_guessed_either(database: str, tmp_path: Path) -> None:
    key = "a bootstrap key of the tests"
    running = Server(settings_for(database, tmp_path, SCOUTER_BOOTSTRAP_KEY=key))
    running.start()
    try:
        body = b'{"username": "ana", "password": "ana\'s password", "email": "ana"}'

        def send(sent: str) -> int:
            with closing(HttpClient(running.address, "", "")) as client:
                return client.send("POST", "/scouter/user", body, {"x-bootstrap-token": sent}).status

        assert [send(f"wrong {n}") for n in range(12)] == [401] * 10 + [429] * 2
        assert send(key) == 429
    finally:
        running.stop()


def test_failed_logins_are_logged_with_the_name_escaped_and_cut(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    address = next(_addresses)
    name = "eve\u202e\u2028" + "x" * 150
    with caplog.at_level(logging.WARNING, "scouter.users"):
        assert login(server, name.encode().decode("latin-1"), "a wrong password", address).status == 401
        assert guess(server, "ana", address)[-1] == 429
    said = [record.message for record in caplog.records if record.name.startswith("scouter.users")]
    assert said[0] == f"failed login as 'eve\\u202e\\u2028{'x' * 59}'… from {address}"
    assert said[1:11] == [f"failed login as 'ana' from {address}"] * 10
    assert said[11:] == [f"no password is judged for 30 s: too many failed logins as 'ana' from {address}"]
    assert "wrong" not in "".join(said)
