"""Checks on schedule: claimed, made, written down once, with the alerts they raise."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from scouter.checks.checker import Checker
from scouter.checks.late_sweep import LateSweep
from scouter.checks.poller import Poller
from scouter.checks.raise_alerts import raise_alerts
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.checks import CheckClaim, claim_check, renew_leases, retry_check, seconds_until_due
from scouter.server import Server, utc_now
from scouter.settings.settings import Settings
from scouter.wire.alerts import Alert, CustomAlert
from scouter.wire.profiles import AlertThreshold
from tests.http_client import HttpClient
from tests.integration.conftest import settings_for
from tests.profile_documents import custom_profile, psi_profile, registration, spc_profile
from tests.stopping import stop

NO_GRACE = timedelta(0)
LEASE = timedelta(seconds=60)


@pytest.fixture
def server(database: str, tmp_path: Path) -> Iterator[Server]:
    """Without workers of its own: the tests make the checks themselves, when they want to."""
    running = Server(checking(database, tmp_path, POLLING_WORKER_COUNT="0"))
    running.start()
    yield running
    running.stop()


def checking(database: str, directory: Path, **environment: str) -> Settings:
    # So long a grace for the server itself keeps its own sweep of late records out of the tests.
    return settings_for(database, directory, **{"SCOUTER_WINDOW_GRACE_SECONDS": "3600", **environment})


@pytest.fixture
def checks(pool: Pool, database: str, tmp_path: Path) -> Checker:
    settings = checking(database, tmp_path, SCOUTER_WINDOW_GRACE_SECONDS="0")
    return Checker(pool, settings.checks, settings.alerting)


def every_second(profile: dict[str, Any]) -> dict[str, Any]:
    profile["config"]["alert_config"]["schedule"] = "* * * * * *"
    return profile


def register(admin: HttpClient, profile: dict[str, Any]) -> str:
    reply = admin.post("/scouter/profile", registration(profile, active=True))
    assert reply.status == 200, reply
    return str(reply.body["uid"])


def register_legacy(admin: HttpClient, profile: dict[str, Any]) -> None:
    reply = admin.post("/scouter/profile", registration(profile, legacy=True))
    assert reply.status == 200, reply


def send(admin: HttpClient, kind: str, uid: str, *records: dict[str, Any]) -> None:
    now = datetime.now(UTC)
    full = [{"created_at": now.isoformat(), "uid": uid, **record} for record in records]
    answer = admin.post("/scouter/message", {"records": [{kind: record} for record in full]})
    assert answer.body["stored"] == len(records), answer


def execute(database: str, statement: str, *parameters: Any) -> list[Any]:
    with psycopg.connect(database, options="-c search_path=scouter_py -c timezone=UTC") as connection:
        cursor = connection.execute(statement.encode(), parameters)
        return cursor.fetchall() if cursor.description else []


def claim(pool: Pool, grace: timedelta = NO_GRACE) -> CheckClaim | None:
    with pool.connection() as connection:
        return claim_check(connection, grace=grace, lease=LEASE)


def check_once(pool: Pool, checks: Checker) -> CheckClaim:
    deadline = time.monotonic() + 5
    while (claimed := claim(pool)) is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    checks.run(claimed)
    return claimed


def runs(admin: HttpClient, **query: Any) -> list[Any]:
    answer = admin.get("/scouter/runs", **query)
    assert answer.status == 200, answer
    items: list[Any] = answer.body["items"]
    return items


def test_drift_of_every_type_becomes_an_alert_and_a_run(admin: HttpClient, pool: Pool, checks: Checker) -> None:
    uids = {
        "Spc": register(admin, every_second(spc_profile())),
        "Psi": register(admin, every_second(psi_profile())),
        "Custom": register(admin, every_second(custom_profile())),
    }
    send(admin, "Spc", uids["Spc"], {"feature": "f0", "value": 99.0}, {"feature": "f1", "value": 0.5})
    send(
        admin, "Psi", uids["Psi"], *({"feature": "f0", "bin_id": n, "bin_count": 997 if n == 1 else 1} for n in (1, 2))
    )
    send(admin, "Custom", uids["Custom"], {"metric": "mae", "value": 7.0}, {"metric": "mae", "value": 9.0})
    time.sleep(1.1)
    for _ in range(3):
        check_once(pool, checks)
    alerts = {kind: admin.post("/scouter/alerts", {"uid": uid}).body["items"] for kind, uid in uids.items()}
    assert [item["alert"] for item in alerts["Spc"]] == [
        {"Spc": {"feature": "f0", "kind": "OutOfBounds", "zone": "Zone4"}}
    ]
    assert alerts["Psi"][0]["alert"]["Psi"]["feature"] == "f0"
    assert alerts["Custom"][0]["alert"]["Custom"]["observed_value"] == 8.0
    legacy = admin.get("/scouter/alerts", name="m", space="s", version="0.1.0", active="true").body["alerts"]
    assert len(legacy) == 3
    assert all(isinstance(text, str) for alert in legacy for text in alert["alert"].values())
    [run] = runs(admin, uid=uids["Custom"])
    assert (run["outcome"], run["row_count"], run["attempt"], run["late"]) == ("alert", 2, 1, False)
    [seen] = run["result"]["observations"]
    assert (seen["name"], seen["observed"], seen["samples"]) == ("mae", 8.0, 2)
    assert len(runs(admin)) == 3


def test_windows_follow_each_other_without_a_gap(admin: HttpClient, pool: Pool, checks: Checker) -> None:
    uid = register(admin, every_second(spc_profile()))
    for value in (0.1, 0.2):
        send(admin, "Spc", uid, {"feature": "f0", "value": value})
        time.sleep(1.1)
        check_once(pool, checks)
    newer, older = runs(admin, uid=uid)[:2]
    assert newer["window_start"] == older["window_end"]
    assert older["window_end"] < newer["window_end"]
    assert sum(run["row_count"] for run in runs(admin, uid=uid)) == 2
    assert {run["outcome"] for run in runs(admin, uid=uid)} <= {"ok", "no_data"}


@pytest.mark.parametrize("again", ["registered", "replaced"])
def test_registering_again_does_not_put_off_a_check_that_is_due(
    admin: HttpClient, pool: Pool, database: str, again: str
) -> None:
    """0.6.4 registers at every start; a service that starts over and over would never be checked."""
    profile = every_second(spc_profile())
    register_legacy(admin, profile)
    execute(database, "UPDATE profile SET active = true, next_run = clock_timestamp() - interval '50 seconds'")
    [due] = execute(database, "SELECT next_run FROM profile")
    if again == "registered":
        register_legacy(admin, profile)
    else:
        profile["config"]["uid"] = execute(database, "SELECT uid FROM entity")[0][0]
        body = {"space": "s", "drift_type": "Spc", "profile": json.dumps(profile)}
        assert admin.put("/scouter/profile", body).status == 200
    assert execute(database, "SELECT next_run FROM profile") == [due]
    profile["config"]["alert_config"]["schedule"] = "0 0 0 * * *"
    register_legacy(admin, profile)
    assert execute(database, "SELECT next_run > clock_timestamp() FROM profile") == [(True,)], "a new schedule counts"


@pytest.mark.quiet
def test_missed_instants_collapse_into_one_check(admin: HttpClient, pool: Pool, checks: Checker, database: str) -> None:
    uid = register(admin, every_second(spc_profile()))
    began = datetime.now(UTC) - timedelta(hours=3)
    execute(database, "UPDATE profile SET previous_run = %s, next_run = %s", began, began + timedelta(seconds=1))
    check_once(pool, checks)
    [run] = runs(admin, uid=uid)
    assert run["outcome"] == "no_data"
    assert datetime.fromisoformat(run["window_start"]) == began
    assert datetime.now(UTC) - datetime.fromisoformat(run["window_end"]) < timedelta(seconds=3)


def test_a_check_waits_for_the_last_records_of_its_window(admin: HttpClient, pool: Pool, database: str) -> None:
    register(admin, spc_profile())
    execute(database, "UPDATE profile SET next_run = now() - interval '30 seconds'")
    assert claim(pool, grace=timedelta(minutes=1)) is None
    assert claim(pool) is not None


@pytest.mark.parametrize("legacy", [True, False], ids=["0.6.4", "0.25.0"])
def test_what_came_before_the_first_activation_is_checked(
    admin: HttpClient, pool: Pool, checks: Checker, legacy: bool
) -> None:
    """As the published client's own test has it: register, send, switch on, expect the alert."""
    uid = admin.post("/scouter/profile", registration(every_second(spc_profile()), legacy=legacy)).body["uid"]
    send(admin, "Spc", uid, {"feature": "f0", "value": 99.0})
    time.sleep(1.1)
    switch(admin, active=True)
    check_once(pool, checks)
    (run,) = runs(admin, uid=uid)
    assert (run["outcome"], run["row_count"]) == ("alert", 1)


