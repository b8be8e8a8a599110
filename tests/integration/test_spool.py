"""Messages while Postgres is away, slow or lying: acknowledged all the same, and stored exactly once."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from scouter.server import Server
from tests.conditions import children_of, eventually, probe
from tests.http_client import Answer, HttpClient
from tests.integration.away import Away
from tests.metrics_page import sample, samples_at
from tests.profile_documents import registration, spc_profile
from tests.server_process import PreparedServer


@pytest.fixture
def away(tmp_path: Path) -> Iterator[Away]:
    made = Away(tmp_path)
    yield made
    made.close()


def test_what_is_sent_while_the_database_is_stopped_is_stored_when_it_is_back(away: Away) -> None:
    assert away.send(1.0).body["stored"] == 1
    away.database.stop()
    answers = [away.send(float(number)) for number in range(2, 30)]
    assert {answer.status for answer in answers} == {200}
    assert {(answer.body["stored"], answer.body["spooled"]) for answer in answers} == {(0, True)}
    assert away.ledger()["total"]["spooled"] == 28
    away.database.start()
    eventually(lambda: away.values() == [float(number) for number in range(1, 30)])
    eventually(lambda: away.ledger()["total"]["spooled"] == 0)
    assert away.ledger()["total"]["stored"] == 29
    assert away.send(30.0).body["stored"] == 1, "straight to Postgres again"


@pytest.mark.quiet
def test_only_the_first_message_waits_for_a_database_that_hangs(away: Away) -> None:
    assert away.send(1.0).status == 200
    with away.freeze():
        began = time.monotonic()
        assert away.send(2.0).body["spooled"]
        assert time.monotonic() - began < 3
        began = time.monotonic()
        for number in range(3, 53):
            assert away.send(float(number)).body["spooled"]
        assert time.monotonic() - began < 3, "the breaker is open"
        assert probe(away.server.url).status == 200, "it can durably accept"
        metrics = samples_at(f"http://127.0.0.1:{away.server.port + 1}")
        assert sample(metrics, "scouter_breaker_open") == 1
        assert sample(metrics, "scouter_messages_spooled", transport="http") == 51
    eventually(lambda: away.values() == [float(number) for number in range(1, 53)], seconds=20)


def test_a_message_of_an_unknown_profile_is_judged_when_the_database_is_back(away: Away) -> None:
    assert away.send(1.0).status == 200
    away.database.stop()
    assert away.send(2.0, uid="00000000-0000-7000-8000-000000000000").body["spooled"]
    assert away.send(3.0, feature="a-new-one").body["spooled"]
    away.database.start()
    eventually(lambda: away.values() == [1.0, 3.0])
    eventually(lambda: away.query("SELECT reason, transport FROM quarantine") == [("unknown_profile", "http")])
    assert away.ledger()["total"]["quarantined"] == 1


def test_a_rejected_message_that_comes_while_the_database_is_away_is_answered_and_kept(away: Away) -> None:
    assert away.send(1.0).status == 200
    away.database.stop()
    answer = away.client.send("POST", "/scouter/message", b'{"records": [')
    assert (answer.status, answer.body["code"]) == (400, "BAD_REQUEST")
    away.database.start()
    expected = [(answer.body["quarantine_id"], b'{"records": [')]
    eventually(lambda: away.query("SELECT id::text, raw FROM quarantine") == expected)


def test_a_server_that_is_killed_with_a_full_spool_stores_it_after_its_next_start(away: Away) -> None:
    assert away.send(1.0).status == 200
    away.database.stop()
    for number in range(2, 12):
        assert away.send(float(number)).body["spooled"]
    away.server.kill()
    away.database.start()
    away.server.start()
    eventually(lambda: away.values() == [float(number) for number in range(1, 12)])
    away.client = HttpClient(away.server.url).login()
    total = away.ledger()["total"]
    assert (total["received"], total["stored"], total["spooled"]) == (11, 11, 0)


def test_the_spool_of_a_server_that_never_comes_back_is_taken_over(away: Away, tmp_path: Path) -> None:
    assert away.send(1.0).status == 200
    away.database.stop()
    assert away.send(2.0).body["spooled"]
    away.server.kill()
    away.database.start()
    spool = str(tmp_path / "server" / "data" / "spool")
    environment = {"DATABASE_URI": away.conninfo, "SCOUTER_SPOOL_DIR": spool, "SCOUTER_DEFAULT_PASSWORD": "admin"}
    with PreparedServer(tmp_path / "heir", environment):
        eventually(lambda: away.values() == [1.0, 2.0])


def test_two_servers_share_a_directory_and_not_a_spool(away: Away, tmp_path: Path) -> None:
    spool = str(tmp_path / "server" / "data" / "spool")
    environment = {"DATABASE_URI": away.conninfo, "SCOUTER_SPOOL_DIR": spool, "SCOUTER_DEFAULT_PASSWORD": "admin"}
    with PreparedServer(tmp_path / "second", environment) as second:
        other = HttpClient(second.url).login()
        record = {"created_at": datetime.now(UTC).isoformat(), "uid": away.uid, "feature": "f0"}
        assert away.send(1.0).status == 200
        assert other.post("/scouter/message", {"records": [{"Spc": {**record, "value": 2.0}}]}).body["stored"] == 1
        away.database.stop()
        assert away.send(3.0).body["spooled"]
        assert other.post("/scouter/message", {"records": [{"Spc": {**record, "value": 4.0}}]}).body["spooled"]
        assert away.ledger()["spool"]["messages"] == 1, "its own"
        away.database.start()
        eventually(lambda: away.values() == [1.0, 2.0, 3.0, 4.0])
        for client in (away.client, other):
            eventually(lambda client=client: client.get("/scouter/ledger").body["total"]["stored"] == 4)  # type: ignore[misc]


def test_a_full_spool_is_answered_503_and_counted(tmp_path: Path) -> None:
    away = Away(tmp_path, SCOUTER_SPOOL_MAX_BYTES=str(2**20))
    try:
        assert away.send(0.0).status == 200
        away.database.stop()
        acknowledged = [0.0]
        refused: list[Answer] = []
        number = 1.0
        while len(refused) < 3:
            values = [number + random.random() for _ in range(700)]
            number += 1
            answer = away.send(*values)
            if answer.status == 200:
                acknowledged += values
            else:
                refused.append(answer)
        assert {(answer.status, answer.body["code"]) for answer in refused} == {(503, "SPOOL_FULL")}
        assert int(refused[0].headers["Retry-After"]) > 0
        assert away.ledger()["total"]["refused"] == 3
        assert probe(away.server.url).status == 503
        away.database.start()
        eventually(lambda: away.values() == sorted(acknowledged))
        assert away.send(-1.0).body["stored"] == 1
        eventually(lambda: away.query("SELECT sum(refused)::int FROM ledger") == [(3,)])
    finally:
        away.close()


def test_what_was_refused_is_still_counted_after_a_kill(tmp_path: Path) -> None:
    away = Away(tmp_path, SCOUTER_SPOOL_MAX_BYTES=str(2**20))
    try:
        assert away.client.post("/scouter/message", {"records": []}).status == 200
        away.database.stop()
        statuses = [away.send(*(random.random() for _ in range(700))).status for _ in range(150)]
        assert set(statuses) == {200, 503}
        time.sleep(3)  # counts are written down every other second
        away.server.kill()
        away.database.start()
        away.server.start()
        away.client = HttpClient(away.server.url).login()
        eventually(lambda: away.ledger()["total"]["spooled"] == 0)
        total = away.ledger()["total"]
        assert (total["refused"], total["stored"], total["empty"]) == (statuses.count(503), statuses.count(200), 1)
        assert away.query("SELECT sum(refused)::int, sum(empty)::int FROM ledger") == [(statuses.count(503), 1)]
    finally:
        away.close()


def test_a_users_last_known_rights_stand_in_while_the_database_is_away(away: Away) -> None:
    user = {"username": "ana", "password": "ana-secret", "email": "ana@example.org", "permissions": ["read:all"]}
    assert away.client.post("/scouter/user", user).status == 200
    reader = HttpClient(away.server.url, "ana", "ana-secret").login()
    assert away.send(1.0).status == 200
    away.database.stop()
    assert away.send(2.0).body["spooled"]
    record = {"created_at": datetime.now(UTC).isoformat(), "uid": away.uid, "feature": "f0", "value": 1.0}
    assert reader.post("/scouter/message", {"records": [{"Spc": record}]}).status == 403
    nobody_asked = {"records": [{"Spc": {**record, "uid": "which only the database may know"}}]}
    assert reader.post("/scouter/message", nobody_asked).status == 403, "who may write nowhere fills no spool"
    again = HttpClient(away.server.url).login()
    assert again.post("/scouter/message", {"records": [{"Spc": {**record, "value": 3.0}}]}).body["spooled"]
    away.database.start()
    eventually(lambda: away.values() == [1.0, 2.0, 3.0])


def test_a_server_that_stops_while_the_database_hangs_keeps_what_it_accepted(tmp_path: Path) -> None:
    away = Away(tmp_path, SCOUTER_SHUTDOWN_SECONDS="4")
    assert away.send(1.0).status == 200
    with away.freeze():
        answers: list[Answer] = []
        sender = threading.Thread(target=lambda: answers.append(away.send(2.0)))
        sender.start()
        time.sleep(0.2)
        away.server.terminate()
        sender.join()
        assert [answer.status for answer in answers] == [200]
        away.server.wait(10)
        assert "messages wait in" in away.server.log
    away.server.start()
    eventually(lambda: away.values() == [1.0, 2.0])
    away.close()


def test_the_same_key_stores_a_message_once(server: Server, admin: HttpClient, database: str) -> None:
    uid = admin.post("/scouter/profile", registration(spc_profile())).body["uid"]
    record = {"created_at": datetime.now(UTC).isoformat(), "uid": uid, "feature": "f0", "value": 1.0}
    body = json.dumps({"records": [{"Spc": record}, {"Spc": {**record, "value": None}}]}).encode()
    first, again = (admin.send("POST", "/scouter/message", body, {"Idempotency-Key": "a key"}) for _ in range(2))
    assert (first.status, first.body["stored"], first.body.get("duplicate")) == (200, 1, None)
    assert (again.status, again.body["stored"], again.body["duplicate"]) == (200, 1, True)
    assert again.body["skipped"] == first.body["skipped"] == {"null_value": 1}
    other = admin.send("POST", "/scouter/message", body.replace(b"1.0", b"2.0"), {"Idempotency-Key": "a key"})
    assert (other.status, other.body["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    bad = admin.send("POST", "/scouter/message", body, {"Idempotency-Key": "k" * 256})
    assert (bad.status, bad.body["field"]) == (400, "header Idempotency-Key")
    with psycopg.connect(database, options="-c search_path=scouter_py") as connection:
        assert connection.execute("SELECT value FROM spc_record").fetchall() == [(1.0,)]
    total = admin.get("/scouter/ledger").body["total"]
    assert (total["stored"], total["duplicate"], total["quarantined"], total["refused"]) == (1, 1, 1, 1)


def test_keys_hold_over_the_spool(away: Away) -> None:
    assert away.send(1.0).status == 200
    away.database.stop()
    stamp = datetime.now(UTC).isoformat()
    record = {"created_at": stamp, "uid": away.uid, "feature": "f0", "value": 2.0}
    body = json.dumps({"records": [{"Spc": record}]}).encode()
    for _ in range(3):
        answer = away.client.send("POST", "/scouter/message", body, {"Idempotency-Key": "one"})
        assert answer.body["spooled"]
    away.database.start()
    eventually(lambda: away.ledger()["total"]["spooled"] == 0)
    assert away.values() == [1.0, 2.0]
    assert away.ledger()["total"]["duplicate"] == 2
    again = away.client.send("POST", "/scouter/message", body, {"Idempotency-Key": "one"})
    assert again.body["duplicate"]


def test_what_postgres_refuses_is_kept_alone_and_its_neighbours_are_stored(away: Away) -> None:
    with psycopg.connect(away.conninfo, options="-c search_path=scouter_py") as connection:
        connection.execute("ALTER TABLE spc_record ADD CONSTRAINT no_evil CHECK (value <> 666)")
    answer = away.send(666.0)
    assert (answer.status, answer.body["code"]) == (422, "REFUSED_BY_DATABASE")
    assert "no_evil" in answer.body["error"]
    away.database.stop()
    for number in range(20):
        assert away.send(666.0 if number % 5 == 2 else float(number)).status == 200
    away.database.start()
    eventually(lambda: away.ledger()["total"]["spooled"] == 0)
    assert away.values() == [float(number) for number in range(20) if number % 5 != 2]
    assert away.query("SELECT reason, count(*) FROM quarantine GROUP BY 1") == [("refused_by_database", 5)]
    assert away.ledger()["total"]["quarantined"] == 5


def test_killing_the_postmaster_of_the_embedded_database_costs_nothing(tmp_path: Path) -> None:
    with PreparedServer(tmp_path) as server:
        client = HttpClient(server.url).login()
        uid = client.post("/scouter/profile", registration(spc_profile())).body["uid"]
        (postmaster,) = children_of(server.pid)
        sent = 0
        for number in range(60):
            record = {"created_at": datetime.now(UTC).isoformat(), "uid": uid, "feature": "f0", "value": float(number)}
            assert client.post("/scouter/message", {"records": [{"Spc": record}]}).status == 200
            sent += 1
            if number == 20:
                os.kill(postmaster, signal.SIGKILL)
        eventually(lambda: client.get("/scouter/ledger").body["total"]["spooled"] == 0, seconds=20)
        with psycopg.connect(server.conninfo()) as connection:
            rows = connection.execute("SELECT value FROM spc_record ORDER BY value").fetchall()
        assert [row[0] for row in rows] == [float(number) for number in range(sent)]


def test_when_postgres_refuses_everything_nothing_more_goes_to_quarantine_until_an_admin_says_so(away: Away) -> None:
    def forbid(connection: psycopg.Connection[Any], what: str) -> None:
        connection.execute(f"ALTER TABLE spc_record ADD CONSTRAINT no_good CHECK ({what}) NOT VALID".encode())

    assert away.send(1.0).status == 200
    with psycopg.connect(away.conninfo, options="-c search_path=scouter_py") as connection:
        forbid(connection, "value < 0")
    away.database.stop()
    for number in range(1100):
        assert away.send(float(number)).status == 200
    away.database.start()
    eventually(lambda: "which is more likely a fault" in away.server.log, seconds=20)
    ledger = away.ledger()
    # The first one is a batch of its own: it was tried before the database was known to be away.
    assert (ledger["total"]["quarantined"], ledger["total"]["spooled"]) == (1, 1099)
    assert ledger["spool"]["state"] == "stopped: Postgres refuses everything"
    assert HttpClient(away.server.url, "guest", "guest").post("/scouter/spool/resume", {}).status == 401
    assert away.client.post("/scouter/spool/resume", {}).body["message"] == "it goes on"
    eventually(lambda: away.ledger()["total"]["quarantined"] == 1100, seconds=20)
    with psycopg.connect(away.conninfo, options="-c search_path=scouter_py") as connection:
        connection.execute("ALTER TABLE spc_record DROP CONSTRAINT no_good")
    assert away.send(-1.0).status == 200
    assert away.client.post("/scouter/quarantine/replay", {"reason": "refused_by_database"}).body["replayed"] == 1100
    assert away.values() == sorted([-1.0, 1.0, *map(float, range(1100))])
