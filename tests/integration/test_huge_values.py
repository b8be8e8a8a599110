"""The largest values that there are, beside ordinary ones: in charts of tables, of files and of both, in checks."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from scouter.checks.evaluation import evaluate
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.entities import entity_by_key
from scouter.postgres.tables.late_arrivals import profile_for_sweep
from scouter.postgres.tables.windows import Window
from scouter.server import Server
from scouter.wire.check_results import CustomObservation
from tests import exact_statistics as exact
from tests.exact_statistics import LARGEST
from tests.http_client import HttpClient
from tests.integration.archive.archived_days import archive, archiving_settings
from tests.profile_documents import custom_profile, psi_profile, registration, spc_profile

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SERIES: dict[str, list[float]] = {
    "ordinary": [0.5, 1.5, 4.0],
    "infinity of MLflow": [LARGEST, 0.5],
    "square": [1e200, 0.5],
    "sum": [LARGEST, LARGEST, LARGEST],
    "apart": [LARGEST, -LARGEST],
    "tiny beside": [1e300, 1e-300, 5e-324],
    "below the scale": [1e99, -1e99, 3e98],
    "above the scale": [1e101, 0.0, 1e-90],
    "one": [-LARGEST],
}


@pytest.fixture
def server(database: str, tmp_path: Path) -> Iterator[Server]:
    running = Server(archiving_settings(database, tmp_path))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def uids(admin: HttpClient) -> dict[str, str]:
    custom = custom_profile()
    custom["metrics"] = dict.fromkeys(SERIES, 1.0)
    custom["config"]["alert_config"]["alert_conditions"] = {
        name: {"baseline_value": 1.0, "alert_threshold": "Above", "delta": 0.0} for name in SERIES
    }
    profiles = {"spc": spc_profile(), "psi": psi_profile(), "custom": custom}
    return {kind: admin.post("/scouter/profile", registration(each)).body["uid"] for kind, each in profiles.items()}


def send(client: HttpClient, uids: dict[str, str], at: datetime, series: dict[str, list[float]]) -> None:
    records: list[dict[str, Any]] = []
    for name, values in series.items():
        for value in values:
            about = {"created_at": at.isoformat(), "value": value}
            records.append({"Spc": {**about, "uid": uids["spc"], "feature": name}})
            records.append({"Custom": {**about, "uid": uids["custom"], "metric": name}})
    assert client.post("/scouter/message", {"records": records}).body["stored"] == len(records)


def chart(client: HttpClient, kind: str, uid: str, window: tuple[datetime, datetime], points: int) -> dict[str, Any]:
    start, end = window
    reply = client.get(
        f"/scouter/drift/{kind}",
        uid=uid,
        space="s",
        time_interval="Custom",
        max_data_points=points,
        start_custom_datetime=start.isoformat(),
        end_custom_datetime=end.isoformat(),
    )
    assert reply.status == 200, reply
    assert all(map(math.isfinite, numbers_in(reply.body)))
    found: dict[str, Any] = reply.body["metrics" if kind == "custom" else "features"]
    return found


def numbers_in(body: Any) -> Iterator[float]:
    """Null is none."""
    if isinstance(body, dict | list):
        for each in body.values() if isinstance(body, dict) else body:
            yield from numbers_in(each)
    elif not isinstance(body, str):
        yield math.nan if body is None else body


def near(value: float, values: list[float]) -> Any:
    return pytest.approx(value, rel=1e-9, abs=max(map(abs, values)) * 1e-14)


def assert_right(client: HttpClient, uids: dict[str, str], window: tuple[datetime, datetime], copies: int = 1) -> None:
    """One time bin that holds so many copies of every series."""
    spc = chart(client, "spc", uids["spc"], window, 1)
    custom = chart(client, "custom", uids["custom"], window, 1)
    assert set(spc) == set(custom) == set(SERIES)
    for name, once in SERIES.items():
        values = once * copies
        assert spc[name]["values"] == [near(exact.mean(values), values)], name
        lower, upper = exact.bounds(values)
        (stats,) = custom[name]["stats"]
        assert stats == {
            "avg": near(exact.mean(values), values),
            "lower_bound": near(lower, values),
            "upper_bound": near(upper, values),
        }, name


def day(ago: int) -> tuple[datetime, datetime]:
    """A window that is one time bin: they are aligned to 1970."""
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=ago), midnight - timedelta(days=ago - 1)


def bin_of_both(one: datetime, other: datetime) -> tuple[datetime, datetime]:
    """A longer one that holds two days."""
    for length in (timedelta(days=days) for days in range(50, 400)):
        number = (one - EPOCH) // length
        if (other - EPOCH) // length == number:
            return EPOCH + number * length, EPOCH + (number + 1) * length
    raise AssertionError(f"{one} and {other} are never in one bin")


def test_charts_of_postgres_of_the_archive_and_of_both_are_right(
    admin: HttpClient, uids: dict[str, str], database: str, tmp_path: Path
) -> None:
    hot, old = day(1), day(40)
    for start, _ in (hot, old):
        send(admin, uids, start + timedelta(hours=12), SERIES)
    assert_right(admin, uids, hot)
    assert_right(admin, uids, old)
    assert_right(admin, uids, bin_of_both(old[0], hot[1]), copies=2)
    assert archive(archiving_settings(database, tmp_path)).moved
    assert_right(admin, uids, old)
    assert_right(admin, uids, bin_of_both(old[0], hot[1]), copies=2)


def test_a_huge_value_changes_its_own_time_bin_only(admin: HttpClient, uids: dict[str, str]) -> None:
    start, end = day(1)
    ordinary = {"f": [1.0, 2.0, 4.5]}
    for hour in (3, 9, 21):
        send(admin, uids, start + timedelta(hours=hour), ordinary)
    before = [chart(admin, kind, uids[kind], (start, end), 24)["f"] for kind in ("spc", "custom")]
    send(admin, uids, start + timedelta(hours=12), {"f": [LARGEST, 0.5]})
    after = [chart(admin, kind, uids[kind], (start, end), 24)["f"] for kind in ("spc", "custom")]
    for one, other in zip(before, after, strict=True):
        for name in {"values", "stats", "created_at"} & one.keys():
            assert [other[name][n] for n in (0, 2, 3)] == one[name]
    assert after[0]["values"][1] == pytest.approx(LARGEST / 2)


def test_a_check_judges_every_metric_whatever_another_one_holds(
    admin: HttpClient, uids: dict[str, str], pool: Pool
) -> None:
    start, end = day(1)
    send(admin, uids, start + timedelta(hours=12), SERIES)
    with pool.connection() as connection:
        entity = entity_by_key(connection, uids["custom"])
        assert entity is not None
        profile = profile_for_sweep(connection, entity.id)
        assert profile is not None
        seen = evaluate(connection, profile, Window(start, end))
    means = {name: exact.mean(values) for name, values in SERIES.items()}
    assert seen.row_count == sum(map(len, SERIES.values()))
    found = {each.name: each.observed for each in seen.result.observations if isinstance(each, CustomObservation)}
    assert found == {name: near(mean, SERIES[name]) for name, mean in means.items()}
    alerting = {alert.custom.metric_name for alert in seen.result.alerts if alert.custom}
    assert alerting == {name for name, mean in means.items() if mean > 1.0}
    assert all(map(math.isfinite, numbers_in(json.loads(msgspec.json.encode(seen.result.alerts)))))


def test_the_largest_counts_make_charts_and_checks(admin: HttpClient, uids: dict[str, str], pool: Pool) -> None:
    start, end = day(1)
    about = {"created_at": (start + timedelta(hours=1)).isoformat(), "uid": uids["psi"], "feature": "f0"}
    counts = [{"Psi": {**about, "bin_id": n, "bin_count": 2**62}} for n in (1, 2, 3, 4) for _ in range(5)]
    assert admin.post("/scouter/message", {"records": counts}).body["stored"] == 20
    found = chart(admin, "psi", uids["psi"], (start, end), 1)["f0"]
    assert found["bins"] == {"1": 0.25, "2": 0.25, "3": 0.25, "4": 0.25}
    with pool.connection() as connection:
        entity = entity_by_key(connection, uids["psi"])
        assert entity is not None
        profile = profile_for_sweep(connection, entity.id)
        assert profile is not None
        seen = evaluate(connection, profile, Window(start, end))
    assert not seen.result.alerts
    assert all(map(math.isfinite, numbers_in(json.loads(msgspec.json.encode(seen.result.observations)))))