def test_nothing_of_a_pause_is_checked(admin: HttpClient, pool: Pool, checks: Checker, database: str) -> None:
    """Neither of a profile that was active from its registration on, nor of one that was switched on later."""
    at_once = register(admin, every_second(spc_profile()))
    later = admin.post("/scouter/profile", registration(every_second(custom_profile()))).body["uid"]
    switch(admin, active=True)
    switch(admin, active=False)
    send(admin, "Spc", at_once, {"feature": "f0", "value": 99.0})
    send(admin, "Custom", later, {"metric": "mae", "value": 99.0})
    time.sleep(1.1)
    switch(admin, active=True)
    for _ in range(2):
        check_once(pool, checks)
    assert [run["outcome"] for run in runs(admin)] == ["no_data", "no_data"]


def switch(admin: HttpClient, *, active: bool) -> None:
    body = {"name": "m", "space": "s", "version": "0.1.0", "active": active, "drift_type": None}
    assert admin.put("/scouter/profile/status", body).status == 200


def test_inactive_profiles_are_not_checked(admin: HttpClient, pool: Pool) -> None:
    admin.post("/scouter/profile", registration(every_second(spc_profile())))
    time.sleep(1.2)
    assert claim(pool) is None


def test_a_profile_is_claimed_once_until_its_lease_lapses(admin: HttpClient, pool: Pool, database: str) -> None:
    register(admin, every_second(spc_profile()))
    time.sleep(1.2)
    first = claim(pool)
    assert first is not None
    assert claim(pool) is None
    execute(database, "UPDATE profile SET lease_until = now() - interval '1 second'")
    with pool.connection() as connection:
        renew_leases(connection, [first.lease_token], LEASE)
    assert claim(pool) is None, "a heartbeat keeps it"
    execute(database, "UPDATE profile SET lease_until = now() - interval '1 second'")
    second = claim(pool)
    assert second is not None
    assert second.lease_token != first.lease_token


