"""What admins do with messages that could not be stored: look, download, replay, delete. Its limits, and the ledger."""

from __future__ import annotations

import base64
import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from scouter.maintenance.quarantine_limits import QuarantineLimits
from scouter.postgres.connections.pool import Pool
from scouter.server import Server
from tests.conditions import eventually
from tests.http_client import Answer, HttpClient
from tests.integration.callers import LogIn, log_in  # noqa: F401  # a fixture
from tests.integration.conftest import settings_for
from tests.integration.test_program import program
from tests.metrics_page import sample, samples_at
from tests.profile_documents import registration, spc_profile

ALL = "/scouter/quarantine"


def message(*values: float, name: str = "m") -> bytes:
    """Records of a profile by its names, which may be registered later."""
    record = {"created_at": datetime.now(UTC).isoformat(), "space": "s", "name": name, "version": "0.1.0"}
    return json.dumps({"records": [{"Spc": {**record, "feature": "f0", "value": value}} for value in values]}).encode()


def send(client: HttpClient, body: bytes, key: str | None = None) -> Answer:
    return client.send("POST", "/scouter/message", body, {"Idempotency-Key": key} if key else None)


def refused(client: HttpClient, body: bytes, key: str | None = None) -> str:
    """The id under which a bad message is kept."""
    answer = send(client, body, key)
    assert answer.status in (400, 422), answer
    kept: str = answer.body["quarantine_id"]
    return kept


def register(client: HttpClient, name: str = "m") -> None:
    assert client.post("/scouter/profile", registration(spc_profile(name=name), legacy=True)).status == 200


def replay(client: HttpClient, entry_id: str) -> Answer:
    return client.send("POST", f"{ALL}/{entry_id}/replay")


def replay_all(client: HttpClient, **wanted: object) -> Any:
    answer = client.post(f"{ALL}/replay", wanted)
    assert answer.status == 200, answer
    return answer.body


def kept(client: HttpClient, **query: object) -> list[dict[str, Any]]:
    answer = client.get(ALL, **query)
    assert answer.status == 200, answer
    items: list[dict[str, Any]] = answer.body["items"]
    return items


def ids(client: HttpClient, **query: object) -> list[str]:
    return [item["id"] for item in kept(client, **query)]


def run(database: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database, options="-c search_path=scouter_py") as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def values(database: str) -> list[float]:
    return [row[0] for row in run(database, "SELECT value FROM spc_record ORDER BY value")]


def forbid_666(database: str) -> None:
    run(database, "ALTER TABLE spc_record ADD CONSTRAINT no_evil CHECK (value <> 666)")


def allow_666(database: str) -> None:
    run(database, "ALTER TABLE spc_record DROP CONSTRAINT no_evil")


def ledger(client: HttpClient) -> dict[str, int]:
    """The totals of the ledger, which must balance and agree with what is in quarantine."""
    body = client.get("/scouter/ledger").body
    assert body["balanced"], body
    there = body["quarantine"]
    assert there["kept"] == body["total"]["quarantined"] - there["deleted"] - there["expired"], body
    return {**body["total"], "kept": there["kept"], "deleted": there["deleted"], "expired": there["expired"]}


@contextmanager
def another_server(database: str, directory: Path, **environment: str) -> Iterator[HttpClient]:
    server = Server(settings_for(database, directory, **environment))
    server.start()
    try:
        yield HttpClient(server.address).login()
    finally:
        server.stop()


def test_only_admins_may_look_into_quarantine_or_change_it(admin: HttpClient, log_in: LogIn) -> None:  # noqa: F811
    entry_id = refused(admin, b"no json")
    eve = log_in("eve", "read:all", "write:all")
    answers = [
        eve.get(ALL),
        *(eve.get(f"{ALL}/{which}{path}") for which in (entry_id, uuid4()) for path in ("", "/raw")),
        *(replay(eve, str(which)) for which in (entry_id, uuid4())),
        eve.post(f"{ALL}/replay", {"all": True}),
        *(eve.delete(f"{ALL}/{which}") for which in (entry_id, uuid4())),
        eve.delete(f"{ALL}?reason=undecodable"),
    ]
    assert {(answer.status, answer.body["code"]) for answer in answers} == {(403, "PERMISSION_DENIED")}
    assert ids(admin) == [entry_id]


