"""Features of a profile: as its last check saw them, as they were in training, and charts of some of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scouter.postgres.connections.pool import Pool
from scouter.server import Server
from scouter.wire.alerts import Alert, PsiAlert
from scouter.wire.check_results import CheckResult, NotChecked, Obstacle, PsiObservation
from tests.http_client import HttpClient
from tests.integration.callers import LogIn, log_in  # noqa: F401  # a fixture
from tests.integration.checked_profiles import register, run
from tests.integration.conftest import settings_for
from tests.profile_documents import custom_profile, psi_profile, registration


@pytest.fixture
def server(database: str, tmp_path: Path) -> Iterator[Server]:
    running = Server(settings_for(database, tmp_path, SCOUTER_ROLES="http"))
    running.start()
    yield running
    running.stop()


def result(**drifts: float) -> CheckResult:
    alerts = tuple(Alert(psi=PsiAlert(name, drift, 0.2)) for name, drift in drifts.items() if drift > 0.2)
    seen = tuple(PsiObservation(name, 100, 0, 10, drift, 0.2) for name, drift in drifts.items())
    return CheckResult(alerts, seen, (NotChecked("silent", Obstacle.no_data, 0, "no observations in the window"),))


def features(client: HttpClient, **query: Any) -> dict[str, Any]:
    answer = client.get("/scouter/profile/features", **query)
    assert answer.status == 200, answer
    body: dict[str, Any] = answer.body
    return body


def names(page: dict[str, Any]) -> list[str]:
    return [item["name"] for item in page["items"]]


def put(client: HttpClient, profile: dict[str, Any]) -> str:
    return str(client.post("/scouter/profile", registration(profile)).body["uid"])


def test_the_furthest_come_first(admin: HttpClient, pool: Pool) -> None:
    uid = register(admin, "m")
    run_id = run(pool, uid, 1, "alert", result(calm=0.05, income=0.5, age=0.3))
    page = features(admin, uid=uid)
    assert (page["run_id"], page["total"], page["window_end"]) == (run_id, 4, "2026-11-20T01:00:00Z")
    assert names(page) == ["income", "age", "calm", "silent"]
    income, _, calm, silent = page["items"]
    assert (income["outside"], income["distance"], income["beyond"]) == (True, pytest.approx(2.5), False)
    assert (income["alerts"][0]["Psi"]["drift"], income["observation"]["drift"]) == (0.5, 0.5)
    assert (calm["outside"], calm["alerts"]) == (False, [])
    assert (silent["observation"], silent["obstacle"]["obstacle"], silent["distance"]) == (None, "no_data", None)
    assert names(features(admin, uid=uid, order="name")) == ["age", "calm", "income", "silent"]
    assert names(features(admin, uid=uid, outside="true")) == ["income", "age"]
    assert names(features(admin, uid=uid, q="A", order="name")) == ["age", "calm"]


def test_pages_go_on_in_the_check_that_they_began_with(admin: HttpClient, pool: Pool) -> None:
    uid = register(admin, "m")
    older = run(pool, uid, 1, "alert", result(a=0.1, b=0.5, c=0.3))
    first = features(admin, uid=uid, limit=2)
    newer = run(pool, uid, 2, "ok", result(a=0.19, b=0.1, c=0.0))
    rest = features(admin, uid=uid, limit=2, cursor=first["next_cursor"])
    assert (names(first), names(rest), rest["run_id"], rest["has_next"]) == (["b", "c"], ["a", "silent"], older, False)
    assert (names(features(admin, uid=uid))[0], features(admin, uid=uid)["run_id"]) == ("a", newer)
    assert admin.get("/scouter/profile/features", uid=uid, cursor="nonsense").status == 400


def test_a_check_that_failed_hides_nothing(admin: HttpClient, pool: Pool) -> None:
    uid = register(admin, "m")
    assert names(features(admin, uid=uid)) == ["f0", "f1"], "before the first check, what is to be checked"
    assert features(admin, uid=uid)["run_id"] is None
    run_id = run(pool, uid, 1, "ok", result(a=0.1))
    run(pool, uid, 2, "failed", None)
    assert features(admin, uid=uid)["run_id"] == run_id


def test_baselines_say_what_training_was_like(admin: HttpClient) -> None:
    spc = admin.get("/scouter/profile/baseline", uid=register(admin, "m"), feature=["f1", "f0", "no"]).body["features"]
    assert spc == {
        name: {"drift_type": "Spc", "center": 0.0, "limits": [-3.0, -2.0, -1.0, 1.0, 2.0, 3.0]} for name in ("f1", "f0")
    }
    document = psi_profile(bins=3)
    document["features"]["color"] = {
        **document["features"]["f0"],
        "id": "color",
        "bin_type": "Category",
        "bins": [
            {"id": code, "lower_limit": None, "upper_limit": None, "proportion": share}
            for code, share in ((0, 0.2), (1, 0.8))
        ],
    }
    document["config"]["feature_map"] = {"features": {"color": {"red": 0, "missing": 1}}}
    psi = admin.get("/scouter/profile/baseline", uid=put(admin, document), feature=["f0", "color"]).body["features"]
    assert psi["f0"]["bins"] == [
        {"id": 1, "lower": None, "upper": 0.0, "label": None, "proportion": pytest.approx(1 / 3)},
        {"id": 2, "lower": 0.0, "upper": 1.0, "label": None, "proportion": pytest.approx(1 / 3)},
        {"id": 3, "lower": 1.0, "upper": None, "label": None, "proportion": pytest.approx(1 / 3)},
    ]
    assert (psi["f0"]["threshold"], psi["f0"]["threshold_type"], psi["f0"]["alpha"]) == (None, "ChiSquare", 0.05)
    assert [each["label"] for each in psi["color"]["bins"]] == ["red", "missing"]
    custom = admin.get("/scouter/profile/baseline", uid=put(admin, custom_profile()), feature="mae").body["features"]
    assert custom == {"mae": {"drift_type": "Custom", "baseline": 1.0, "lowest": None, "highest": 3.0}}


def test_who_may_not_read_is_told_nothing(admin: HttpClient, log_in: LogIn) -> None:  # noqa: F811
    uid = register(admin, "m")
    stranger = log_in("eve", "read:t")
    assert stranger.get("/scouter/profile/features", uid=uid).status == 403
    assert stranger.get("/scouter/profile/baseline", uid=uid, feature="f0").status == 403
    assert admin.get("/scouter/profile/baseline", uid="nobody", feature="f0").status == 404
    assert admin.get("/scouter/profile/baseline", uid=uid).body["field"] == "feature"


def chart(client: HttpClient, kind: str, uid: str, **query: Any) -> Any:
    end = datetime.now(UTC)
    window = {"start_custom_datetime": (end - timedelta(hours=1)).isoformat(), "end_custom_datetime": end.isoformat()}
    answer = client.get(f"/scouter/drift/{kind}", uid=uid, time_interval="Custom", max_data_points=1, **window, **query)
    assert answer.status == 200, answer
    [charted] = answer.body.values()
    return charted


def send(client: HttpClient, kind: str, *records: dict[str, Any]) -> None:
    moment = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
    body = {"records": [{kind: {"created_at": moment, **record}} for record in records]}
    assert client.post("/scouter/message", body).body["stored"] == len(records)


def test_charts_of_some_features_show_their_extremes_when_asked(admin: HttpClient) -> None:
    uid = register(admin, "m")
    records = [
        {"uid": uid, "feature": feature, "value": value} for feature in ("f0", "f1") for value in (-4.0, 1.0, 6.0)
    ]
    send(admin, "Spc", *records)
    assert set(chart(admin, "spc", uid)) == {"f0", "f1"}
    assert set(chart(admin, "spc", uid)["f0"]) == {"created_at", "values"}
    asked = chart(admin, "spc", uid, feature=["f1", "f1", "absent"], extremes="true")
    assert set(asked) == {"f1"}
    assert (min(asked["f1"]["lowest"]), max(asked["f1"]["highest"])) == (-4.0, 6.0)
    assert chart(admin, "spc", uid, feature="absent") == {}


def test_charts_of_psi_show_the_newest_bins_when_asked(admin: HttpClient) -> None:
    uid = put(admin, psi_profile(bins=2))
    counts = [{"uid": uid, "feature": "f0", "bin_id": bin_id, "bin_count": 60 * bin_id} for bin_id in (1, 2)]
    send(admin, "Psi", *counts)
    assert "time_bins" not in chart(admin, "psi", uid)["f0"]
    asked = chart(admin, "psi", uid, feature="f0", extremes="true")["f0"]
    assert asked["time_bins"] == asked["bins"] == {"1": pytest.approx(1 / 3), "2": pytest.approx(2 / 3)}


def test_charts_of_custom_metrics_show_their_extremes_when_asked(admin: HttpClient) -> None:
    uid = put(admin, custom_profile())
    send(admin, "Custom", *({"uid": uid, "metric": "mae", "value": value} for value in (1.0, 2.5)))
    asked = chart(admin, "custom", uid, extremes="true")["mae"]
    assert (min(asked["lowest"]), max(asked["highest"])) == (1.0, 2.5)
