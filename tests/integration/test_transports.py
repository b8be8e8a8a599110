"""One contract for every way in: a message is stored exactly once or kept in quarantine, and counted."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from scouter.postgres.embedded.server import EmbeddedPostgres
from scouter.server import Server
from tests.conditions import eventually, probe
from tests.databases.prepared import lay_out_prepared_data
from tests.http_client import HttpClient
from tests.integration.conftest import settings_for
from tests.profile_documents import custom_profile, psi_profile, registration, spc_profile
from tests.publishers import HttpPublisher, KafkaPublisher, Publisher, RabbitPublisher
from tests.server_process import ServerProcess, let_others_enter

TRANSPORTS = ("http", "kafka", "rabbitmq")
_names = itertools.count(1)


@pytest.fixture(params=TRANSPORTS)
def publisher(request: pytest.FixtureRequest) -> Iterator[Publisher]:
    made = made_publisher(request)
    yield made
    made.close()


def made_publisher(request: pytest.FixtureRequest) -> Publisher:
    name = f"records-{next(_names)}"
    if request.param == "kafka":
        return KafkaPublisher(request.getfixturevalue("kafka_broker"), name)
    if request.param == "rabbitmq":
        return RabbitPublisher(request.getfixturevalue("rabbit_broker"), name)
    return HttpPublisher()


class Way:
    """A server with one way in, and what comes out."""

    def __init__(self, publisher: Publisher, url: str, conninfo: str) -> None:
        self.publisher = publisher
        self.url = url
        self.conninfo = conninfo
        self.client = HttpClient(url).login()
        self.uids = {
            kind: self.client.post("/scouter/profile", registration(make())).body["uid"]
            for kind, make in (("Spc", spc_profile), ("Psi", psi_profile), ("Custom", custom_profile))
        }
        publisher.aim_at(url)

    def send(self, *records: dict[str, Any]) -> None:
        self.publisher.send(json.dumps({"records": records}).encode())

    def spc(self, value: float | None, **changes: Any) -> dict[str, Any]:
        made = {"created_at": stamp(), "uid": self.uids["Spc"], "feature": "f0", "value": value, "entity_id": 0}
        return {"Spc": {**made, **changes}}

    def values(self) -> list[float]:
        return [row[0] for row in self.query("SELECT value FROM spc_record ORDER BY value")]

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.conninfo, options="-c search_path=scouter_py") as connection:
            return connection.execute(statement.encode()).fetchall()

    def counts(self) -> dict[str, int]:
        body = self.client.get("/scouter/ledger").body
        assert body["balanced"], body
        counts: dict[str, int] = body["transports"][self.publisher.transport]
        return counts


def stamp(**ago: float) -> str:
    return (datetime.now(UTC) - timedelta(**ago)).isoformat()


@pytest.fixture
def way(publisher: Publisher, database: str, tmp_path: Path) -> Iterator[Way]:
    server = Server(settings_for(database, tmp_path, **publisher.environment))
    server.start()
    made = Way(publisher, server.address, database)
    yield made
    made.client.close()
    server.stop()


def test_records_of_every_kind_and_of_both_wires_are_stored_once(way: Way) -> None:
    named = {"space": "s", "name": "m", "version": "0.1.0", "created_at": stamp()}
    way.send(way.spc(1.5), {"Spc": {**named, "feature": "f1", "value": 2.5}})
    way.send({"Psi": {**named, "feature": "f0", "bin_id": 1, "bin_count": 7}})
    way.send(
        {"Custom": {"created_at": stamp(), "uid": way.uids["Custom"], "metric": "mae", "value": 3, "entity_id": 0}}
    )
    way.publisher.send(b'{"entity_type": "service", "entity_id": "abc", "key": "env", "value": "prod"}')
    way.send()
    eventually(lambda: way.counts()["received"] == 5, seconds=20)
    assert way.values() == [1.5, 2.5]
    assert way.query("SELECT bin_id, bin_count FROM psi_record") == [(1, 7)]
    assert way.query("SELECT value FROM custom_record") == [(3.0,)]
    assert way.query("SELECT key, value FROM tag") == [("env", "prod")]
    counts = way.counts()
    assert (counts["stored"], counts["empty"], counts["records_stored"]) == (4, 1, 4)


def test_request_metrics_come_with_the_time_of_their_arrival(way: Way) -> None:
    metrics = {
        "route_name": "/predict",
        "metrics": {"p5": 0.01, "p25": 0.05, "p50": 0.1, "p95": 0.18, "p99": 0.19},
        "request_count": 20,
        "error_count": 1,
        "error_latency": 0.5,
        "status_codes": {"200": 20, "500": 1},
    }
    record = {"uid": way.uids["Spc"], "request_count": 22, "error_count": 2, "route_metrics": [metrics], "entity_id": 0}
    way.send({"Observability": record})
    way.send({"Observability": record})
    fresh = "created_at > now() - interval '1 minute'"
    eventually(
        lambda: way.query(f"SELECT request_count FROM observability_record WHERE {fresh}") == [(22,), (22,)], seconds=20
    )


def test_a_rejected_message_is_kept_and_its_neighbours_are_stored(way: Way) -> None:
    way.send(way.spc(1.0))
    way.publisher.send(b'{"records": [')
    way.publisher.send(b"\xff\xfe")
    way.send(way.spc(2.0, created_at="yesterday"))
    way.send(way.spc(3.0, uid="00000000-0000-7000-8000-000000000000"))
    way.publisher.send(b'{"request": {"resourceSpans": []}}')
    way.send({"GenAIEval": {"uid": "u", "context": {}}}, {"GenAIEval": {"uid": "u"}})
    way.send(way.spc(4.0))
    eventually(lambda: way.counts()["received"] == 8, seconds=20)
    assert way.values() == [1.0, 4.0]
    kept = way.query("SELECT reason, transport FROM quarantine ORDER BY reason")
    reasons = ["invalid", "undecodable", "undecodable", "unknown_profile", "unsupported", "unsupported"]
    assert kept == [(reason, way.publisher.transport) for reason in reasons]
    assert (b"\xff\xfe",) in way.query("SELECT raw FROM quarantine")
    assert (way.counts()["quarantined"], way.counts()["empty"]) == (6, 0)


def test_what_postgres_refuses_is_kept_alone(way: Way) -> None:
    with psycopg.connect(way.conninfo, options="-c search_path=scouter_py") as connection:
        connection.execute("ALTER TABLE spc_record ADD CONSTRAINT no_evil CHECK (value <> 666)")
    for value in (1.0, 666.0, 2.0, 3.0, 666.0, 4.0):
        way.send(way.spc(value))
    eventually(lambda: way.counts()["received"] == 6, seconds=20)
    assert way.values() == [1.0, 2.0, 3.0, 4.0]
    assert way.query("SELECT reason, count(*) FROM quarantine GROUP BY 1") == [("refused_by_database", 2)]


def test_bad_records_of_a_good_message_are_skipped_and_counted(way: Way) -> None:
    way.send(way.spc(1.0), way.spc(None), way.spc(2.0, created_at=stamp(days=400)), {"GenAIEval": {"anything": 1}})
    eventually(lambda: way.counts()["received"] == 1, seconds=20)
    assert way.values() == [1.0]
    assert (way.counts()["records_stored"], way.counts()["records_skipped"]) == (1, 3)


def test_names_of_the_profile_are_stored_however_many_others_came_before(
    publisher: Publisher, database: str, tmp_path: Path
) -> None:
    server = Server(settings_for(database, tmp_path, SCOUTER_MAX_FEATURES="3", **publisher.environment))
    server.start()
    try:
        way = Way(publisher, server.address, database)
        way.send(*(way.spc(1.0, feature=f"a{n}") for n in range(5)))
        eventually(lambda: way.counts()["received"] == 1, seconds=20)
        way.send(way.spc(2.0), way.spc(2.0, feature="f1"), way.spc(2.0, feature="b"))
        eventually(lambda: way.counts()["received"] == 2, seconds=20)
        assert way.values() == [1.0, 1.0, 1.0, 2.0, 2.0]
        way.client.close()
    finally:
        server.stop()


def test_equal_messages_are_different_messages(way: Way) -> None:
    record = way.spc(1.0)
    for _ in range(5):
        way.send(record)
    eventually(lambda: way.counts()["received"] == 5, seconds=20)
    assert way.values() == [1.0] * 5


def test_a_message_of_ten_megabytes_is_stored(way: Way) -> None:
    record = way.spc(1.0)
    records = [record] * (10 * 2**20 // len(json.dumps(record)))
    way.send(*records)
    eventually(lambda: way.counts()["records_stored"] == len(records), seconds=40)


def test_nothing_is_lost_nor_doubled_while_the_database_is_away(publisher: Publisher, tmp_path: Path) -> None:
    lay_out_prepared_data(tmp_path / "database")
    database = EmbeddedPostgres(let_others_enter(tmp_path / "database"))
    conninfo = database.start()
    environment = {"DATABASE_URI": conninfo, "SCOUTER_DEFAULT_PASSWORD": "admin", **publisher.environment}
    try:
        with ServerProcess(tmp_path / "server", {**environment, "SCOUTER_SERVER_HOST": "127.0.0.1"}) as server:
            way = Way(publisher, server.url, conninfo)
            for number in range(30):
                if number == 10:
                    database.stop()
                way.send(way.spc(float(number)))
            assert probe(server.url).status == 200
            database.start()
            eventually(lambda: way.values() == [float(number) for number in range(30)], seconds=30)
            eventually(lambda: way.counts()["stored"] == 30)
            server.kill()
            server.start()
            way.client = HttpClient(server.url).login()
            publisher.aim_at(server.url)
            way.send(way.spc(30.0))
            eventually(lambda: len(way.values()) == 31, seconds=30)
            eventually(lambda: way.counts()["stored"] == 31)
            way.client.close()
    finally:
        database.stop()