def test_pages_are_newest_first_without_bodies_and_say_how_much_there_is(admin: HttpClient) -> None:
    sent = [refused(admin, b"no json %d" % number) for number in range(5)]
    first = admin.get(ALL, limit=2).body
    second = admin.get(ALL, limit=2, cursor=first["next_cursor"]).body
    third = admin.get(ALL, limit=2, cursor=second["next_cursor"]).body
    found = [item for page in (first, second, third) for item in page["items"]]
    assert [item["id"] for item in found] == sent[::-1]
    assert [page["has_next"] for page in (first, second, third)] == [True, True, False]
    assert third["next_cursor"] is None
    assert set(found[0]) == {
        *("id", "received_at", "quarantined_at", "transport", "reason", "detail", "username", "idempotency_key"),
        *("size", "replays"),
    }
    assert "not usable JSON" in found[0]["detail"]
    assert (found[0]["username"], found[0]["size"], found[0]["replays"]) == ("admin", 9, 0)
    expected = {"transport": "http", "reason": "undecodable", "messages": 5, "bytes": 45}
    assert first["totals"] == third["totals"] == [expected]


def test_pages_can_be_of_a_transport_a_reason_or_a_time(admin: HttpClient, database: str) -> None:
    text = refused(admin, b"no json")
    unknown = refused(admin, message(1.0))
    run(database, f"UPDATE quarantine SET transport = 'kafka', received_at = '2026-01-02T00:00Z' WHERE id = '{text}'")
    assert ids(admin, transport="kafka") == ids(admin, reason="undecodable") == [text]
    assert ids(admin, reason="unknown_profile") == ids(admin, since="2026-01-02T00:00:01Z") == [unknown]
    assert ids(admin, since="2026-01-02T00:00:00Z", until="2026-01-02T00:00:01Z") == [text]
    assert ids(admin, until="2026-01-02T00:00:00Z") == []
    assert {(total["transport"], total["messages"]) for total in admin.get(ALL).body["totals"]} == {
        ("http", 1),
        ("kafka", 1),
    }
    for query, field in (({"reason": "x"}, "reason"), ({"limit": 0}, "limit"), ({"cursor": "x"}, "cursor")):
        answer = admin.get(ALL, **query)
        assert (answer.status, answer.body["field"]) == (400, field)


def test_one_message_is_shown_with_the_beginning_of_its_body_and_downloaded_whole(admin: HttpClient) -> None:
    long = b"x" + "é".encode() * 40_000
    binary = b"\xff\xfe\x00\x01"
    shown = admin.get(f"{ALL}/{refused(admin, long)}").body
    assert shown["message"]["reason"] == "undecodable"
    assert shown["body"] == {"utf8": True, "cut": True, "text": "x" + "é" * 32767, "base64": None}
    assert admin.get(f"{ALL}/{shown['message']['id']}/raw").body == long
    entry_id = refused(admin, binary)
    body = admin.get(f"{ALL}/{entry_id}").body["body"]
    assert body == {"utf8": False, "cut": False, "text": None, "base64": base64.b64encode(binary).decode()}
    raw = admin.get(f"{ALL}/{entry_id}/raw")
    assert (raw.body, raw.headers["Content-Type"]) == (binary, "application/octet-stream")


def test_what_is_not_there_is_not_found(admin: HttpClient) -> None:
    for which in (str(uuid4()), "nonsense"):
        answers = [
            admin.get(f"{ALL}/{which}"),
            admin.get(f"{ALL}/{which}/raw"),
            replay(admin, which),
            admin.delete(f"{ALL}/{which}"),
        ]
        assert {(answer.status, answer.body["code"]) for answer in answers} == {(404, "NOT_FOUND")}
    assert ledger(admin)["received"] == 0


def test_a_message_is_replayed_after_its_profile_has_been_registered(admin: HttpClient, database: str) -> None:
    entry_id = refused(admin, message(1.0, 2.0))
    answer = replay(admin, entry_id)
    assert (answer.status, answer.body["code"]) == (422, "REPLAY_FAILED")
    assert "expected a registered Spc profile" in answer.body["error"]
    assert answer.body["quarantine_id"] == entry_id
    assert [(item["id"], item["replays"]) for item in kept(admin)] == [(entry_id, 1)]
    assert ledger(admin)["kept"] == 1
    register(admin)
    answer = replay(admin, entry_id)
    assert answer.body == {"id": entry_id, "outcome": "stored", "stored": 2, "skipped": {}}
    assert values(database) == [1.0, 2.0]
    assert kept(admin) == []
    assert replay(admin, entry_id).status == 404
    now = ledger(admin)
    assert (now["received"], now["stored"], now["quarantined"], now["records_stored"]) == (1, 1, 0, 2)


