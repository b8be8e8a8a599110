"""The demonstration: one command from nothing to a page, and nothing of the shell's is touched."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.alert_service import AlertService
from tests.conditions import eventually
from tests.demonstration import Demonstration
from tests.http_client import HttpClient
from tests.page_client import PageClient

# Of two cores; others may be busy with other tests.
pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def admin(demonstration: Demonstration) -> Iterator[HttpClient]:
    with HttpClient(demonstration.url) as client:
        yield client.login()


def test_it_says_where_it_is_who_comes_in_and_what_it_does_not_touch(demonstration: Demonstration) -> None:
    for said in (
        f"The demonstration is at {demonstration.url}/",
        "Sign in as 'admin' with 'admin', or as 'guest' with 'guest', who may only read.",
        "are removed at the end",
        "it reaches no other database, no broker and no bucket",
        "Alerts are printed here and sent to nobody",
    ):
        assert said in demonstration.said


def test_whoever_signs_in_sees_profiles_with_charts_and_alerts(demonstration: Demonstration) -> None:
    with PageClient(demonstration.url) as browser:
        overview = browser.sign_in().get("/")
        assert overview.status == 200
        assert "churn" in overview.text and "credit" in overview.text
        alerts = browser.get("/alerts")
        assert "income" in alerts.text and "employment" in alerts.text and "mae" in alerts.text


def test_its_profiles_are_of_every_kind_and_in_every_state(admin: HttpClient) -> None:
    listed = _states(admin)
    assert {each["drift_type"] for each in listed["items"]} == {"Spc", "Psi", "Custom"}
    assert listed["counts"] == {"alert": 3, "failed": 0, "silent": 0, "no_data": 1, "new": 1, "ok": 4, "off": 1}


def test_its_past_lies_before_and_behind_the_border_of_the_archive(admin: HttpClient) -> None:
    eventually(lambda: _archived_days(admin) == 9, seconds=60)
    uid = next(each["uid"] for each in _states(admin)["items"] if each["name"] == "churn" and each["active"])
    now = datetime.now(UTC)
    window = {"start_custom_datetime": (now - timedelta(days=30)).isoformat(), "end_custom_datetime": now.isoformat()}
    chart = admin.get("/scouter/drift/spc", uid=uid, time_interval="Custom", max_data_points=30, **window).body
    assert all(len(series["values"]) >= 30 for series in chart["features"].values())


def test_its_ledger_balances_with_what_nobody_could_store(admin: HttpClient) -> None:
    account = admin.get("/scouter/ledger").body["transports"]["http"]
    assert account["quarantined"] == 5 and account["spooled"] == 0
    assert account["received"] == account["stored"] + account["quarantined"]
    reasons = {each["reason"] for each in admin.get("/scouter/quarantine").body["items"]}
    assert reasons == {"undecodable", "unknown_profile", "invalid"}


def test_nothing_of_the_shell_is_touched(
    demonstration: Demonstration, real_team: AlertService, shell_of_a_real_server: dict[str, str]
) -> None:
    assert [path for path in ("/hook", "/slack", "/opsgenie") if real_team.requests(path)] == []
    kept = ("SCOUTER_DATA_DIR", "SCOUTER_STORAGE_URI", "SCOUTER_SPOOL_DIR")
    assert not any(Path(shell_of_a_real_server[name]).exists() for name in kept)
    assert "Drift detected" not in demonstration.said, "those of its past are in a file"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_at_the_end_nothing_of_it_is_left(tmp_path: Path, number: signal.Signals) -> None:
    running = Demonstration(tmp_path).launch().wait_until("partitions, for")
    assert running.left_over
    assert running.end(number) == 0
    assert running.left_over == []


def test_it_does_not_take_a_directory_that_holds_something_else(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "thesis.tex").touch()
    running = Demonstration(tmp_path, "--keep", str(kept)).launch()
    assert running.wait() == 2
    assert "is neither empty nor a whole demonstration" in running.log
    assert [each.name for each in kept.iterdir()] == ["thesis.tex"]


def _states(admin: HttpClient) -> Any:
    return admin.get("/scouter/profiles/states").body


def _archived_days(admin: HttpClient) -> int:
    items = admin.get("/scouter/archive", kind="spc").body["items"]
    return sum(each["state"] == "archived" for each in items)
