"""Alerts that are judged: in the run beside what the client's rule says, and asked for before anything happens."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from scouter.checks.asked_checks import AskedChecks
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.alert_policies import put_policy
from scouter.postgres.tables.windows import Window
from scouter.server import Server
from scouter.wire.check_results import CheckResult
from tests.http_client import HttpClient
from tests.integration.callers import LogIn, log_in  # noqa: F401  # a fixture
from tests.integration.checked_profiles import entity_id
from tests.integration.conftest import settings_for
from tests.profile_documents import custom_profile, psi_profile, registration, spc_profile

DAY = timedelta(days=1)
MIDNIGHT = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
PATH = "/scouter/profile/judgement"
EVEN = [250] * 4


@pytest.fixture
def server(database: str, tmp_path: Path) -> Iterator[Server]:
    running = Server(settings_for(database, tmp_path, SCOUTER_ROLES="http"))
    running.start()
    yield running
    running.stop()


def register(admin: HttpClient, pool: Pool, document: dict[str, Any]) -> str:
    """Checked at midnight, registered ten days ago."""
    answer = admin.post("/scouter/profile", registration(document, active=True))
    assert answer.status == 200, answer
    with pool.connection() as connection:
        connection.execute("UPDATE profile SET created_at = created_at - interval '10 days'")
    return str(answer.body["uid"])


def send(admin: HttpClient, kind: str, uid: str, records: Sequence[dict[str, Any]], days: int = 0) -> None:
    """Into the window that ended so many days before the last one, one a second."""
    begin = MIDNIGHT - days * DAY - timedelta(hours=2)
    sent = [
        {kind: {"created_at": (begin + timedelta(seconds=n)).isoformat(), "uid": uid, **record}}
        for n, record in enumerate(records)
    ]
    assert admin.post("/scouter/message", {"records": sent}).body["stored"] == len(sent)


def bins(counts: Sequence[int], feature: str = "f0") -> list[dict[str, Any]]:
    return [{"feature": feature, "bin_id": n, "bin_count": count} for n, count in enumerate(counts, 1)]


def values(numbers: Sequence[float], feature: str = "f0") -> list[dict[str, Any]]:
    return [{"feature": feature, "value": number} for number in numbers]


def ask(admin: HttpClient, uid: str) -> dict[str, Any]:
    answer = admin.post("/scouter/runs", {"uid": uid})
    assert answer.status == 200, answer
    run: dict[str, Any] = answer.body
    assert admin.get("/scouter/runs", uid=uid).body["items"][0] == run
    return run


def judged(run: dict[str, Any]) -> dict[str, Any]:
    return {each["name"]: each for each in run["result"]["judgements"]}


def put(client: HttpClient, **body: Any) -> dict[str, Any]:
    answer = client.put(PATH, body)
    assert answer.status == 200, answer
    told: dict[str, Any] = answer.body
    return told


def get(client: HttpClient, **query: Any) -> dict[str, Any]:
    answer = client.get(PATH, **query)
    assert answer.status == 200, answer
    told: dict[str, Any] = answer.body
    return told


# Runs


def test_a_psi_alert_by_chance_is_refuted_and_stays_an_alert(admin: HttpClient, pool: Pool) -> None:
    uid = register(admin, pool, psi_profile())
    send(admin, "Psi", uid, bins([2450, 2550, 2650, 2350]))
    unknown = judged(ask(admin, uid))["f0"]
    assert (unknown["judge"], unknown["significant"]) == ("fixed, training rows unknown", False)
    assert "training_rows" in unknown["reason"]
    put(admin, uid=uid, training_rows=10_000)
    run = ask(admin, uid)
    found = judged(run)["f0"]
    assert run["outcome"] == "alert"
    assert (found["judge"], found["training_rows"], found["training_rows_origin"]) == ("two samples", 10_000, "stated")
    assert (found["material"], found["significant"]) == (False, False)
    assert found["effect"] == run["result"]["observations"][0]["drift"]
    assert found["alpha"] == pytest.approx(0.01137, abs=1e-4)
    assert found["p_value"] == found["adjusted_p_value"] < 0.05


def test_psi_drift_is_significant_and_the_alert_of_the_wire_is_what_it_was(admin: HttpClient, pool: Pool) -> None:
    uid = register(admin, pool, psi_profile())
    assert admin.post("/scouter/tags", {"tags": [tag_of(uid, "10000")]}).status == 200
    send(admin, "Psi", uid, bins([3500, 2500, 2500, 1500]))
    run = ask(admin, uid)
    found = judged(run)["f0"]
    assert (found["training_rows"], found["training_rows_origin"], found["significant"]) == (10_000, "tagged", True)
    [row] = admin.post("/scouter/alerts", {"uid": uid, "active": True}).body["items"]
    seen = run["result"]["observations"][0]
    assert row["alert"] == {"Psi": {"feature": "f0", "drift": seen["drift"], "threshold": seen["threshold"]}}
    assert set(row) == {"created_at", "entity_name", "alert", "id", "active"}


def test_rows_are_recovered_from_a_profile_of_counts(admin: HttpClient, pool: Pool) -> None:
    document = psi_profile()
    for each, count in zip(document["features"]["f0"]["bins"], [251, 250, 250, 250], strict=True):
        each["proportion"] = count / 1001
    uid = register(admin, pool, document)
    send(admin, "Psi", uid, bins([4000, 3000, 2000, 1000]))
    found = judged(ask(admin, uid))["f0"]
    assert (found["training_rows"], found["training_rows_origin"], found["significant"]) == (1001, "recovered", True)


def test_spc_features_are_judged_together(admin: HttpClient, pool: Pool) -> None:
    chooser = np.random.default_rng(3)
    uid = register(admin, pool, spc_profile())
    send(admin, "Spc", uid, values(chooser.normal(0.5, 0.2, 40).tolist()))
    send(admin, "Spc", uid, values([0.01, -0.02, 0.03, 0.01, 0.02, 0.01, 0.02, 0.01, 0.01, 0.02, 0.01], "f1"))
    run = ask(admin, uid)
    assert {alert["Spc"]["feature"] for alert in run["result"]["alerts"]} == {"f0", "f1"}
    found = judged(run)
    assert (found["f0"]["significant"], found["f1"]["significant"]) == (True, False)
    assert found["f0"]["judge"] == "shift and spike"
    assert found["f0"]["adjusted_p_value"] == pytest.approx(2 * found["f0"]["p_value"])
    assert found["f0"]["effect"] == pytest.approx(0.5, abs=0.1)


def test_without_an_alert_nothing_is_judged(admin: HttpClient, pool: Pool) -> None:
    uid = register(admin, pool, psi_profile())
    send(admin, "Psi", uid, bins([2500] * 4))
    run = ask(admin, uid)
    assert (run["outcome"], run["result"]["judgements"]) == ("ok", [])


def test_custom_metrics_are_left_to_the_client_unless_it_is_asked_for(admin: HttpClient, pool: Pool) -> None:
    uid = register(admin, pool, custom_profile())
    send(admin, "Custom", uid, [{"metric": "mae", "value": value} for value in [1.0, 5.5] * 10])
    [left] = ask(admin, uid)["result"]["judgements"]
    assert (left["judge"], left["significant"], left["effect"]) == ("client", None, 2.25)
    with pool.connection() as connection:
        put_policy(connection, '{"judge": "corrected"}', by="tests")
    [found] = ask(admin, uid)["result"]["judgements"]
    assert (found["judge"], found["significant"]) == ("standard error", False)
    assert found["alpha"] == 0.01


def test_the_clients_word_counts_where_that_is_set(admin: HttpClient, pool: Pool) -> None:
    uid = register(admin, pool, psi_profile())
    send(admin, "Psi", uid, bins([2450, 2550, 2650, 2350]))
    with pool.connection() as connection:
        put_policy(connection, '{"judge": "client"}', by="tests")
    result = ask(admin, uid)["result"]
    assert [(each["name"], each["judge"], each["significant"]) for each in result["judgements"]] == [
        ("f0", "client", None)
    ]


def test_runs_of_before_are_shown_as_they_were_stored(admin: HttpClient, pool: Pool) -> None:
    uid = register(admin, pool, psi_profile())
    send(admin, "Psi", uid, bins([3500, 2500, 2500, 1500]))
    ask(admin, uid)
    with pool.connection() as connection:
        connection.execute("UPDATE check_run SET result = (result::jsonb - 'judgements')::json")
        [(text,)] = connection.execute("SELECT result::text FROM check_run").fetchall()
    assert "judgements" not in admin.get("/scouter/runs", uid=uid).body["items"][0]["result"]
    assert msgspec.json.decode(text, type=CheckResult).judgements == ()
    assert admin.get("/scouter/profile/features", uid=uid).status == 200


# What is said of training rows


def test_what_is_stated_is_merged_and_taken_back(admin: HttpClient, pool: Pool) -> None:
    document = psi_profile()
    document["features"]["f1"] = {**document["features"]["f0"], "id": "f1"}
    document["config"]["alert_config"]["features_to_monitor"] = []
    uid = register(admin, pool, document)
    before = get(admin, uid=uid)
    assert (before["stated"], origins(before)) == (None, {"f0": (None, "unknown"), "f1": (None, "unknown")})
    assert "PUT /scouter/profile/judgement" in before["notes"][0]
    first = put(admin, uid=uid, training_rows=8000)
    assert origins(first) == {"f0": (8000, "stated"), "f1": (8000, "stated")}
    second = put(admin, uid=uid, features={"f1": 7000})
    assert origins(second) == {"f0": (8000, "stated"), "f1": (7000, "stated")}
    assert second["stated"] == {
        "training_rows": 8000,
        "features": {"f1": 7000},
        "updated_by": "admin",
        "updated_at": second["stated"]["updated_at"],
    }
    assert second == get(admin, uid=uid)
    assert origins(put(admin, uid=uid, training_rows=None)) == {"f0": (None, "unknown"), "f1": (7000, "stated")}
    last = put(admin, uid=uid, features=None)
    assert (last["stated"], origins(last)) == (None, origins(before))
    assert origins(put(admin, uid=uid, features={"f0": 10, "f1": None}))["f0"] == (10, "stated")


def test_a_profile_is_named_by_its_names_too(admin: HttpClient, pool: Pool) -> None:
    uid = register(admin, pool, psi_profile())
    names = {"space": "s", "name": "m", "version": "0.1.0", "drift_type": "Psi"}
    assert put(admin, **names, training_rows=500)["uid"] == get(admin, **names)["uid"] == uid


def test_what_cannot_be_stated_is_refused_by_name(admin: HttpClient, pool: Pool) -> None:
    uid = register(admin, pool, psi_profile())
    custom = register(admin, pool, custom_profile())
    for body, field in (
        ({"uid": uid, "rows": 5}, "rows"),
        ({"uid": uid, "training_rows": 1}, "training_rows"),
        ({"uid": uid, "training_rows": "many"}, "training_rows"),
        ({"uid": uid, "training_rows": 10**16}, "training_rows"),
        ({"uid": uid, "features": {"gone": 500}}, "features.gone"),
        ({"uid": uid, "features": {"f0": -3}}, "features.f0"),
        ({"uid": custom, "training_rows": 500}, "training_rows"),
        ({"training_rows": 500}, "uid"),
    ):
        answer = admin.put(PATH, body)
        assert (answer.status, answer.body["field"]) == (400, field), answer
    assert admin.put(PATH, {"uid": "nobody", "training_rows": 500}).status == 404
    assert admin.get(PATH, uid="nobody").status == 404


def test_reading_is_not_writing(admin: HttpClient, pool: Pool, log_in: LogIn) -> None:  # noqa: F811
    uid = register(admin, pool, psi_profile())
    reader, stranger = log_in("ada", "read:s"), log_in("eve", "write:t", "read:t")
    assert get(reader, uid=uid)["uid"] == uid
    assert reader.put(PATH, {"uid": uid, "training_rows": 5}).status == 403
    assert stranger.get(PATH, uid=uid).status == stranger.put(PATH, {"uid": uid}).status == 403


def test_tags_say_it_too_and_what_is_no_number_is_named(admin: HttpClient, pool: Pool) -> None:
    uid = register(admin, pool, psi_profile())
    for value in ("9000", "plenty"):
        assert admin.post("/scouter/tags", {"tags": [tag_of(uid, value)]}).status == 200
    told = get(admin, uid=uid)
    assert origins(told) == {"f0": (9000, "tagged")}
    assert any("'plenty'" in note for note in told["notes"])
    assert origins(put(admin, uid=uid, training_rows=700)) == {"f0": (700, "stated")}


def test_what_was_stated_goes_with_the_profile(admin: HttpClient, pool: Pool) -> None:
    uid = register(admin, pool, psi_profile())
    put(admin, uid=uid, training_rows=500)
    assert admin.delete(f"/scouter/profile?uid={uid}").status == 200
    with pool.connection() as connection:
        assert connection.execute("SELECT count(*) FROM profile_judgement").fetchone() == (0,)


# What is to be expected


def test_a_psi_profile_says_what_to_expect(admin: HttpClient, pool: Pool) -> None:
    uid = register(admin, pool, psi_profile(bins=10))
    nothing = get(admin, uid=uid)
    assert (nothing["usual_samples"], nothing["expected_alert_rows_a_week"]) == (None, None)
    for days, size in ((0, 100), (1, 120), (2, 300)):
        send(admin, "Psi", uid, bins([size] * 10), days)
        AskedChecksOf(pool).check(uid, days)
    put(admin, uid=uid, training_rows=1200)
    told = get(admin, uid=uid)
    assert (told["usual_samples"], told["features"][0]["usual_samples"]) == (1200, 1200)
    assert (told["judge"], told["fire_after"], told["windows_a_week"]) == ("corrected", "1 of 1", 7.0)
    assert told["expected_alert_rows_a_week"] == pytest.approx(7 * 0.49, abs=0.3)
    assert told["expected_false_messages_a_week"] == pytest.approx(7 / 90, rel=0.01)
    assert told["first_number"] is None
    assert get(admin, uid=uid, samples=12)["expected_alert_rows_a_week"] == 0.0


def test_an_spc_profile_says_which_rule_would_fit(admin: HttpClient, pool: Pool) -> None:
    uid = register(admin, pool, spc_profile(features=1))
    told = get(admin, uid=uid, samples=100)
    assert told["first_number"] == 13
    assert told["expected_alert_rows_a_week"] == pytest.approx(7 * 0.315, abs=0.25)
    assert told["features"][0]["training_rows_origin"] == "unknown"
    assert told == get(admin, uid=uid, samples=100)


def test_a_metric_without_a_boundary_is_registered_and_told_so(admin: HttpClient, pool: Pool) -> None:
    document = custom_profile()
    assert "boundary" not in admin.post("/scouter/profile", registration(document)).body["message"]
    document["config"]["alert_config"]["alert_conditions"]["mae"]["delta"] = None
    answer = admin.post("/scouter/profile", registration(document))
    said = "without a boundary (delta) these alert by chance, in half of all checks and Outside in all: mae"
    assert (answer.status, answer.body["message"].endswith(said)) == (200, True)
    told = get(admin, uid=answer.body["uid"])
    assert (told["expected_alert_rows_a_week"], told["notes"]) == (3.5, [said])
    assert told["features"][0]["training_rows_origin"] is None
    document["config"]["uid"], document["config"]["version"] = answer.body["uid"], answer.body["version"]
    replaced = admin.put("/scouter/profile", {"space": "s", "drift_type": "Custom", "profile": json.dumps(document)})
    assert replaced.body["message"].endswith(said)


class AskedChecksOf:
    """Checks of windows of earlier days."""

    def __init__(self, pool: Pool) -> None:
        settings = settings_for("", Path())
        self._pool = pool
        self._checks = AskedChecks(pool, settings.checks, settings.alerting)

    def check(self, uid: str, days: int) -> int:
        end = MIDNIGHT - days * DAY
        return self._checks.of_window(entity_id(self._pool, uid), Window(end - DAY, end), at=datetime.now(UTC))


def origins(told: dict[str, Any]) -> dict[str, tuple[int | None, str]]:
    return {each["name"]: (each["training_rows"], each["training_rows_origin"]) for each in told["features"]}


def tag_of(uid: str, value: str) -> dict[str, str]:
    return {"entity_type": "profile", "entity_id": uid, "key": "training_rows", "value": value}
