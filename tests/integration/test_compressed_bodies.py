"""Compressed bodies over HTTP: stored as plain ones are, refused by name, kept when they are broken."""

from __future__ import annotations

import gzip
import json
import zlib
from datetime import UTC, datetime
from typing import Any

import psycopg
import pyarrow as pa
import pytest

from scouter.server import Server
from tests.http_client import Answer, HttpClient
from tests.profile_documents import registration, spc_profile

PACK: dict[str, Any] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": lambda data: pa.compress(data, codec="zstd", asbytes=True),
    "identity": bytes,
}


def send(client: HttpClient, path: str, body: bytes, encoding: str, **headers: str) -> Answer:
    return client.send("POST", path, body, {"Content-Encoding": encoding, **headers})


@pytest.fixture
def message(admin: HttpClient) -> bytes:
    uid = admin.post("/scouter/profile", registration(spc_profile())).body["uid"]
    at = datetime.now(UTC).isoformat()
    records = [{"Spc": {"created_at": at, "uid": uid, "feature": "f0", "value": float(n)}} for n in range(500)]
    return json.dumps({"records": records}).encode()


@pytest.mark.parametrize("encoding", PACK)
def test_a_compressed_message_is_stored(admin: HttpClient, message: bytes, encoding: str) -> None:
    answer = send(admin, "/scouter/message", PACK[encoding](message), encoding, **{"Idempotency-Key": "one"})
    assert (answer.status, answer.body.get("stored")) == (200, 500)
    again = admin.send("POST", "/scouter/message", message, {"Idempotency-Key": "one"})
    assert again.body["duplicate"], "the same message, packed or not"


@pytest.mark.shares_server
@pytest.mark.parametrize("encoding", PACK)
def test_every_route_takes_compressed_bodies(admin: HttpClient, encoding: str) -> None:
    body = PACK[encoding](json.dumps(registration(spc_profile())).encode())
    assert send(admin, "/scouter/profile", body, encoding).status == 200


def test_another_encoding_is_refused_by_name(admin: HttpClient, message: bytes) -> None:
    for path in ("/scouter/message", "/scouter/profile"):
        answer = send(admin, path, message, "br")
        assert (answer.status, answer.body["code"]) == (415, "UNSUPPORTED_ENCODING")
        assert answer.headers["Accept-Encoding"] == "gzip, deflate, zstd"
        assert "'br'" in answer.body["error"]
        assert "gzip, deflate, zstd" in answer.body["error"]
    assert admin.get("/scouter/ledger").body["total"]["refused"] == 1


def test_a_bomb_is_too_large(admin: HttpClient, server: Server) -> None:
    zeros = bytes(17 * 2**20)
    for encoding in ("gzip", "deflate", "zstd"):
        answer = send(admin, "/scouter/message", PACK[encoding](zeros), encoding)
        assert (answer.status, answer.body["code"]) == (413, "TOO_LARGE")
    assert admin.get("/scouter/ledger").body["total"]["refused"] == 3


def test_a_broken_body_is_kept_as_it_came(admin: HttpClient, message: bytes, database: str) -> None:
    packed = gzip.compress(message)[:-9]
    answer = send(admin, "/scouter/message", packed, "gzip")
    assert (answer.status, answer.body["code"]) == (400, "BAD_REQUEST")
    assert "its gzip ends early" in answer.body["error"]
    raw = admin.get(f"/scouter/quarantine/{answer.body['quarantine_id']}/raw")
    assert raw.body == packed
    with psycopg.connect(database, options="-c search_path=scouter_py") as connection:
        assert connection.execute("SELECT reason FROM quarantine").fetchall() == [("undecodable",)]
    total = admin.get("/scouter/ledger").body["total"]
    assert (total["received"], total["quarantined"]) == (1, 1)
    assert send(admin, "/scouter/profile", packed, "gzip").status == 400