def test_only_the_holder_of_the_lease_records(admin: HttpClient, pool: Pool, checks: Checker, database: str) -> None:
    uid = register(admin, every_second(custom_profile()))
    send(admin, "Custom", uid, {"metric": "mae", "value": 50.0})
    time.sleep(1.2)
    slow = claim(pool)
    assert slow is not None
    execute(database, "UPDATE profile SET lease_until = now() - interval '1 second'")
    taken_over = check_once(pool, checks)
    checks.run(slow)
    assert [run["outcome"] for run in runs(admin, uid=uid)] == ["alert"]
    assert taken_over.entity_id == slow.entity_id
    assert len(admin.post("/scouter/alerts", {"uid": uid}).body["items"]) == 1
    assert len(execute(database, "SELECT id FROM alert_delivery")) == 1


def test_a_failing_profile_is_tried_again_then_written_down_and_moved_on(
    admin: HttpClient, pool: Pool, checks: Checker, database: str
) -> None:
    uid = register(admin, every_second(spc_profile()))
    good = register(admin, every_second(custom_profile()))
    broken = json.loads(execute(database, "SELECT document::text FROM profile ORDER BY entity_id LIMIT 1")[0][0])
    broken["features"]["f0"]["center"] = None
    execute(
        database,
        "UPDATE profile SET document = %s::json FROM entity WHERE entity.id = entity_id AND uid = %s",
        json.dumps(broken),
        uid,
    )
    time.sleep(1.2)
    for attempt in (1, 2, 3):
        execute(database, "UPDATE profile SET retry_at = NULL")
        check_once(pool, checks)  # the failing one has been due for longest
        if attempt < 3:  # afterwards both are due in the same second
            check_once(pool, checks)  # it waits for its next try and keeps nobody else waiting
    [failed] = runs(admin, uid=uid)
    assert (failed["outcome"], failed["attempt"]) == ("failed", 3)
    assert "center" in failed["error"]
    assert runs(admin, uid=good), "the other profile was checked meanwhile"
    [(attempts, token)] = execute(
        database, "SELECT attempts, lease_token FROM profile JOIN entity ON entity.id = entity_id WHERE uid = %s", uid
    )
    assert (attempts, token) == (0, None)