def test_a_replay_may_write_where_the_sender_might_not(
    admin: HttpClient,
    log_in: LogIn,  # noqa: F811
    database: str,
) -> None:
    register(admin)
    eve = log_in("eve", "read:all", "write:s")
    forbid_666(database)
    entry_id = refused(eve, message(666.0))
    assert admin.put("/scouter/user/eve", {"permissions": []}).status == 200
    allow_666(database)
    assert replay(admin, entry_id).body["stored"] == 1


def test_records_are_judged_by_when_the_message_was_received(admin: HttpClient, database: str) -> None:
    entry_id = refused(admin, message(1.0).replace(str(datetime.now(UTC).year).encode(), b"2020", 1))
    run(database, "UPDATE quarantine SET received_at = received_at - interval '3650 days'")
    register(admin)
    answer = replay(admin, entry_id)
    assert answer.body["outcome"] == "empty"
    assert answer.body["skipped"] == {"outside_accepted_time": 1}
    assert ledger(admin)["empty"] == 1
    entry_id = refused(admin, message(2.0, name="old").replace(str(datetime.now(UTC).year).encode(), b"2023", 1))
    run(database, "UPDATE quarantine SET received_at = '2023-12-31T23:59:59Z'")
    register(admin, "old")
    assert replay(admin, entry_id).body["stored"] == 1


def test_what_was_sent_again_under_its_key_meanwhile_is_a_duplicate(admin: HttpClient, database: str) -> None:
    body = message(1.0)
    entry_id = refused(admin, body, "a key")
    register(admin)
    assert send(admin, body, "a key").body["stored"] == 1
    assert replay(admin, entry_id).body == {"id": entry_id, "outcome": "duplicate", "stored": 1, "skipped": {}}
    assert values(database) == [1.0]
    now = ledger(admin)
    assert (now["received"], now["stored"], now["duplicate"], now["quarantined"]) == (2, 1, 1, 0)


def test_a_name_that_postgres_does_not_take_is_rejected_and_blocks_nobody(admin: HttpClient, database: str) -> None:
    register(admin)
    chosen = random.Random(1)
    name = "".join(chr(chosen.randint(0x20000, 0x2A6DF)) for _ in range(1024))  # too long for the index
    body = message(1.0).replace(b'"f0"', json.dumps(name).encode())
    answer = send(admin, body)
    assert (answer.status, answer.body["code"]) == (422, "REFUSED_BY_DATABASE")
    assert replay(admin, answer.body["quarantine_id"]).status == 422
    assert send(admin, message(2.0)).body["stored"] == 1
    assert values(database) == [2.0]
    assert ledger(admin)["kept"] == 1


def test_what_is_sent_again_under_its_key_after_a_replay_is_a_duplicate(admin: HttpClient, database: str) -> None:
    body = message(1.0)
    entry_id = refused(admin, body, "a key")
    register(admin)
    assert replay(admin, entry_id).body["stored"] == 1
    assert send(admin, body, "a key").body["duplicate"]
    assert values(database) == [1.0]


def test_all_of_a_reason_are_replayed_and_those_still_bad_stay(admin: HttpClient, database: str) -> None:
    sent = [refused(admin, message(float(number))) for number in range(4)]
    lost = refused(admin, message(9.0, name="never-registered"))
    text = refused(admin, b"no json")
    register(admin)
    assert admin.post(f"{ALL}/replay", {}).status == 400
    done = replay_all(admin, reason="unknown_profile")
    assert done == {"replayed": 4, "duplicates": 0, "failed": 1, "remaining": 0, "cursor": lost}
    assert values(database) == [0.0, 1.0, 2.0, 3.0]
    assert not set(sent) & set(ids(admin))
    assert {item["id"]: item["replays"] for item in kept(admin)} == {lost: 1, text: 0}
    assert replay_all(admin, all=True)["failed"] == 2
    assert replay_all(admin, transport="kafka") == {
        **{"replayed": 0, "duplicates": 0, "failed": 0, "remaining": 0, "cursor": None}
    }
    now = ledger(admin)
    assert (now["received"], now["stored"], now["kept"]) == (6, 4, 2)


