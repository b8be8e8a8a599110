"""Charts: the golden vectors below HTTP, and the queries of both wires above it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scouter.drift.charts import metric_stats, psi_series, spc_series
from scouter.drift.expected import expected_bins
from scouter.drift.windows import bin_width
from scouter.postgres.connections.pool import Pool
from scouter.postgres.schema.partitions import Partitions
from scouter.postgres.tables import charts
from scouter.postgres.tables.entities import Entity, EntityName, add_entity
from scouter.postgres.tables.features import Features
from scouter.wire.charts import PsiSeries, TimeInterval
from scouter.wire.profiles import DriftType, PsiProfile, decode_profile
from tests.http_client import HttpClient
from tests.profile_documents import custom_profile, psi_profile, registration, spc_profile

GOLDEN = Path(__file__).parents[1] / "contract" / "golden"
BINNED = json.loads((GOLDEN / "binned_queries.json").read_text())


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def near(value: Any) -> Any:
    return pytest.approx(value, rel=1e-9)


@pytest.mark.shares_server
@pytest.mark.parametrize("case", BINNED["date_bin"], ids=lambda case: case["case"])
def test_bins_begin_where_the_vectors_say(case: dict[str, Any], pool: Pool) -> None:
    width = timedelta(microseconds=round(case["stride_minutes"] * 60_000_000))
    asked = (width, moment(case["created_at"]))
    with pool.connection() as connection:
        found = connection.execute("SELECT date_bin(%s, %s, '1970-01-01 UTC')", asked).fetchone()
    assert found == (moment(case["bin"]),)


@pytest.fixture
def entity(pool: Pool) -> Entity:
    with pool.connection() as connection:
        made = add_entity(connection, EntityName("s", "golden", "1.0.0", "Spc"))
    assert made is not None
    return made


def insert(pool: Pool, table: str, entity: Entity, names: list[str], rows: list[tuple[Any, ...]]) -> dict[str, int]:
    """Rows of (name, created_at, ...) for one entity."""
    ids = Features(pool, max_names=1000, max_entities=10).ids(entity.id, names)
    Partitions(pool).ensure({(table, row[1].date()) for row in rows})
    with pool.connection() as connection, connection.cursor() as cursor:
        marks = ", ".join(["%s"] * (len(rows[0]) + 1))
        cursor.executemany(
            f"INSERT INTO {table} VALUES ({marks})".encode(), [(entity.id, ids[row[0]], *row[1:]) for row in rows]
        )
    return dict(ids)


@pytest.mark.parametrize("table", ["spc_record", "custom_record"])
def test_the_golden_example_comes_out_of_both_tables(pool: Pool, entity: Entity, table: str) -> None:
    example = BINNED["example"]
    rows = [(row["name"], moment(row["created_at"]), row["value"]) for row in example["rows"]]
    ids = insert(pool, table, entity, ["feature_0", "feature_1"], rows)
    start, end = moment(example["start"]), moment(example["end"])
    width = bin_width(start, end, example["max_data_points"])
    assert width == timedelta(minutes=example["stride_minutes"])
    with pool.connection() as connection:
        bins = charts.value_bins(connection, table, entity.id, start, end, width)
    for name, expected in example["expected_spc"].items():
        series = spc_series(value_sums(bins, ids[name]))
        assert series.created_at == [moment(text) for text in expected["created_at"]]
        assert series.values == near(expected["values"])
    for name, expected in example["expected_custom"].items():
        got = [metric_stats(part) for part in value_sums(bins, ids[name])]
        for stats, wanted in zip(got, expected["stats"], strict=True):
            assert [stats.avg, stats.lower_bound, stats.upper_bound] == near(
                [wanted["avg"], wanted["lower_bound"], wanted["upper_bound"]]
            )


@pytest.mark.parametrize("case", BINNED["stats"], ids=lambda case: str(case["values"]))
def test_statistics_are_those_of_postgres(pool: Pool, entity: Entity, case: dict[str, Any]) -> None:
    at = datetime(2025, 3, 1, tzinfo=UTC)
    ids = insert(pool, "custom_record", entity, ["m"], [("m", at, value) for value in case["values"]])
    with pool.connection() as connection:
        bins = charts.value_bins(
            connection, "custom_record", entity.id, at, at + timedelta(hours=1), timedelta(hours=1)
        )
    [part] = value_sums(bins, ids["m"])
    stats = metric_stats(part)
    assert [stats.avg, stats.lower_bound, stats.upper_bound] == near(
        [case["avg"], case["lower_bound"], case["upper_bound"]]
    )


def test_the_golden_psi_example_pools_what_it_keeps(pool: Pool, entity: Entity) -> None:
    example = BINNED["psi_example"]
    rows = [(row["feature"], moment(row["created_at"]), row["bin_id"], row["bin_count"]) for row in example["records"]]
    ids = insert(pool, "psi_record", entity, sorted({row[0] for row in rows}), rows)
    start = datetime(2025, 3, 1, tzinfo=UTC)
    with pool.connection() as connection:
        bins = charts.count_bins(
            connection, "psi_record", entity.id, start, start + timedelta(hours=2), timedelta(minutes=30)
        )
    series = psi_of(example, bins, ids["feature_0"])
    expected = example["more_than_100"]
    assert series.created_at == [moment(text) for text in expected["created_at"]]
    assert series.psi == near(expected["psi"])
    assert series.bins == near(expected["pooled_bins"])
    assert series.overall_psi == near(expected["pooled_overall_psi"])


def psi_of(example: dict[str, Any], bins: list[charts.CountBin], feature_id: int) -> PsiSeries:
    from scouter.drift.charts import CountSums

    cases = json.loads((GOLDEN / "psi_profiles.json").read_text())["cases"]
    [case] = [case for case in cases if case["case"] == example["profile_case"]]
    document = json.dumps(case["by_version"][example["profile_version"]]["result"])
    profile = decode_profile(DriftType.Psi, document)
    assert isinstance(profile, PsiProfile)
    by_bin: dict[datetime, dict[int, int]] = {}
    for part in bins:
        if part.feature_id == feature_id:
            by_bin.setdefault(part.bin, {})[part.bin_id] = part.count
    series = psi_series(expected_bins(profile)["feature_0"], [CountSums(at, counts) for at, counts in by_bin.items()])
    assert series is not None
    return series


def value_sums(bins: list[charts.ValueBin], feature_id: int) -> list[Any]:
    from scouter.drift.charts import ValueSums

    parts = [
        ValueSums(part.bin, part.count, part.mean, part.deviation) for part in bins if part.feature_id == feature_id
    ]
    return sorted(parts, key=lambda part: part.bin, reverse=True)


# --- above HTTP

INTERVALS = [interval.value for interval in TimeInterval if interval is not TimeInterval.Custom]


@pytest.fixture
def uids(admin: HttpClient) -> dict[str, str]:
    made = {}
    for kind, profile in (("spc", spc_profile()), ("psi", psi_profile()), ("custom", custom_profile())):
        made[kind] = admin.post("/scouter/profile", registration(profile)).body["uid"]
    at = (datetime.now(UTC) - timedelta(minutes=2)).isoformat()
    records: list[dict[str, Any]] = [
        {"Spc": {"created_at": at, "uid": made["spc"], "feature": "f0", "value": value}} for value in (1.0, 2.0, 6.0)
    ]
    records += [
        {"Psi": {"created_at": at, "uid": made["psi"], "feature": "f0", "bin_id": n, "bin_count": 10 * n}}
        for n in range(1, 5)
    ]
    records += [
        {"Psi": {"created_at": at, "uid": made["psi"], "feature": "not in the profile", "bin_id": 1, "bin_count": 500}}
    ]
    records += [{"Custom": {"created_at": at, "uid": made["custom"], "metric": "mae", "value": v}} for v in (1, 3)]
    assert admin.post("/scouter/message", {"records": records}).body["stored"] == len(records)
    return made


@pytest.mark.parametrize("interval", INTERVALS)
def test_every_interval_name_answers_on_both_wires(admin: HttpClient, uids: dict[str, str], interval: str) -> None:
    common = {"time_interval": interval, "max_data_points": 1}
    for kind in ("spc", "psi", "custom"):
        current = admin.get(f"/scouter/drift/{kind}", uid=uids[kind], space="s", **common)
        legacy = admin.get(
            f"/scouter/drift/{kind}", space="s", name="m", version="0.1.0", drift_type=kind.capitalize(), **common
        )
        assert current.status == legacy.status == 200
        assert current.body == legacy.body


def test_charts_say_what_was_inserted(admin: HttpClient, uids: dict[str, str]) -> None:
    common = {"time_interval": "OneHour", "max_data_points": 10}
    spc = admin.get("/scouter/drift/spc", uid=uids["spc"], space="s", **common).body
    assert spc["features"]["f0"]["values"] == [3.0]
    custom = admin.get("/scouter/drift/custom", uid=uids["custom"], space="s", **common).body["metrics"]["mae"]
    assert custom["metric"] == "mae"
    assert custom["stats"] == [near({"avg": 2.0, "lower_bound": 2 - 2**0.5, "upper_bound": 2 + 2**0.5})]
    psi = admin.get("/scouter/drift/psi", uid=uids["psi"], space="s", **common).body["features"]
    assert set(psi) == {"f0"}, "features outside the profile are left out"
    assert psi["f0"]["bins"] == {"1": 0.1, "2": 0.2, "3": 0.3, "4": 0.4}
    assert psi["f0"]["psi"] == [psi["f0"]["overall_psi"]]
    assert psi["f0"]["created_at"][0].endswith("Z")


def test_a_custom_window_is_the_one_that_was_asked_for(admin: HttpClient, uids: dict[str, str]) -> None:
    now = datetime.now(UTC)
    around = {"end_custom_datetime": now.isoformat(), "time_interval": "Custom", "max_data_points": 5}
    hit = {**around, "start_custom_datetime": (now - timedelta(minutes=10)).isoformat()}
    miss = {**around, "start_custom_datetime": (now - timedelta(minutes=1)).isoformat()}
    assert admin.get("/scouter/drift/spc", uid=uids["spc"], space="s", **hit).body["features"] != {}
    assert admin.get("/scouter/drift/spc", uid=uids["spc"], space="s", **miss).body == {"features": {}}
    legacy = {"begin_custom_datetime": hit["start_custom_datetime"], "end_custom_datetime": now.isoformat()}
    named = {"space": "s", "name": "m", "version": "0.1.0", "time_interval": "OneHour", "max_data_points": 5}
    assert admin.get("/scouter/drift/spc", **named, **legacy).body["features"] != {}


@pytest.mark.shares_server
@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ({"max_data_points": 0}, 400, "max_data_points"),
        ({"max_data_points": -1}, 400, "max_data_points"),
        ({"max_data_points": 10_001}, 400, "max_data_points"),
        ({"max_data_points": "many"}, 400, "max_data_points"),
        ({"time_interval": "OneYear"}, 400, "time_interval"),
        ({"time_interval": "Custom"}, 400, "time_interval"),
        ({"start_custom_datetime": "2026-01-01T00:00:00Z"}, 400, "end_custom_datetime"),
        ({"end_custom_datetime": "2026-01-01T00:00:00Z"}, 400, "start_custom_datetime"),
        (
            {"start_custom_datetime": "2026-01-02T00:00:00Z", "end_custom_datetime": "2026-01-01T00:00:00Z"},
            400,
            "start_custom_datetime",
        ),
        ({"start_custom_datetime": "monday", "end_custom_datetime": "2026-01-01T00:00:00Z"}, 400, None),
        ({"uid": "nobody"}, 404, None),
        ({"uid": "nul\x00"}, 404, None),
        ({"uid": None}, 400, "uid"),
    ],
)
def test_a_bad_chart_query_is_told_what_is_wrong(
    admin: HttpClient, uids: dict[str, str], query: dict[str, Any], status: int, field: str | None
) -> None:
    good: dict[str, Any] = {
        "uid": uids["spc"],
        "space": "s",
        "time_interval": "OneHour",
        "max_data_points": 10,
    }
    answer = admin.get("/scouter/drift/spc", **{**good, **query})
    assert answer.status == status, answer
    if field is not None:
        assert answer.body["field"] == field


def test_a_profile_of_another_type_is_not_found(admin: HttpClient, uids: dict[str, str]) -> None:
    query = {"uid": uids["psi"], "space": "s", "time_interval": "OneHour", "max_data_points": 10}
    assert admin.get("/scouter/drift/spc", **query).status == 404


def test_ten_thousand_points_are_answered(admin: HttpClient, uids: dict[str, str]) -> None:
    query = {"uid": uids["spc"], "space": "s", "time_interval": "FiveMinutes", "max_data_points": 10_000}
    assert admin.get("/scouter/drift/spc", **query).body["features"]["f0"]["values"] == [3.0]