def test_a_profile_that_waits_for_its_next_try_keeps_no_worker_looking(admin: HttpClient, pool: Pool) -> None:
    register(admin, every_second(spc_profile()))
    time.sleep(1.2)
    claimed = claim(pool)
    assert claimed is not None
    with pool.connection() as connection:
        retry_check(connection, claimed, timedelta(seconds=30))
        due = seconds_until_due(connection, NO_GRACE)
    assert due is not None
    assert due > 20


def test_late_records_have_their_window_checked_again_and_only_new_alerts_are_raised(
    admin: HttpClient, pool: Pool, checks: Checker, database: str, tmp_path: Path
) -> None:
    uid = register(admin, every_second(spc_profile()))
    send(admin, "Spc", uid, {"feature": "f0", "value": 99.0})
    time.sleep(1.2)
    check_once(pool, checks)
    [first] = runs(admin, uid=uid)
    execute(database, "UPDATE profile SET active = false")
    inside = datetime.fromisoformat(first["window_end"]) - timedelta(milliseconds=1)
    late = {"feature": "f1", "value": -99.0, "created_at": inside.isoformat()}
    send(admin, "Spc", uid, late)
    [(entity_id,)] = execute(database, "SELECT id FROM entity WHERE uid = %s", uid)
    execute(
        database,
        "INSERT INTO late_arrival (entity_id, first_created_at, last_created_at, stored_at)"
        " VALUES (%s, %s, %s, now() - interval '1 minute')",
        entity_id,
        inside,
        inside,
    )
    execute(database, "UPDATE late_arrival SET stored_at = now() - interval '1 minute'")
    settings = checking(database, tmp_path, SCOUTER_WINDOW_GRACE_SECONDS="1")
    sweep = LateSweep(pool, settings.checks, settings.alerting, utc_now)
    sweep.sweep()
    again, before = runs(admin, uid=uid)
    assert (again["late"], again["attempt"], again["row_count"]) == (True, 2, 2)
    assert (again["window_start"], again["window_end"]) == (before["window_start"], before["window_end"])
    raised = admin.post("/scouter/alerts", {"uid": uid}).body["items"]
    assert sorted(item["entity_name"] for item in raised) == ["f0", "f1"], "f0 was raised before"
    assert execute(database, "SELECT late FROM alert ORDER BY id") == [(False,), (True,)]
    assert execute(database, "SELECT count(*) FROM late_arrival") == [(0,)]
    sweep.sweep()
    assert len(runs(admin, uid=uid)) == 2


def test_records_that_are_late_are_noted_with_them(database: str, tmp_path: Path) -> None:
    running = Server(checking(database, tmp_path, SCOUTER_WINDOW_GRACE_SECONDS="60", POLLING_WORKER_COUNT="0"))
    running.start()
    try:
        client = HttpClient(running.address).login()
        uid = register(client, spc_profile())
        send(client, "Spc", uid, {"feature": "f0", "value": 1.0})
        assert execute(database, "SELECT count(*) FROM late_arrival") == [(0,)]
        old = (datetime.now(UTC) - timedelta(minutes=10)).isoformat()
        send(client, "Spc", uid, {"feature": "f0", "value": 1.0, "created_at": old})
        assert execute(database, "SELECT count(*) FROM late_arrival") == [(1,)]
    finally:
        running.stop()


def test_the_poller_checks_on_its_own(database: str, tmp_path: Path) -> None:
    running = Server(checking(database, tmp_path, SCOUTER_WINDOW_GRACE_SECONDS="0.2"))
    running.start()
    try:
        client = HttpClient(running.address).login()
        uid = register(client, every_second(custom_profile()))
        send(client, "Custom", uid, {"metric": "mae", "value": 42.0})
        deadline = time.monotonic() + 10
        while not (items := client.post("/scouter/alerts", {"uid": uid}).body["items"]):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert items[0]["alert"]["Custom"]["observed_value"] == 42.0
        while not execute(database, "SELECT id FROM alert_delivery WHERE state = 'delivered'"):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        counted = [run["row_count"] for run in runs(client, uid=uid)]
        assert sum(counted) == 1, "each record is in exactly one window"
    finally:
        running.stop()


