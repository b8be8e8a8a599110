"""Messages of kinds that this server does not keep: kept in quarantine, without filling it, the log or the metrics."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from scouter.ingest.pipeline import IngestPipeline
from scouter.maintenance.quarantine_limits import QuarantineLimits
from scouter.postgres.connections.pool import Pool
from scouter.server import Server
from tests.conditions import eventually
from tests.http_client import HttpClient
from tests.integration.conftest import settings_for
from tests.integration.test_records_in import spc
from tests.metrics_page import sample, samples_at
from tests.profile_documents import registration, spc_profile

EVALUATION = {"records": [{"GenAIEval": {"uid": "u", "context": {"question": "?"}}}]}
SPANS: dict[str, Any] = {"request": {"resourceSpans": [{"resource": {"attributes": []}}]}}
ONE_LINE = "messages of kinds that this server does not keep went into quarantine as unsupported"


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[Any]:
    """What is logged about such messages, by whomever."""
    caplog.set_level(logging.INFO)
    yield lambda: [each.getMessage() for each in caplog.records if "quarantine" in each.getMessage()]


def ingest_of(server: Server) -> IngestPipeline:
    return next(part for part in server.supervisor.parts if isinstance(part, IngestPipeline))


def pass_an_hour(server: Server) -> None:
    ingest_of(server).unsupported._counts._next = float("-inf")


@pytest.mark.parametrize("message", [EVALUATION, SPANS], ids=["evaluation", "spans"])
def test_such_a_message_is_kept_and_answered_with_its_id(admin: HttpClient, message: dict[str, Any]) -> None:
    answer = admin.post("/scouter/message", message)
    assert (answer.status, answer.body["code"]) == (400, "NOT_SUPPORTED")
    entry = admin.get(f"/scouter/quarantine/{answer.body['quarantine_id']}").body
    assert entry["message"]["reason"] == "unsupported"
    assert json.loads(entry["body"]["text"]) == message
    total = admin.get("/scouter/ledger").body["total"]
    assert (total["quarantined"], total["empty"]) == (1, 0)
    again = admin.post(f"/scouter/quarantine/{answer.body['quarantine_id']}/replay", {})
    assert (again.status, again.body["code"]) == (422, "REPLAY_FAILED")


def test_a_message_of_which_anything_is_kept_is_stored(admin: HttpClient, database: str) -> None:
    uid = admin.post("/scouter/profile", registration(spc_profile())).body["uid"]
    mixed = {"records": [spc(uid, 1.0), *EVALUATION["records"]]}
    assert admin.post("/scouter/message", mixed).body["skipped"] == {"unknown_kind": 1}
    tagged = {"entity_type": "a", "entity_id": "b", "key": "c", "value": "d"}
    assert admin.post("/scouter/message", tagged).status == 200
    only_nulls = {"records": [spc(uid, None)]}
    assert admin.post("/scouter/message", only_nulls).body["skipped"] == {"null_value": 1}
    nothing_is_left = {"records": [spc(uid, None), *EVALUATION["records"]]}
    assert admin.post("/scouter/message", nothing_is_left).body["code"] == "NOT_SUPPORTED"


def test_one_line_an_hour_says_how_many_there_were(admin: HttpClient, server: Server, lines: Any) -> None:
    for _ in range(30):
        admin.post("/scouter/message", SPANS)
        admin.post("/scouter/message", EVALUATION)
    (first,) = lines()
    assert first.startswith(f"1 {ONE_LINE}: 1 of spans of a tracer.")
    pass_an_hour(server)
    eventually(lambda: len(lines()) == 2)
    assert lines()[1].startswith(f"59 {ONE_LINE}: 30 of GenAIEval records, 29 of spans of a tracer.")
    admin.post("/scouter/message", b"no json".decode())
    assert len(lines()) == 2


def test_what_came_since_the_last_line_is_said_at_the_end(database: str, tmp_path: Path, lines: Any) -> None:
    server = Server(settings_for(database, tmp_path))
    server.start()
    client = HttpClient(server.address).login()
    for _ in range(3):
        client.post("/scouter/message", SPANS)
    server.stop()
    assert [line.split()[0] for line in lines() if ONE_LINE in line] == ["1", "2"]


def test_requests_that_brought_them_have_no_line_each(admin: HttpClient, caplog: pytest.LogCaptureFixture) -> None:
    admin.post("/scouter/message", SPANS)
    admin.post("/scouter/message", EVALUATION)
    admin.post("/scouter/message", {"records": 7})
    warned = [record for record in caplog.records if record.name == "scouter.http"]
    assert [record.levelname for record in warned] == ["WARNING"]


def test_they_have_a_bound_of_their_own_and_leave_the_others_alone(
    admin: HttpClient, pool: Pool, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    poison = admin.send("POST", "/scouter/message", b"x" * 5000).body["quarantine_id"]
    sent = [admin.post("/scouter/message", {**SPANS, "n": n}).body["quarantine_id"] for n in range(40)]
    size = len(json.dumps({**SPANS, "n": 39}))
    limits = QuarantineLimits(pool, days=30, max_bytes=2**30, max_unsupported_bytes=10 * size)
    assert limits.enforce()
    assert not limits.enforce()
    with psycopg.connect(database, options="-c search_path=scouter_py") as connection:
        left = [str(row[0]) for row in connection.execute("SELECT id FROM quarantine ORDER BY id").fetchall()]
    assert left == [poison, *sent[-10:]]
    assert "30 messages left quarantine unstored: of kinds that are not kept, over" in caplog.text
    admin.post("/scouter/message", SPANS)
    assert limits.enforce()
    assert caplog.text.count("left quarantine unstored") == 1, "once an hour"
    assert admin.get("/scouter/ledger").body["quarantine"]["expired"] == 31


def test_the_metrics_of_quarantine_do_not_count_them(database: str, tmp_path: Path) -> None:
    server = Server(settings_for(database, tmp_path))
    server.start()
    try:
        client = HttpClient(server.address).login()
        for message in (SPANS, EVALUATION):
            client.post("/scouter/message", message)
        client.send("POST", "/scouter/message", b"no json")
        next(part for part in server.supervisor.parts if isinstance(part, QuarantineLimits)).enforce()
        samples = samples_at(server.metrics_address)
        kept = {
            dict(labels)["reason"]: n for (name, labels), n in samples.items() if name == "scouter_quarantine_messages"
        }
        assert (sum(kept.values()), kept["undecodable"], "unsupported" in kept) == (1, 1, False)
        assert sample(samples, "scouter_unsupported_messages") == 2
        assert sample(samples, "scouter_unsupported_bytes") == sum(
            len(json.dumps(each)) for each in (SPANS, EVALUATION)
        )
    finally:
        server.stop()