def test_what_postgres_refuses_again_stays_under_its_id_and_its_neighbours_are_stored(
    admin: HttpClient, database: str
) -> None:
    bad = [refused(admin, message(666.0)) for _ in range(2)]
    good = [refused(admin, message(float(number))) for number in range(7)]
    register(admin)
    forbid_666(database)
    done = replay_all(admin, all=True)
    assert (done["replayed"], done["failed"], done["remaining"]) == (7, 2, 0)
    assert values(database) == [float(number) for number in range(len(good))]
    assert [(item["id"], item["reason"], item["replays"]) for item in kept(admin)] == [
        (entry_id, "refused_by_database", 1) for entry_id in reversed(bad)
    ]
    assert "no_evil" in kept(admin)[0]["detail"]
    assert replay(admin, bad[0]).status == 422
    assert ledger(admin)["kept"] == 2
    allow_666(database)
    assert replay_all(admin, reason="refused_by_database")["replayed"] == 2
    assert ledger(admin)["kept"] == 0


def test_replays_that_postgres_refuses_do_not_stop_what_arrives(admin: HttpClient, database: str) -> None:
    refused(admin, message(666.0))
    run(
        database,
        "INSERT INTO quarantine (id, received_at, transport, reason, detail, username, size, raw) "
        "SELECT gen_random_uuid(), received_at, transport, reason, detail, username, size, raw "
        "FROM quarantine, generate_series(1, 1200)",
    )
    register(admin)
    forbid_666(database)
    assert replay_all(admin, all=True)["failed"] == 1201
    assert send(admin, message(1.0)).body["stored"] == 1


def test_two_admins_who_replay_at_once_store_nothing_twice(
    server: Server, admin: HttpClient, database: str, tmp_path: Path
) -> None:
    sent = [refused(admin, message(float(number))) for number in range(1300)]
    register(admin)
    done: list[dict[str, int]] = []
    with another_server(database, tmp_path / "other") as other:
        more = HttpClient(server.address).login()
        admins = [threading.Thread(target=lambda c=c: done.append(replay_all(c, all=True))) for c in (admin, other)]
        admins += [threading.Thread(target=lambda: [replay(more, each) for each in sent[::-100]])]
        for each in admins:
            each.start()
        for each in admins:
            each.join()
        assert values(database) == [float(number) for number in range(1300)]
        for client in (admin, other):
            now = ledger(client)
            assert (now["received"], now["stored"], now["kept"]) == (1300, 1300, 0)
    assert 1300 - len(sent[::-100]) <= sum(each["replayed"] for each in done) <= 1300
    assert sum(each["failed"] + each["duplicates"] + each["remaining"] for each in done) == 0