def test_runs_want_permission_and_come_in_pages(admin: HttpClient, server: Server, database: str) -> None:
    uid = register(admin, every_second(spc_profile()))
    [(entity_id,)] = execute(database, "SELECT id FROM entity WHERE uid = %s", uid)
    for n in range(5):
        end = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=n)
        execute(
            database,
            "INSERT INTO check_run (entity_id, window_start, window_end, attempt, outcome, row_count, started_at,"
            " finished_at) VALUES (%s, %s, %s, 1, 'ok', 0, now(), now())",
            entity_id,
            end - timedelta(hours=1),
            end,
        )
    seen: list[int] = []
    cursor = None
    while True:
        page = admin.get("/scouter/runs", uid=uid, limit=2, cursor=cursor).body
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if not page["has_next"]:
            break
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 5
    assert HttpClient(server.address).get("/scouter/runs").status == 401
    assert admin.get("/scouter/runs", uid="nobody").status == 404
    execute(database, "UPDATE app_user SET permissions = '{read:other}' WHERE username = 'guest'")
    guest = HttpClient(server.address, "guest", "guest").login()
    assert guest.get("/scouter/runs", uid=uid).status == 403
    assert guest.get("/scouter/runs").body["items"] == []


def test_a_channel_without_settings_is_said_at_registration_and_in_the_run(
    admin: HttpClient, pool: Pool, checks: Checker
) -> None:
    profile = every_second(custom_profile())
    profile["config"]["alert_config"]["dispatch_config"] = {"Slack": {"channel": "drift"}}
    reply = admin.post("/scouter/profile", registration(profile, active=True)).body
    assert "SLACK_APP_TOKEN and SLACK_API_URL are not set" in reply["message"]
    time.sleep(1.2)
    check_once(pool, checks)
    [run] = runs(admin, uid=reply["uid"])
    assert "SLACK_APP_TOKEN and SLACK_API_URL are not set" in run["note"]


def test_a_worker_outlives_a_check_that_fails_where_nobody_expected_it(
    admin: HttpClient, pool: Pool, database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Checker):
        def run(self, claim: CheckClaim) -> None:
            raise RuntimeError(f"a bug in the check of {claim.shown}")

    register(admin, every_second(spc_profile()))
    settings = checking(database, tmp_path, SCOUTER_WINDOW_GRACE_SECONDS="0", POLLING_WORKER_COUNT="1")
    poller = Poller(pool, Broken(pool, settings.checks, settings.alerting), settings.checks)
    poller.start()
    try:
        deadline = time.monotonic() + 10
        while "a bug in the check of Spc s/m 0.1.0" not in caplog.text:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        [check] = poller.health_checks()
        assert check.life is not None
        assert check.life().ok
    finally:
        assert stop(poller)


class OnceRead:
    """A claim whose document may be read once: it grows with the metrics, and so do the alerts."""

    def __init__(self, claim: CheckClaim) -> None:
        self._claim = claim
        self.readings = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._claim, name)

    @property
    def document(self) -> str:
        self.readings += 1
        return self._claim.document


def test_the_document_is_read_once_however_many_metrics_alert(
    admin: HttpClient, pool: Pool, checks: Checker, database: str
) -> None:
    profile = every_second(custom_profile())
    names = [f"m{n}" for n in range(50)]
    profile["metrics"] = dict.fromkeys(names, 1.0)
    condition = profile["config"]["alert_config"]["alert_conditions"].pop("mae")
    profile["config"]["alert_config"]["alert_conditions"] = dict.fromkeys(names, condition)
    uid = register(admin, profile)
    send(admin, "Custom", uid, *({"metric": name, "value": 9.0} for name in names))
    time.sleep(1.1)
    claimed = check_once(pool, checks)
    assert len(admin.post("/scouter/alerts", {"uid": uid, "limit": 100}).body["items"]) == len(names)
    ((run_id,),) = execute(database, "SELECT id FROM check_run")
    alerts = [Alert(custom=CustomAlert(name, 1.0, 9.0, 2.0, AlertThreshold.Above)) for name in names]
    once = OnceRead(claimed)
    with pool.connection() as connection:
        raise_alerts(connection, once, alerts, Settings().alerting, run_id=run_id, now=utc_now())
    assert once.readings == 1
