"""Logging in, tokens, renewal in place, permissions on every route."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import psycopg
import pytest

from scouter.postgres.connections.pool import connect
from scouter.postgres.tables import users
from scouter.server import Server
from tests.http_client import HttpClient
from tests.integration.conftest import settings_for
from tests.integration.quick_hash import quick_hash
from tests.profile_documents import registration, spc_profile
from tests.server_process import ROOT, PreparedServer

KEY = "a key of the tests that is long enough for HS256"


@pytest.fixture
def server(database: str, tmp_path: Path) -> Iterator[Server]:
    running = Server(settings_for(database, tmp_path, SCOUTER_ENCRYPT_SECRET=KEY))
    running.start()
    yield running
    running.stop()


def add_user(database: str, username: str, password: str, *permissions: str) -> None:
    with connect(database) as connection:
        assert users.add_user(
            connection,
            username,
            quick_hash(password),
            email=username,
            role="user",
            permissions=permissions,
            group_permissions=["user"],
        )


def execute(database: str, statement: str) -> None:
    with psycopg.connect(database, options="-c search_path=scouter_py") as connection:
        connection.execute(statement.encode())


def token(subject: str, *, credential: int = 1, expires: timedelta = timedelta(hours=1), key: str = KEY) -> str:
    claims = {"sub": subject, "exp": int((datetime.now(UTC) + expires).timestamp()), "cred": credential}
    return jwt.encode({**claims, "permissions": ["read:all", "write:all"], "group_permissions": ["admin"]}, key)


def test_a_token_has_the_claims_that_clients_have_always_had(admin: HttpClient) -> None:
    assert admin.token is not None
    claims = jwt.decode(admin.token, KEY, algorithms=["HS256"])
    assert claims["sub"] == "admin"
    assert claims["permissions"] == ["read:all", "write:all"]
    assert claims["group_permissions"] == ["admin"]
    assert len(claims["salt"]) == 16
    assert 3500 < claims["exp"] - time.time() <= 3600
    assert jwt.get_unverified_header(admin.token) == {"typ": "JWT", "alg": "HS256"}


def test_wrong_password_and_unknown_user_are_told_the_same(server: Server) -> None:
    answers = [HttpClient(server.address, *who).get("/scouter/auth/login") for who in (("admin", "x"), ("nobody", "x"))]
    assert [answer.status for answer in answers] == [401, 401]
    assert answers[0].body == answers[1].body


def test_a_login_without_headers_is_400(server: Server) -> None:
    client = HttpClient(server.address)
    client._connection.request("GET", "/scouter/auth/login")
    reply = client._connection.getresponse()
    assert reply.status == 400


def test_a_password_may_be_any_text(server: Server, database: str) -> None:
    add_user(database, "jürgen", "pässwörd ✓", "read:all")
    sent = {"username": "jürgen".encode().decode("latin-1"), "password": "pässwörd ✓".encode().decode("latin-1")}
    assert HttpClient(server.address).send("GET", "/scouter/auth/login", headers=sent).status == 200


def test_validate_and_refresh_want_a_valid_token(server: Server, admin: HttpClient) -> None:
    assert admin.get("/scouter/auth/validate").body == {"is_authenticated": True}
    fresh = admin.get("/scouter/auth/refresh").body["token"]
    assert jwt.decode(fresh, KEY, algorithms=["HS256"])["sub"] == "admin"
    for bad in (token("admin", expires=timedelta(hours=-2)), token("admin", key="another key " * 4), "nonsense"):
        admin.token = bad
        assert admin.get("/scouter/auth/validate").status == 401
        assert admin.get("/scouter/auth/refresh").status == 401


def test_no_token_is_401(server: Server) -> None:
    answer = HttpClient(server.address).get("/scouter/profile", name="n", space="s", version="1", drift_type="Spc")
    assert (answer.status, answer.body["code"]) == (401, "UNAUTHORIZED")


def test_the_cookie_is_understood_and_the_scheme_in_any_letters(server: Server, admin: HttpClient) -> None:
    bare = HttpClient(server.address)
    cookie = {"cookie": f"access_token={admin.token}"}
    assert bare.send("GET", "/scouter/auth/validate", headers=cookie).status == 200
    for scheme in ("Bearer", "bearer", "BEARER", "bearer "):
        sent = {"authorization": f"{scheme} {admin.token}"}
        assert bare.send("GET", "/scouter/auth/validate", headers=sent).status == 200
    for other in ("Basic", "Bearertoken", ""):
        sent = {"authorization": f"{other} {admin.token}"}
        assert bare.send("GET", "/scouter/auth/validate", headers=sent).status == 401


@pytest.mark.parametrize(
    "stale",
    [
        token("admin", expires=timedelta(hours=-2)),
        token("admin", key="the key before it was changed, also long enough"),
        token("admin", credential=999),
        "not a token at all",
    ],
    ids=["expired", "another key", "earlier credentials", "nonsense"],
)
def test_an_unusable_token_is_renewed_by_name_and_password(server: Server, stale: str) -> None:
    client = HttpClient(server.address)
    client.token = stale
    answer = client.post("/scouter/message", {"records": []})
    assert answer.status == 200
    scheme, _, fresh = answer.headers["Authorization"].partition(" ")
    assert scheme == "Bearer"
    client.token = fresh
    again = client.post("/scouter/message", {"records": []})
    assert again.status == 200
    assert "Authorization" not in again.headers


def test_a_renewal_comes_with_errors_too(server: Server) -> None:
    client = HttpClient(server.address)
    client.token = "nonsense"
    answer = client.get("/scouter/drift/spc", uid="nobody", time_interval="OneHour", max_data_points=1)
    assert answer.status == 404
    assert answer.headers["Authorization"].startswith("Bearer ")


def test_a_token_of_somebody_else_is_not_renewed(server: Server, database: str) -> None:
    client = HttpClient(server.address, "guest", "guest")
    client.token = token("admin", expires=timedelta(hours=-2))
    answer = client.post("/scouter/message", {"records": []})
    assert answer.status == 401
    assert "Authorization" not in answer.headers


def test_a_made_up_token_opens_nothing(server: Server) -> None:
    client = HttpClient(server.address, "admin", "wrong")
    unsigned = jwt.encode({"sub": "admin", "exp": 9999999999, "cred": 1}, "", algorithm="none")
    for forged in (unsigned, token("admin", key="guessed " * 5)):
        client.token = forged
        assert client.post("/scouter/message", {"records": []}).status == 401


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE app_user SET active = false WHERE username = 'guest'",
        "DELETE FROM app_user WHERE username = 'guest'",
        "UPDATE app_user SET password_hash = 'changed', credential_version = nextval('credential_version')"
        " WHERE username = 'guest'",
    ],
    ids=["deactivated", "deleted", "password changed"],
)
def test_a_token_ends_within_seconds_of_a_change(server: Server, database: str, change: str) -> None:
    guest = HttpClient(server.address, "guest", "guest").login()
    assert guest.post("/scouter/message", {"records": []}).status == 200
    execute(database, change)
    deadline = time.monotonic() + 6
    while (status := guest.post("/scouter/message", {"records": []}).status) == 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert status in {401, 429}


def spc_record(**where: str) -> dict[str, Any]:
    return {"Spc": {"created_at": datetime.now(UTC).isoformat(), "feature": "f0", "value": 1.0, **where}}


def test_every_route_asks_for_the_permission_of_its_space(server: Server, admin: HttpClient, database: str) -> None:
    uid = admin.post("/scouter/profile", registration(spc_profile(space="theirs"))).body["uid"]
    mine = admin.post("/scouter/profile", registration(spc_profile(space="mine"))).body["uid"]
    add_user(database, "eve", "eve", "read:mine", "write:mine")
    eve = HttpClient(server.address, "eve", "eve").login()
    chart = {"time_interval": "OneHour", "max_data_points": 10}
    profile = {"name": "m", "version": "0.1.0", "drift_type": "Spc"}
    status = {"name": "m", "version": "0.1.0", "active": True}
    theirs = [
        eve.post("/scouter/profile", registration(spc_profile(space="theirs"))),
        eve.get("/scouter/profile", space="theirs", **profile),
        eve.put("/scouter/profile/status", {"space": "theirs", **status}),
        eve.get("/scouter/drift/spc", uid=uid, space="theirs", **chart),
        eve.get("/scouter/drift/spc", uid=uid, space="mine", **chart),
        eve.get("/scouter/drift/spc", uid=uid, **chart),
        eve.get("/scouter/drift/spc", space="theirs", name="m", version="0.1.0", **chart),
        eve.get("/scouter/drift/spc", space="nowhere", name="m", version="0.1.0", **chart),
        eve.post("/scouter/message", {"records": [spc_record(uid=mine), spc_record(uid=uid)]}),
        eve.post("/scouter/drift", {"records": [spc_record(space="theirs", name="m", version="0.1.0")]}),
        eve.post("/scouter/drift", {"records": [spc_record(space="nowhere", name="m", version="0.1.0")]}),
    ]
    assert [answer.status for answer in theirs] == [403] * len(theirs)
    assert {answer.body["code"] for answer in theirs} == {"PERMISSION_DENIED"}
    own = [
        eve.get("/scouter/profile", space="mine", **profile),
        eve.get("/scouter/drift/spc", uid=mine, space="mine", **chart),
        eve.post("/scouter/message", {"records": [spc_record(uid=mine)]}),
        eve.put("/scouter/profile/status", {"space": "mine", **status}),
    ]
    assert [answer.status for answer in own] == [200] * len(own)


def test_permissions_are_those_of_now(server: Server, admin: HttpClient, database: str) -> None:
    uid = admin.post("/scouter/profile", registration(spc_profile())).body["uid"]
    guest = HttpClient(server.address, "guest", "guest").login()
    assert guest.post("/scouter/message", {"records": [spc_record(uid=uid)]}).status == 200
    execute(database, "UPDATE app_user SET permissions = '{read:all}' WHERE username = 'guest'")
    deadline = time.monotonic() + 6
    while (answer := guest.post("/scouter/message", {"records": [spc_record(uid=uid)]})).status == 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert answer.status == 403


def test_a_doubled_slash_is_collapsed(admin: HttpClient) -> None:
    assert admin.send("GET", "//scouter/auth/validate").status == 200


def test_errors_have_one_shape(admin: HttpClient) -> None:
    answers = [
        admin.get("/scouter/nowhere"),
        admin.send("PATCH", "/scouter/profile"),
        admin.send("DELETE", "/scouter/healthcheck"),
        admin.send("POST", "/scouter/message", b"{"),
    ]
    assert [answer.status for answer in answers] == [404, 405, 405, 400]
    for answer in answers:
        assert isinstance(answer.body["error"], str)
        assert isinstance(answer.body["code"], str)
        assert answer.headers["X-Request-Id"]
        assert answer.headers["X-Request-Id"] not in str(answer.body)


# A process of its own: threads of this one would hold up the logins that are timed.
FLOOD = """
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from tests.http_client import HttpClient

