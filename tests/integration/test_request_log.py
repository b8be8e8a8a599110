"""What is logged about requests, and who is called the caller."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path

import psycopg
import pytest

from scouter.server import Server
from tests.http_client import Answer, HttpClient
from tests.integration.conftest import settings_for
from tests.integration.test_metrics import spc_records
from tests.profile_documents import registration, spc_profile
from tests.server_process import PreparedServer


def test_successful_requests_are_not_logged_and_failed_ones_are_with_their_id(tmp_path: Path) -> None:
    with PreparedServer(tmp_path) as server:
        before = len(server.log)
        client = HttpClient(server.url).login()
        uid = client.post("/scouter/profile", registration(spc_profile())).body["uid"]
        assert client.post("/scouter/message", spc_records(uid, 1.0)).status == 200
        assert server.log[before:] == ""
        answer = client.send("GET", "/scouter/nowhere%0AERROR%20forged", headers={"X-Request-ID": "find-me"})
        assert answer.headers["X-Request-Id"] == "find-me"
        (line,) = server.log[before:].splitlines()
        assert re.search(r"GET /scouter/nowhere\\nERROR forged 404 [\d.]+ ms from 127.0.0.1: NOT_FOUND, .*", line)
        assert line.endswith("[find-me]")


def test_every_line_of_a_request_has_its_id_as_json_too(tmp_path: Path) -> None:
    with PreparedServer(tmp_path, {"LOG_JSON": "true"}) as server:
        client = HttpClient(server.url).login()
        uid = client.post("/scouter/profile", registration(spc_profile())).body["uid"]
        with psycopg.connect(server.conninfo()) as connection:
            connection.execute("ALTER TABLE entity RENAME TO hidden")
        moved = {"space": "s", "name": "other", "version": "0.1.0", "drift_type": "Spc"}
        answer = client.get("/scouter/profile", **moved)
        assert (answer.status, answer.body["code"]) == (500, "INTERNAL_ERROR")
        with psycopg.connect(server.conninfo()) as connection:
            connection.execute("ALTER TABLE hidden RENAME TO entity")
        entries = [json.loads(line) for line in server.log.splitlines() if line.startswith("{")]
        mine = [entry for entry in entries if entry.get("request_id") == answer.headers["X-Request-Id"]]
        assert [entry["level"] for entry in mine] == ["error", "warning"]
        assert "UndefinedTable" in mine[0]["exception"]
        assert uid
        assert all("request_id" not in entry for entry in entries if entry["thread"] == "MainThread")


def test_a_slow_request_is_a_warning(
    server: Server, database: str, admin: HttpClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scouter.api.request_log.SLOW_SECONDS", 0.0)
    with caplog.at_level(logging.INFO, "scouter.http"):
        admin.get("/scouter/healthcheck")
    assert [record.levelname for record in caplog.records if "/scouter/healthcheck 200" in record.message] == [
        "WARNING"
    ]


def test_a_word_that_is_none_of_those_taken_is_in_the_log_and_nothing_else_that_was_sent(
    admin: HttpClient, caplog: pytest.LogCaptureFixture
) -> None:
    admin.get("/scouter/profile", space="s", name="m", version="1", drift_type="GenAI\x1b[1m")
    admin.post("/scouter/user", {"username": "a", "email": "hidden@example.com", "password": "hidden\n"})
    admin.post("/scouter/tags", {"tags": [{"entity_type": "hidden\n"}]})
    said = [record.getMessage() for record in caplog.records if record.name == "scouter.http"]
    assert "BAD_REQUEST, drift_type: 'GenAI\\x1b[1m' is not accepted; expected Spc, Psi or Custom" in said[0]
    assert len(said) == 3
    assert "hidden" not in "".join(said)


def failed_login(address: str, forwarded: str) -> Answer:
    client = HttpClient(address, "admin", "wrong")
    try:
        return client.send("GET", "/scouter/auth/login", headers={"X-Forwarded-For": forwarded})
    finally:
        client.close()


def test_forwarded_addresses_of_strangers_do_not_get_around_the_limit(server: Server) -> None:
    statuses = [failed_login(server.address, f"198.51.100.{n}").status for n in range(12)]
    assert statuses == [401] * 10 + [429] * 2


def test_behind_a_trusted_proxy_each_caller_has_a_limit_of_his_own(
    database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = Server(settings_for(database, tmp_path, SCOUTER_TRUSTED_PROXIES="127.0.0.0/8, 10.0.0.5"))
    server.start()
    try:
        first = [failed_login(server.address, f"203.0.113.{n}, 198.51.100.1, 10.0.0.5").status for n in range(12)]
        assert first == [401] * 10 + [429] * 2, "what the caller wrote himself does not count"
        assert failed_login(server.address, "198.51.100.2, 10.0.0.5").status == 401
        assert any("from 198.51.100.2" in record.message for record in caplog.records)
    finally:
        server.stop()
