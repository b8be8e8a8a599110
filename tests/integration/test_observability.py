"""Request metrics: what came in as records, read in time bins on both wires."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.entities import Entity, EntityName, add_entity
from scouter.postgres.tables.observability import observability_bins
from scouter.server import Server
from tests.http_client import HttpClient
from tests.integration.callers import LogIn, log_in  # noqa: F401  # a fixture
from tests.profile_documents import registration, spc_profile

PATH = "/scouter/observability/metrics"
SAMPLES = Path(__file__).parents[1] / "contract" / "samples"


def route(name: str = "/predict", requests: int = 20, **changes: Any) -> dict[str, Any]:
    return {
        "route_name": name,
        "metrics": {"p5": 0.1, "p25": 0.2, "p50": 0.3, "p95": 0.4, "p99": 0.5},
        "request_count": requests,
        "error_count": 1,
        "error_latency": 0.5,
        "status_codes": {"200": requests, "500": 1},
        **changes,
    }


def send(client: HttpClient, routes: list[dict[str, Any]], **identity: str) -> None:
    record = {"request_count": 0, "error_count": 0, "route_metrics": routes, **identity}
    answer = client.post("/scouter/message", {"records": [{"Observability": record}]})
    assert (answer.status, answer.body["stored"]) == (200, 1), answer


def metrics(client: HttpClient, **query: Any) -> list[dict[str, Any]]:
    answer = client.get(PATH, **{"time_interval": "1hour", "max_data_points": 1, **query})
    assert (answer.status, answer.body["status"]) == (200, "success"), answer
    data: list[dict[str, Any]] = answer.body["data"]
    return data


@pytest.fixture
def uid(admin: HttpClient) -> str:
    made: str = admin.post("/scouter/profile", registration(spc_profile())).body["uid"]
    return made


def total(series: list[Any]) -> Any:
    return sum(series) if not isinstance(series[0], dict) else {k: sum(s.get(k, 0) for s in series) for k in series[0]}


def test_both_wires_ask_for_the_same_service(admin: HttpClient, uid: str) -> None:
    send(admin, [route("/a"), route("/b", 5)], uid=uid)
    names = {"space": "s", "name": "m", "version": "0.1.0"}
    send(admin, [route("/a", 60)], **names)
    now = datetime.now(UTC)
    window = {"start_custom_datetime": now - timedelta(days=1), "end_custom_datetime": now + timedelta(days=1)}
    whole = {key: moment.isoformat() for key, moment in window.items()}
    current, legacy = metrics(admin, uid=uid, **whole), metrics(admin, **names, **whole)
    assert current == legacy
    first, second = current
    assert (first["route_name"], second["route_name"]) == ("/a", "/b")
    assert (total(first["total_request_count"]), total(first["total_error_count"])) == (80, 2)
    assert total(first["status_counts"]) == {"200": 80, "500": 2}
    assert len({len(values) for key, values in first.items() if key != "route_name"}) == 1
    assert first["created_at"][0].endswith("Z")
    assert metrics(admin, uid=uid, space="s") != []


def test_a_profile_without_metrics_has_none_and_unknown_names_too(admin: HttpClient, uid: str) -> None:
    assert metrics(admin, uid=uid) == []
    assert metrics(admin, space="s", name="unheard of", version="1") == []


@pytest.mark.parametrize(("version", "path"), [("0.25.0", "/scouter/message"), ("0.6.4", "/scouter/drift")])
def test_recorded_observer_records_come_back(admin: HttpClient, uid: str, version: str, path: str) -> None:
    recorded = json.loads((SAMPLES / version / "observer.records.json").read_text())["body"]
    assert admin.send("POST", path, json.dumps(recorded).replace("<uid>", uid).encode()).status == 200
    names = {"uid": uid} if version == "0.25.0" else {"space": "s", "name": "n", "version": "0.1.0"}
    [series] = metrics(admin, **names)
    sent = next(iter(recorded["records"][0].values()))["route_metrics"][0]
    assert series["route_name"] == sent["route_name"]
    for name, value in sent["metrics"].items():
        assert series[name] == [value]
    assert series["total_request_count"] == [sent["request_count"]]
    assert series["total_error_count"] == [sent["error_count"]]
    assert series["error_latency"] == [sent["error_latency"]]
    assert series["status_counts"] == [sent["status_codes"]]


# --- what the statement makes of stored rows

AT = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.fixture
def service(pool: Pool) -> Entity:
    with pool.connection() as connection:
        made = add_entity(connection, EntityName("s", "m", "0.1.0", "Service"))
    assert made is not None
    return made


def insert(pool: Pool, service: Entity, minute: int, *routes: dict[str, Any]) -> None:
    with pool.connection() as connection:
        connection.execute(
            "INSERT INTO observability_record VALUES (%s, %s, 0, 0, %s)",
            (service.id, AT + timedelta(minutes=minute), json.dumps(routes)),
        )


def stored(client: HttpClient, **more: Any) -> list[dict[str, Any]]:
    end = AT + timedelta(hours=1)
    window = {"start_custom_datetime": AT.isoformat(), "end_custom_datetime": end.isoformat()}
    return metrics(client, space="s", name="m", version="0.1.0", **{"max_data_points": 6, **window, **more})


def percentiles(value: float | None) -> dict[str, float | None]:
    return dict.fromkeys(("p5", "p25", "p50", "p95", "p99"), value)


def test_percentiles_are_weighted_by_requests_and_errors_are_not(
    admin: HttpClient, pool: Pool, service: Entity
) -> None:
    insert(pool, service, 1, route(requests=30, metrics=percentiles(1.0), error_latency=1.0))
    insert(pool, service, 2, route(requests=10, metrics=percentiles(2.0), error_latency=2.0, error_count=7))
    insert(pool, service, 11, route(requests=4, status_codes={"404": 4}))
    [series] = stored(admin)
    assert series["p5"] == [0.1, 1.25]
    assert series["p99"] == [0.5, 1.25]
    assert series["error_latency"] == [0.5, 1.5]
    assert series["total_request_count"] == [4, 40]
    assert series["total_error_count"] == [1, 8]
    assert series["status_counts"] == [{"404": 4}, {"200": 40, "500": 2}]
    stamps = [AT + timedelta(minutes=minute) for minute in (10, 0)]
    assert series["created_at"] == [stamp.strftime("%Y-%m-%dT%H:%M:%SZ") for stamp in stamps]


def test_nulls_break_nothing_and_never_come_back(admin: HttpClient, pool: Pool, service: Entity) -> None:
    insert(pool, service, 1, route(metrics=percentiles(None), error_latency=None, status_codes={}))
    insert(
        pool,
        service,
        11,
        route(requests=10, metrics=percentiles(None)),
        route(metrics={**percentiles(3.0), "p5": None}),
    )
    insert(pool, service, 21, route(requests=0, metrics=percentiles(7.0)))
    insert(pool, service, 31)
    [series] = stored(admin)
    assert series["p5"] == [0.0, 0.0, 0.0]
    assert series["p50"] == [0.0, 3.0, 0.0], "what has no value weighs nothing"
    assert series["error_latency"] == [0.5, 0.5, 0.0]
    assert series["status_counts"][-1] == {}


def test_extreme_numbers_are_answered(admin: HttpClient, pool: Pool, service: Entity) -> None:
    for _ in range(3):
        huge = route(requests=2**62, metrics=percentiles(1.7e308), error_latency=1.7e308, error_count=2**62)
        insert(pool, service, 1, huge, route("/tiny", metrics=percentiles(5e-324)))
    large, tiny = stored(admin)
    assert large["p95"] == large["error_latency"] == [1.7e308]
    assert large["total_request_count"] == large["total_error_count"] == [2**63 - 1]
    assert large["status_counts"] == [{"200": 2**63 - 1, "500": 3}]
    assert tiny["p5"] == [5e-324]


def test_the_window_has_its_start_and_not_its_end(pool: Pool, service: Entity) -> None:
    for minute in (0, 59, 60):
        insert(pool, service, minute, route())
    with pool.connection() as connection:
        [part] = observability_bins(connection, service.id, AT, AT + timedelta(hours=1), timedelta(hours=1))
    assert (part.bin, part.request_count) == (AT, 40)


def test_ten_thousand_points_are_answered(admin: HttpClient, pool: Pool, service: Entity) -> None:
    insert(pool, service, 1, route())
    assert len(stored(admin, max_data_points=10_000)) == 1


# --- who may ask what


@pytest.mark.shares_server
@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ({"max_data_points": 0}, 400, "max_data_points"),
        ({"max_data_points": 10_001}, 400, "max_data_points"),
        ({"max_data_points": None}, 400, "max_data_points"),
        ({"time_interval": "custom"}, 400, "time_interval"),
        ({"end_custom_datetime": "2026-01-01T00:00:00Z"}, 400, "start_custom_datetime"),
        ({"uid": None, "space": "s", "name": "m"}, 400, "uid"),
        ({"uid": "nobody"}, 404, None),
        ({"uid": "nul\x00"}, 404, None),
        ({"time_interval": "a fortnight"}, 200, None),
        ({"time_interval": None}, 200, None),
    ],
)
def test_a_bad_query_is_told_what_is_wrong(
    admin: HttpClient, uid: str, query: dict[str, Any], status: int, field: str | None
) -> None:
    answer = admin.get(PATH, **{"uid": uid, "time_interval": "1hour", "max_data_points": 10, **query})
    assert answer.status == status, answer
    if field is not None:
        assert answer.body["field"] == field


def test_read_on_the_space_is_needed(
    server: Server,
    log_in: LogIn,  # noqa: F811
    uid: str,
) -> None:
    named = {"space": "s", "name": "m", "version": "0.1.0"}
    for query in ({"uid": uid}, named, {"uid": uid, "space": "o"}):
        common = {"time_interval": "1hour", "max_data_points": 1, **query}
        assert HttpClient(server.address).get(PATH, **common).status == 401
    other, reader = log_in("other", "read:o", "write:s"), log_in("reader", "read:s")
    for query in ({"uid": uid}, named, {"uid": uid, "space": "o"}, {"uid": "nobody", "space": "s"}):
        assert other.get(PATH, max_data_points=1, **query).status == 403
    for query in ({"uid": uid}, named):
        assert reader.get(PATH, max_data_points=1, **query).status == 200