def test_a_replay_goes_on_where_the_one_before_ended(
    admin: HttpClient, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = [refused(admin, message(float(number))) for number in range(8)]
    lost = refused(admin, b"no json")
    register(admin)
    monkeypatch.setattr("scouter.ingest.quarantine.replay._MAX_MESSAGES", 3)
    monkeypatch.setattr("scouter.api.quarantine._SECONDS", 1e-9)
    first = replay_all(admin, all=True)
    assert first == {"replayed": 0, "duplicates": 0, "failed": 0, "remaining": 9, "cursor": None}
    monkeypatch.setattr("scouter.api.quarantine._SECONDS", 20.0)
    rest = replay_all(admin, all=True, cursor=sent[1])
    assert rest == {"replayed": 6, "duplicates": 0, "failed": 1, "remaining": 0, "cursor": lost}
    assert ids(admin) == [lost, sent[1], sent[0]]
    assert values(database) == [2.0, 3.0, 4.0, 5.0, 6.0, 7.0]


def test_large_messages_are_replayed_a_few_at_a_time(
    admin: HttpClient, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        refused(admin, message(float(number)))
    register(admin)
    monkeypatch.setattr("scouter.ingest.quarantine.replay._MAX_BYTES", 1)
    assert replay_all(admin, all=True)["replayed"] == 5
    assert values(database) == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_a_deleted_message_is_gone_and_counted(admin: HttpClient) -> None:
    first, second = refused(admin, b"no json"), refused(admin, message(1.0))
    assert admin.delete(f"{ALL}/{first}").body == {"deleted": 1, "remaining": 0}
    assert admin.delete(f"{ALL}/{first}").status == 404
    assert ids(admin) == [second]
    now = ledger(admin)
    assert (now["quarantined"], now["deleted"], now["kept"]) == (2, 1, 1)


def test_all_of_a_reason_or_a_transport_are_deleted(
    admin: HttpClient, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scouter.ingest.quarantine.removal._AT_ONCE", 2)
    for number in range(5):
        refused(admin, b"no json %d" % number)
    kafka, stays = refused(admin, message(1.0)), refused(admin, message(2.0))
    run(database, f"UPDATE quarantine SET transport = 'kafka' WHERE id = '{kafka}'")
    for query in (
        "",
        "?all=false",
        "?all=true&reason=invalid",
        "?transport=http&reason=null",
        "?transport=http&reson=x",
    ):
        assert admin.delete(ALL + query).status == 400, query
    assert admin.delete(f"{ALL}?transport=http&reason=null").body["field"] == "reason"
    assert admin.delete(f"{ALL}?transport=http&reson=failed").body["accepted"] == "only the keys reason, transport, all"
    assert "all=true" in admin.delete(ALL).body["accepted"]
    assert admin.delete(f"{ALL}?reason=undecodable&transport=kafka").body["deleted"] == 0
    assert admin.delete(f"{ALL}?reason=undecodable").body == {"deleted": 5, "remaining": 0}
    assert admin.delete(f"{ALL}?transport=kafka").body == {"deleted": 1, "remaining": 0}
    assert ids(admin) == [stays]
    now = ledger(admin)
    assert (now["quarantined"], now["deleted"], now["kept"]) == (7, 6, 1)
    refused(admin, b"no json")
    assert admin.delete(f"{ALL}?all=true").body == {"deleted": 2, "remaining": 0}
    assert ids(admin) == []


def test_what_is_too_old_leaves_and_is_counted(
    admin: HttpClient, server: Server, pool: Pool, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    old = [refused(admin, b"no json %d" % number) for number in range(3)]
    young = refused(admin, b"no json")
    aged = ", ".join(f"'{entry_id}'" for entry_id in old)
    run(database, f"UPDATE quarantine SET quarantined_at = now() - interval '31 days' WHERE id IN ({aged})")
    limits = QuarantineLimits(pool, days=30, max_bytes=2**30, max_unsupported_bytes=2**20)
    before = dropped(server, "age")
    assert limits.enforce()
    assert not limits.enforce()
    assert ids(admin) == [young]
    assert dropped(server, "age") - before == 3
    assert "3 messages left quarantine unstored: older than SCOUTER_QUARANTINE_DAYS (30)" in caplog.text
    assert dict(limits.messages())["undecodable"] == 1
    assert dict(limits.bytes()) == {**dict.fromkeys(dict(limits.bytes()), 0.0), "undecodable": 7.0}
    now = ledger(admin)
    assert (now["quarantined"], now["expired"], now["kept"]) == (4, 3, 1)


def test_when_there_is_too_much_the_oldest_of_the_most_frequent_reason_leave(
    admin: HttpClient, server: Server, pool: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    rare = refused(admin, message(1.0))
    noise = [refused(admin, b"x" * 1000) for _ in range(10)]
    limits = QuarantineLimits(pool, days=30, max_bytes=4000, max_unsupported_bytes=4000)
    before = dropped(server, "size")
    assert limits.enforce()
    left = ids(admin)
    assert rare in left
    assert left == [*noise[::-1][: len(left) - 1], rare]
    assert sum(item["size"] for item in kept(admin)) <= 4000
    assert dropped(server, "size") - before == 11 - len(left)
    assert "over SCOUTER_QUARANTINE_MAX_BYTES (4000)" in caplog.text
    assert not limits.enforce()
    assert ledger(admin)["expired"] == 11 - len(left)


def test_a_message_that_is_being_replayed_does_not_expire(admin: HttpClient, pool: Pool, database: str) -> None:
    entry_id = refused(admin, b"no json")
    run(database, "UPDATE quarantine SET quarantined_at = now() - interval '31 days'")
    with pool.connection() as connection:
        connection.execute("SELECT FROM quarantine FOR UPDATE")
        assert not QuarantineLimits(pool, days=30, max_bytes=1, max_unsupported_bytes=1).enforce()
    assert ids(admin) == [entry_id]


def test_a_running_server_enforces_the_limits_and_shows_what_is_kept(database: str, tmp_path: Path) -> None:
    run(
        database,
        "INSERT INTO quarantine (id, received_at, quarantined_at, transport, reason, detail, username, size, raw) "
        "SELECT gen_random_uuid(), now(), now() - make_interval(days => n), 'http', 'invalid', 'x', 'x', 1, 'x' "
        "FROM generate_series(0, 9) AS n",
    )
    run(
        database,
        "INSERT INTO ledger (instance, lane, transport, received, quarantined) "
        "SELECT gen_random_uuid(), 'writer', 'http', 10, 10",
    )
    server = Server(settings_for(database, tmp_path, SCOUTER_QUARANTINE_DAYS="5", SCOUTER_ROLES="http"))
    server.start()
    try:
        client = HttpClient(server.address).login()
        eventually(lambda: len(ids(client)) == 5)
        eventually(lambda: gauge(server, "scouter_quarantine_messages") == 5)
        assert gauge(server, "scouter_quarantine_bytes") == 5
        assert ledger(client)["expired"] == 5
    finally:
        server.stop()


def test_the_command_lists_shows_and_downloads(admin: HttpClient, database: str, tmp_path: Path) -> None:
    text = refused(admin, b'{"evil": "\x1b[31m"')
    unknown = refused(admin, message(1.0), "a key")
    shown = command(database, "list")
    assert shown.returncode == 0, shown.stderr
    rows = [line.split("\t") for line in shown.stdout.splitlines()]
    assert [row[0] for row in rows] == [unknown, text]
    assert rows[0][2:7] == ["http", "unknown_profile", str(len(message(1.0))), "admin", "0"]
    assert command(database, "list", "--reason", "undecodable").stdout.startswith(text)
    assert command(database, "list", "--limit", "1").stdout.count("\n") == 1
    assert command(database, "list", "--transport", "kafka").stdout == ""
    assert command(database, "list", "--until", "2020-01-01T00:00:00Z").stdout == ""
    wrong = command(database, "list", "--since", "yesterday")
    assert (wrong.returncode, "since" in wrong.stderr) == (1, True)
    one = command(database, "show", text)
    assert "reason: undecodable\n" in one.stdout
    assert '{"evil": "\\x1b[31m"' in one.stdout
    assert "key: a key\n" in command(database, "show", unknown).stdout
    assert command(database, "download", text).stdout == '{"evil": "\x1b[31m"'
    file = tmp_path / "message"
    assert command(database, "download", text, str(file)).returncode == 0
    assert file.read_bytes() == b'{"evil": "\x1b[31m"'
    for action in ("show", "download"):
        missing = command(database, action, str(uuid4()))
        assert (missing.returncode, "there is no message" in missing.stderr) == (1, True)
    assert command(database, "show", "nonsense").returncode == 1


def test_the_command_replays_beside_a_running_server(admin: HttpClient, database: str) -> None:
    sent = [refused(admin, message(float(number))) for number in range(3)]
    bad = refused(admin, b"no json")
    register(admin)
    one = command(database, "replay", sent[0], bad, str(uuid4()))
    assert one.returncode == 1
    assert one.stdout == f"{sent[0]}: stored 1\n"
    assert f"{bad}: the body is not usable JSON" in one.stderr
    assert "there is no message" in one.stderr
    rest = command(database, "replay", "--reason", "unknown_profile")
    assert (rest.returncode, rest.stdout) == (0, "replayed 2, duplicates 0, failed 0\n")
    every = command(database, "replay", "--all")
    assert (every.returncode, every.stdout) == (1, "replayed 0, duplicates 0, failed 1\n")
    assert values(database) == [0.0, 1.0, 2.0]
    assert command(database, "replay").returncode == 1
    assert command(database, "replay", bad, "--all").returncode == 1
    now = ledger(admin)
    assert (now["received"], now["stored"], now["kept"]) == (4, 3, 1)


def test_the_command_deletes(admin: HttpClient, database: str) -> None:
    sent = [refused(admin, b"no json %d" % number) for number in range(3)]
    stays = refused(admin, message(1.0))
    one = command(database, "delete", sent[0], str(uuid4()))
    assert (one.returncode, one.stdout) == (1, f"{sent[0]}: deleted\n")
    rest = command(database, "delete", "--reason", "undecodable")
    assert (rest.returncode, rest.stdout) == (0, "deleted 2\n")
    assert command(database, "delete").returncode == 1
    assert command(database, "delete", "--all", "--reason", "invalid").returncode == 1
    assert ids(admin) == [stays]
    assert ledger(admin)["deleted"] == 3
    assert command(database, "delete", "--all").stdout == "deleted 1\n"
    assert ids(admin) == []


def command(database: str, *arguments: str) -> Any:
    return program("quarantine", *arguments, DATABASE_URI=database)


def dropped(server: Server, why: str) -> float:
    return sample(samples_at(server.metrics_address), "scouter_quarantine_dropped_total", why=why)


def gauge(server: Server, name: str) -> float:
    return sample(samples_at(server.metrics_address), name, reason="invalid")