end = time.monotonic() + 5

def guess(n):
    statuses = set()
    while time.monotonic() < end:
        statuses.add(HttpClient(sys.argv[1], "admin", f"wrong {n}").get("/scouter/auth/login").status)
        if 429 in statuses and n == 0:
            print(429, flush=True)
            n = 32
    return statuses

with ThreadPoolExecutor(32) as guessers:
    print(*sorted(set().union(*guessers.map(guess, range(32)))))
"""


@pytest.mark.quiet
@pytest.mark.alone
def test_a_flood_of_wrong_passwords_does_not_fill_the_memory_nor_keep_others_out(tmp_path: Path) -> None:
    with PreparedServer(tmp_path) as running:
        command = [sys.executable, "-c", FLOOD, running.url]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as flood:
            assert flood.stdout is not None
            assert flood.stdout.readline() == "429\n"
            times: list[float] = []
            while flood.poll() is None and len(times) < 5:
                began = time.perf_counter()
                assert HttpClient(running.url, "guest", "guest").get("/scouter/auth/login").status == 200
                times.append(time.perf_counter() - began)
            assert flood.stdout.read() == "401 429\n"
        memory = rss_mb(running.pid)
    assert memory < 250, "every thread that hashes keeps 19 MiB"
    assert times, "the flood was over too soon"
    assert max(times) < 1.0, "the oldest client gives up after a second"


def rss_mb(pid: int) -> float:
    [line] = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1024
