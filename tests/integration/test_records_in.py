"""Records on their way in: what is stored, what is skipped, what is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from scouter.server import Server
from tests.http_client import HttpClient
from tests.profile_documents import custom_profile, psi_profile, registration, spc_profile


@pytest.fixture
def uids(admin: HttpClient) -> dict[str, str]:
    profiles = (spc_profile(), psi_profile(), custom_profile())
    replies = [admin.post("/scouter/profile", registration(profile)) for profile in profiles]
    assert [reply.status for reply in replies] == [200, 200, 200], replies
    return {kind: reply.body["uid"] for kind, reply in zip(("Spc", "Psi", "Custom"), replies, strict=True)}


def stamp(**ago: float) -> str:
    return (datetime.now(UTC) - timedelta(**ago)).isoformat().replace("+00:00", "Z")


def spc(uid: str, value: float | None, feature: str = "f0", created_at: str | None = None) -> dict[str, Any]:
    record = {"created_at": created_at or stamp(), "uid": uid, "feature": feature, "value": value, "entity_id": 0}
    return {"Spc": record}


def rows(database: str, table: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database, options="-c search_path=scouter_py -c timezone=UTC") as connection:
        return connection.execute(f"SELECT * FROM {table} ORDER BY created_at".encode()).fetchall()


@pytest.mark.parametrize("path", ["/scouter/message", "/scouter/drift"])
def test_either_wire_is_accepted_on_either_route(
    admin: HttpClient, uids: dict[str, str], database: str, path: str
) -> None:
    named = {"space": "s", "name": "m", "version": "0.1.0", "created_at": stamp()}
    records = [
        spc(uids["Spc"], 1.5),
        {"Spc": {**named, "feature": "f1", "value": 2.5}},
        {"Psi": {**named, "feature": "f0", "bin_id": 1, "bin_count": 7}},
        {"Custom": {"created_at": stamp(), "uid": uids["Custom"], "metric": "mae", "value": 3, "entity_id": 0}},
    ]
    answer = admin.post(path, {"records": records})
    assert (answer.status, answer.body["stored"], answer.body["skipped"]) == (200, 4, {})
    assert sorted(row[-1] for row in rows(database, "spc_record")) == [1.5, 2.5]
    assert [row[-2:] for row in rows(database, "psi_record")] == [(1, 7)]
    assert [row[-1] for row in rows(database, "custom_record")] == [3.0]


def test_equal_timestamps_are_all_stored(admin: HttpClient, uids: dict[str, str], database: str) -> None:
    moment = stamp()
    record = {"Custom": {"created_at": moment, "uid": uids["Custom"], "metric": "mae", "value": 1.0, "entity_id": 0}}
    assert admin.post("/scouter/message", {"records": [record] * 40}).body["stored"] == 40
    assert admin.post("/scouter/message", {"records": [record] * 2}).body["stored"] == 2
    assert len(rows(database, "custom_record")) == 42


def test_an_empty_list_is_a_no_op(admin: HttpClient, database: str) -> None:
    answer = admin.post("/scouter/drift", {"records": []})
    assert (answer.status, answer.body["stored"]) == (200, 0)
    assert rows(database, "spc_record") == []


def test_bad_records_of_a_good_message_are_skipped_and_counted(
    admin: HttpClient, uids: dict[str, str], database: str
) -> None:
    records = [
        spc(uids["Spc"], 1.0),
        spc(uids["Spc"], None),
        spc(uids["Spc"], 1.0, created_at=stamp(days=400)),
        spc(uids["Spc"], 1.0, created_at=stamp(days=-2)),
        {"GenAIEval": {"anything": 1}},
    ]
    answer = admin.post("/scouter/message", {"records": records})
    assert answer.status == 200
    assert answer.body["stored"] == 1
    assert answer.body["skipped"] == {"null_value": 1, "outside_accepted_time": 2, "unknown_kind": 1}
    assert len(rows(database, "spc_record")) == 1


def test_an_old_day_gets_its_partition_on_demand(admin: HttpClient, uids: dict[str, str], database: str) -> None:
    old = [spc(uids["Spc"], float(day), created_at=stamp(days=day)) for day in (1, 40, 200, 364)]
    assert admin.post("/scouter/message", {"records": old}).body["stored"] == 4
    assert [row[-1] for row in rows(database, "spc_record")] == [364.0, 200.0, 40.0, 1.0]


def test_a_partition_that_went_away_is_made_again(admin: HttpClient, uids: dict[str, str], database: str) -> None:
    assert admin.post("/scouter/message", {"records": [spc(uids["Spc"], 1.0)]}).status == 200
    today = datetime.now(UTC)
    with psycopg.connect(database, options="-c search_path=scouter_py") as connection:
        connection.execute(f"DROP TABLE spc_record_{today:%Y%m%d}".encode())
    assert admin.post("/scouter/message", {"records": [spc(uids["Spc"], 2.0)]}).status == 200
    assert [row[-1] for row in rows(database, "spc_record")] == [2.0]


def test_nanoseconds_are_rounded_and_nothing_else(admin: HttpClient, uids: dict[str, str], database: str) -> None:
    second = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
    text = second.isoformat().replace("+00:00", ".674195951Z")
    assert admin.post("/scouter/message", {"records": [spc(uids["Spc"], 0.1 + 0.2, created_at=text)]}).status == 200
    [(_, _, created_at, value)] = rows(database, "spc_record")
    assert created_at == second.replace(microsecond=674196)
    assert value == 0.1 + 0.2


def test_a_leap_second_is_the_next_second(admin: HttpClient, uids: dict[str, str], database: str) -> None:
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    leap = f"{midnight - timedelta(days=1):%Y-%m-%d}T23:59:60.25Z"
    records = [spc(uids["Spc"], 1.0, created_at=leap), spc(uids["Spc"], 2.0, feature=leap.replace(".25", ""))]
    answer = admin.post("/scouter/message", {"records": records})
    assert (answer.status, answer.body.get("stored")) == (200, 2)
    assert next(row[2:] for row in rows(database, "spc_record")) == (midnight + timedelta(seconds=0.25), 1.0)


@pytest.mark.parametrize("number", ["1e999", "-" + "9" * 400])
def test_a_number_beyond_all_floats_is_skipped_and_its_neighbours_stored(
    admin: HttpClient, uids: dict[str, str], database: str, number: str
) -> None:
    body = json.dumps({"records": [spc(uids["Spc"], 1.0), spc(uids["Spc"], 424242.0)]}).replace("424242.0", number)
    answer = admin.send("POST", "/scouter/message", body.encode())
    assert (answer.status, answer.body.get("stored"), answer.body.get("skipped")) == (200, 1, {"null_value": 1})


def test_a_psi_message_gets_one_moment(admin: HttpClient, uids: dict[str, str], database: str) -> None:
    begin = datetime.now(UTC) - timedelta(minutes=5)
    records = [
        {
            "Psi": {
                "created_at": (begin + timedelta(microseconds=n)).isoformat(),
                "uid": uids["Psi"],
                "feature": "f0",
                "bin_id": n,
                "bin_count": 1,
                "entity_id": 0,
            }
        }
        for n in range(4)
    ]
    assert admin.post("/scouter/message", {"records": records}).status == 200
    assert {row[2] for row in rows(database, "psi_record")} == {begin}


def test_a_backfill_of_psi_counts_keeps_its_times(admin: HttpClient, uids: dict[str, str], database: str) -> None:
    moments = [datetime.now(UTC) - timedelta(hours=n) for n in (3, 2, 1)]
    records = [
        {"Psi": {"created_at": at.isoformat(), "uid": uids["Psi"], "feature": "f0", "bin_id": 1, "bin_count": 1}}
        for at in moments
    ]
    assert admin.post("/scouter/message", {"records": records}).status == 200
    assert [row[2] for row in rows(database, "psi_record")] == moments


def test_request_metrics_are_stored_under_the_service(admin: HttpClient, uids: dict[str, str], database: str) -> None:
    percentiles = {"p5": 0.01, "p25": 0.02, "p50": 0.03, "p95": 0.04, "p99": 0.05}
    route = {"route_name": "/p", "metrics": percentiles, "request_count": 20, "error_count": 1}
    metrics = {
        "request_count": 22,
        "error_count": 2,
        "route_metrics": [{**route, "error_latency": 0.5, "status_codes": {"200": 20}}],
    }
    current = {"Observability": {"uid": uids["Spc"], **metrics, "entity_id": 0}}
    legacy = {"Observability": {"space": "s", "name": "m", "version": "0.1.0", **metrics}}
    never_registered = {"Observability": {"space": "s", "name": "api", "version": "9", **metrics}}
    answer = admin.post("/scouter/message", {"records": [current, legacy, never_registered]})
    assert (answer.status, answer.body["stored"]) == (200, 3)
    stored = rows(database, "observability_record")
    assert len({row[0] for row in stored}) == 2, "both wires name the same service"
    assert stored[0][4][0]["metrics"]["p99"] == 0.05


@pytest.mark.shares_server
@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        (b"{", None, "JSON"),
        (b"\xff\xfe", None, "JSON"),
        (b"[1,2]", "body", "object"),
        (b"{}", "records", "list of records"),
        (b'{"records": 7}', "records", "a list"),
        (b'{"records": [{"Spc": {"feature": "f0", "value": 1, "uid": "u"}}]}', "records[0].Spc.created_at", "required"),
        (
            b'{"records": [{"Spc": {"created_at": "yesterday", "feature": "f0", "value": 1, "uid": "u"}}]}',
            "records[0].Spc.created_at",
            "'yesterday'",
        ),
        (
            b'{"records": [{"Spc": {"created_at": "2026-01-01T00:00:00", "feature": "f0", "value": 1, "uid": "u"}}]}',
            "records[0].Spc.created_at",
            "timezone",
        ),
        (
            b'{"records": [{"Psi": {"created_at": "2026-01-01T00:00:00Z", "feature": "f", "bin_id": 1,'
            b' "bin_count": -1, "uid": "u"}}]}',
            "records[0].Psi.bin_count",
            "-1",
        ),
        (b'{"request": {"resourceSpans": []}}', "request", "traces"),
        (b'{"records": [{"GenAIEval": {}}]}', "records", "GenAIEval records"),
        (b'{"records": [{"Agent": {}}, {"GenAIEval": {}}]}', "records", "Agent and GenAIEval records"),
        (b'{"records": [{}]}', "records", "Spc, Psi, Custom or Observability"),
    ],
)
def test_a_bad_message_gets_one_clear_answer(admin: HttpClient, body: bytes, field: str | None, says: str) -> None:
    answer = admin.send("POST", "/scouter/message", body)
    assert answer.status == 400
    is_unsupported = field == "request" or (b"{}" in body and field == "records" and body != b"{}")
    assert answer.body["code"] == ("NOT_SUPPORTED" if is_unsupported else "BAD_REQUEST")
    assert admin.get(f"/scouter/quarantine/{answer.body['quarantine_id']}").status == 200
    assert answer.body.get("field") == field
    assert says in answer.body["error"]


def test_one_bad_record_refuses_its_message_and_no_other(
    admin: HttpClient, uids: dict[str, str], database: str
) -> None:
    bad = admin.post("/scouter/message", {"records": [spc(uids["Spc"], 1.0), spc("no-such-profile", 2.0)]})
    assert (bad.status, bad.body["field"], bad.body["value"]) == (400, "records.uid", "'no-such-profile'")
    wrong_type = admin.post("/scouter/message", {"records": [spc(uids["Psi"], 1.0)]})
    assert wrong_type.status == 400
    assert "Psi" in wrong_type.body["error"]
    nul = admin.post("/scouter/message", {"records": [spc(uids["Spc"], 1.0, feature="f\x00")]})
    assert nul.status == 400
    assert admin.post("/scouter/message", {"records": [spc(uids["Spc"], 3.0)]}).status == 200
    assert [row[-1] for row in rows(database, "spc_record")] == [3.0]


def test_names_beyond_the_limit_are_skipped_and_counted(admin: HttpClient, uids: dict[str, str]) -> None:
    records = [spc(uids["Spc"], 1.0, feature=f"name {n}") for n in range(1005)]
    answer = admin.post("/scouter/message", {"records": records})
    assert answer.body["stored"] == 1000
    assert answer.body["skipped"] == {"too_many_features": 5}


def test_a_body_over_the_limit_is_413(admin: HttpClient) -> None:
    answer = admin.send("POST", "/scouter/message", b" " * (17 * 2**20))
    assert (answer.status, answer.body["code"]) == (413, "TOO_LARGE")


def test_records_are_written_by_many_senders_at_once(server: Server, uids: dict[str, str], database: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def send(sender: int) -> int:
        client = HttpClient(server.address).login()
        answers = [
            client.post("/scouter/message", {"records": [spc(uids["Spc"], sender * 100 + n)]}) for n in range(20)
        ]
        client.close()
        return sum(answer.body["stored"] for answer in answers)

    with ThreadPoolExecutor(16) as senders:
        assert sum(senders.map(send, range(16))) == 320
    assert sorted(row[-1] for row in rows(database, "spc_record")) == sorted(
        sender * 100.0 + n for sender in range(16) for n in range(20)
    )


def test_a_profile_deleted_elsewhere_takes_no_more_records(
    admin: HttpClient, uids: dict[str, str], database: str
) -> None:
    other = {"created_at": stamp(), "uid": uids["Custom"], "metric": "mae", "value": 1.0}
    assert admin.post("/scouter/message", {"records": [spc(uids["Spc"], 1.0), {"Custom": other}]}).status == 200
    with psycopg.connect(database, options="-c search_path=scouter_py") as connection:
        connection.execute("DELETE FROM entity WHERE uid = %s", (uids["Spc"],))
    gone = admin.post("/scouter/message", {"records": [spc(uids["Spc"], 2.0)]})
    assert (gone.status, gone.body["field"]) == (400, "records.uid")
    assert admin.post("/scouter/message", {"records": [{"Custom": other}]}).status == 200
    assert len(rows(database, "spc_record")) == 1
    assert len(rows(database, "custom_record")) == 2
