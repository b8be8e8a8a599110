"""Deleting profiles: all that belongs to one goes, nothing else does, and the reply says what went."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest

from scouter.errors import NotFound
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.features import Features
from scouter.server import Server
from tests.http_client import Answer, HttpClient
from tests.profile_documents import custom_profile, psi_profile, registration, spc_profile

NOTHING = {
    "profiles": 0,
    "features": 0,
    "spc_records": 0,
    "psi_records": 0,
    "custom_records": 0,
    "observability_records": 0,
    "archived_records": 0,
    "alerts": 0,
    "runs": 0,
    "deliveries": 0,
    "tags": 0,
}


def delete(client: HttpClient, **query: object) -> Answer:
    return client.delete("/scouter/profile?" + urlencode(query))


def register(client: HttpClient, profile: dict[str, Any]) -> str:
    return str(client.post("/scouter/profile", registration(profile)).body["uid"])


def record(kind: str, uid: str) -> dict[str, Any]:
    at = {"created_at": datetime.now(UTC).isoformat(), "uid": uid}
    fields: dict[str, dict[str, Any]] = {
        "Spc": {**at, "feature": "f0", "value": 1.0},
        "Psi": {**at, "feature": "f0", "bin_id": 1, "bin_count": 5},
        "Custom": {**at, "metric": "mae", "value": 1.0},
        "Observability": {"uid": uid, "request_count": 1, "error_count": 0, "route_metrics": []},
    }
    return {kind: fields[kind]}


def send(client: HttpClient, *records: dict[str, Any]) -> Answer:
    return client.post("/scouter/message", {"records": records})


def execute(database: str, statement: str, *values: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(database, options="-c search_path=scouter_py") as connection:
        cursor = connection.execute(statement.encode(), values)
        return cursor.fetchall() if cursor.description else []


def rows_by_entity(database: str) -> dict[str, dict[int, int]]:
    """For every table with entities in it, the number of rows by entity."""
    tables = execute(
        database,
        """
        SELECT table_name, column_name FROM information_schema.columns
        WHERE table_schema = 'scouter_py' AND data_type = 'integer'
          AND column_name IN ('entity_id', 'profile_entity_id')
        """,
    )
    assert {"profile", "feature", "spc_record", "alert"} <= {table for table, _ in tables}
    counts = {
        f"{table}.{name}": dict(execute(database, f"SELECT {name}, count(*) FROM {table} GROUP BY 1"))
        for table, name in tables
    }
    return {**counts, "entity": dict(execute(database, "SELECT id, 1 FROM entity"))}


def id_of(database: str, uid: str) -> int:
    return int(execute(database, "SELECT id FROM entity WHERE uid = %s", uid)[0][0])


def service_id(database: str) -> int:
    return int(execute(database, "SELECT id FROM entity WHERE drift_type = 'Service'")[0][0])


def full_version(admin: HttpClient, database: str) -> dict[str, str]:
    """The uids of a version with all three types, each with records, an alert and a tag."""
    uids = {"Spc": register(admin, spc_profile())}
    uids |= {"Psi": register(admin, psi_profile()), "Custom": register(admin, custom_profile())}
    for kind, uid in uids.items():
        assert send(admin, record(kind, uid), record(kind, uid)).status == 200
        execute(
            database,
            "INSERT INTO alert (entity_id, entity_name, alert) VALUES (%s, 'f0', '{}')",
            id_of(database, uid),
        )
        execute(
            database,
            "INSERT INTO tag VALUES ('profile', %s, 'k', 'v', 'digest', %s)",
            uid,
            id_of(database, uid),
        )
    assert send(admin, *[record("Observability", uids["Spc"])] * 3).status == 200
    return uids


def test_everything_of_a_profile_goes_and_is_counted(admin: HttpClient, database: str) -> None:
    uids = full_version(admin, database)
    neighbour = register(admin, spc_profile())
    send(admin, record("Spc", neighbour))
    counted = {"Spc": "spc_records", "Psi": "psi_records", "Custom": "custom_records"}
    service = service_id(database)
    for kind, uid in uids.items():
        gone, before = id_of(database, uid), rows_by_entity(database)
        answer = delete(admin, uid=uid)
        assert (answer.status, answer.body["status"]) == (200, "success")
        last = kind == "Custom"
        expected = {**NOTHING, "profiles": 1, "features": 1, counted[kind]: 2, "alerts": 1, "tags": 1}
        assert answer.body["deleted"] == {**expected, "observability_records": 3 if last else 0}
        assert answer.body["service_deleted"] is last
        lost = {gone, service} if last else {gone}
        left = {table: {e: n for e, n in rows.items() if e not in lost} for table, rows in before.items()}
        assert rows_by_entity(database) == left
    assert admin.get("/scouter/profile", space="s", name="m", version="0.2.0", drift_type="Spc").status == 200


def test_a_profile_may_be_named_by_its_four_names(admin: HttpClient, database: str) -> None:
    register(admin, spc_profile())
    register(admin, psi_profile())
    assert delete(admin, space="s", name="m", version="0.1.0", drift_type="Psi").body["deleted"]["profiles"] == 1
    assert execute(database, "SELECT drift_type FROM entity") == [("Spc",)]


def test_a_deleted_profile_is_unknown_at_once(admin: HttpClient) -> None:
    uid = register(admin, spc_profile())
    assert send(admin, record("Spc", uid)).status == 200
    chart = {"time_interval": "OneHour", "max_data_points": 10}
    by_name = {"space": "s", "name": "m", "version": "0.1.0"}
    assert admin.get("/scouter/drift/spc", **by_name, **chart).status == 200
    delete(admin, uid=uid)
    assert send(admin, record("Spc", uid)).status == 400
    assert admin.get("/scouter/drift/spc", uid=uid, **chart).status == 404
    assert admin.get("/scouter/drift/spc", **by_name, **chart).status == 404
    assert admin.get("/scouter/profile", **by_name, drift_type="Spc").status == 404
    assert admin.get("/scouter/profiles").body["items"] == []
    assert delete(admin, uid=uid).status == 404


def test_the_name_may_be_used_again(admin: HttpClient, database: str) -> None:
    before = register(admin, spc_profile())
    send(admin, record("Spc", before), record("Observability", before))
    delete(admin, uid=before)
    after = register(admin, spc_profile())
    assert after != before
    assert send(admin, record("Spc", after), record("Observability", after)).status == 200
    assert execute(database, "SELECT count(*) FROM spc_record JOIN entity ON id = entity_id") == [(1,)]
    assert execute(database, "SELECT count(*) FROM observability_record JOIN entity ON id = entity_id") == [(1,)]


@pytest.mark.shares_server
@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 400),
        ({"space": "s", "name": "m", "version": "0.1.0"}, 400),
        ({"uid": "u" * 201}, 400),
        ({"uid": "a\x00"}, 400),
        ({"uid": "nobody"}, 404),
        ({"space": "s", "name": "m", "version": "9.9.9", "drift_type": "Spc"}, 404),
        ({"space": "s", "name": "m", "version": "0.1.0", "drift_type": "Service"}, 400),
    ],
)
def test_what_names_no_profile_deletes_nothing(
    admin: HttpClient, database: str, query: dict[str, str], status: int
) -> None:
    full_version(admin, database)
    before = rows_by_entity(database)
    assert delete(admin, **query).status == status
    assert rows_by_entity(database) == before


def test_what_is_said_beside_a_uid_must_be_true(admin: HttpClient) -> None:
    uid = register(admin, spc_profile())
    for wrong in ({"space": "t"}, {"name": "n"}, {"version": "0.2.0"}, {"drift_type": "Psi"}):
        answer = delete(admin, uid=uid, **wrong)
        assert (answer.status, answer.body["field"]) == (400, next(iter(wrong)))
    assert delete(admin, uid=uid, space="s", name="m", version="0.1.0", drift_type="Spc").status == 200


def test_the_uid_of_a_service_is_no_profile(admin: HttpClient, database: str) -> None:
    full_version(admin, database)
    before = rows_by_entity(database)
    uid = execute(database, "SELECT uid FROM entity WHERE drift_type = 'Service'")[0][0]
    assert delete(admin, uid=uid).status == 404
    assert rows_by_entity(database) == before


def test_deleting_asks_for_write_on_the_space(server: Server, admin: HttpClient) -> None:
    uid, mine = register(admin, spc_profile(space="theirs")), register(admin, spc_profile(space="mine"))
    eve = {"username": "eve", "password": "eve's word", "email": "eve"}
    admin.post("/scouter/user", {**eve, "permissions": ["read:all", "write:mine", "delete:all"]})
    client = HttpClient(server.address, "eve", "eve's word").login()
    names = {"name": "m", "version": "0.1.0", "drift_type": "Spc"}
    refused = [
        delete(client, uid=uid),
        delete(client, uid=uid, space="mine"),
        delete(client, space="theirs", **names),
        delete(client, space="nowhere", **names),
    ]
    assert [answer.status for answer in refused] == [403] * len(refused)
    assert delete(HttpClient(server.address), uid=mine).status == 401
    assert delete(client, uid=mine).status == 200
    assert delete(admin, uid=uid).status == 200


def test_a_deletion_waits_for_those_who_store(admin: HttpClient, database: str) -> None:
    uid = register(admin, spc_profile())
    answers: list[Answer] = []
    with psycopg.connect(database) as writer:
        writer.execute("SELECT pg_advisory_xact_lock_shared(hashtext('scouter_py.entities'))")
        deleting = threading.Thread(target=lambda: answers.append(delete(admin, uid=uid)))
        deleting.start()
        time.sleep(0.3)
        assert deleting.is_alive()
        assert execute(database, "SELECT count(*) FROM profile") == [(1,)]
    deleting.join(10)
    assert answers[0].status == 200


def test_new_names_for_a_deleted_profile_are_told_so(pool: Pool) -> None:
    with pytest.raises(NotFound):
        Features(pool, max_names=10, max_entities=10).ids(999_999, ["f0"])


@pytest.mark.parametrize("kind", ["Spc", "Psi"])
def test_a_chart_drawn_during_a_deletion_is_no_error(admin: HttpClient, database: str, kind: str) -> None:
    uid = register(admin, {"Spc": spc_profile, "Psi": psi_profile}[kind]())
    send(admin, record(kind, uid))
    execute(database, "DELETE FROM feature")  # as the second query of the chart would find it
    answer = admin.get(f"/scouter/drift/{kind.lower()}", uid=uid, time_interval="OneHour", max_data_points=10)
    assert (answer.status, answer.body) == (200, {"features": {}})


def test_two_deletions_at_once_delete_once(server: Server, admin: HttpClient, database: str) -> None:
    uid = register(admin, spc_profile())
    answers: list[Answer] = []

    def remove() -> None:
        answers.append(delete(HttpClient(server.address).login(), uid=uid))

    with psycopg.connect(database) as writer:  # holds both up, so that they meet
        writer.execute("SELECT pg_advisory_xact_lock_shared(hashtext('scouter_py.entities'))")
        threads = [threading.Thread(target=remove) for _ in range(2)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
    for thread in threads:
        thread.join(10)
    assert sorted(answer.status for answer in answers) == [200, 404]
