"""Profiles over HTTP: registering on both wires, versions, status, and the stored form."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from scouter.server import Server
from tests.http_client import Answer, HttpClient
from tests.profile_documents import custom_profile, psi_profile, registration, spc_profile


def fetch(client: HttpClient, kind: str = "Spc", version: str = "0.1.0", name: str = "m", space: str = "s") -> Answer:
    return client.get("/scouter/profile", name=name, space=space, version=version, drift_type=kind)


def states(database: str) -> dict[tuple[str, str], bool]:
    with psycopg.connect(database, options="-c search_path=scouter_py") as connection:
        rows = connection.execute(
            "SELECT drift_type, version, active FROM profile JOIN entity ON entity.id = entity_id"
        ).fetchall()
    return {(drift_type, version): active for drift_type, version, active in rows}


def runs(database: str) -> tuple[datetime, datetime]:
    with psycopg.connect(database, options="-c search_path=scouter_py") as connection:
        row = connection.execute("SELECT previous_run, next_run FROM profile").fetchone()
    assert row is not None
    return row


def test_the_current_wire_gets_a_version_of_its_own(admin: HttpClient) -> None:
    versions = [
        admin.post("/scouter/profile", registration(spc_profile(version="1.0.0"), version="1.0.0")).body["version"]
        for _ in range(3)
    ]
    assert versions == ["1.0.0", "1.1.0", "1.2.0"]
    assert admin.post("/scouter/profile", registration(spc_profile())).body["version"] == "1.3.0"
    psi = admin.post("/scouter/profile", registration(psi_profile()))
    assert psi.body["version"] == "0.1.0", "versions are counted by drift type"


def test_the_reply_suits_every_client(admin: HttpClient) -> None:
    reply = admin.post("/scouter/profile", registration(spc_profile(), active=True))
    assert reply.status == 200
    uid = reply.body["uid"]
    expected = {"space": "s", "name": "m", "version": "0.1.0", "uid": uid, "status": "success", "active": True}
    assert {key: reply.body[key] for key in expected} == expected
    assert isinstance(reply.body["message"], str)
    assert uid != "made-by-the-client"


def test_the_legacy_wire_keeps_its_version_and_may_register_again(admin: HttpClient, database: str) -> None:
    body = registration(spc_profile(version="0.1.0"), legacy=True)
    first, second = admin.post("/scouter/profile", body), admin.post("/scouter/profile", body)
    assert (first.status, second.status) == (200, 200)
    assert first.body["version"] == second.body["version"] == "0.1.0"
    assert first.body["uid"] == second.body["uid"]
    assert states(database) == {("Spc", "0.1.0"): False}


def test_registering_again_replaces_the_document_and_keeps_the_state(admin: HttpClient, database: str) -> None:
    admin.post("/scouter/profile", registration(spc_profile(features=1), legacy=True))
    status = {"name": "m", "space": "s", "version": "0.1.0", "active": True, "drift_type": "Spc"}
    assert admin.put("/scouter/profile/status", status).status == 200
    assert admin.post("/scouter/profile", registration(spc_profile(features=3), legacy=True)).body["active"] is True
    assert len(fetch(admin).body["Spc"]["features"]) == 3
    assert states(database) == {("Spc", "0.1.0"): True}


def test_the_stored_form_names_what_was_registered(admin: HttpClient) -> None:
    admin.post("/scouter/profile", registration(spc_profile(version="1.0.0"), version="1.0.0"))
    second = admin.post("/scouter/profile", registration(spc_profile(version="1.0.0"), version="1.0.0")).body
    config = fetch(admin, version="1.1.0").body["Spc"]["config"]
    assert (config["version"], config["uid"]) == ("1.1.0", second["uid"])


def test_legacy_profiles_are_filled_in_for_the_current_client(admin: HttpClient) -> None:
    psi = psi_profile()
    for key in ("uid", "binning_strategy"):
        del psi["config"][key]
    custom = custom_profile()
    del custom["config"]["uid"]
    conditions = {"mae": {"alert_threshold": "Above", "alert_threshold_value": 2.0}}
    custom["config"]["alert_config"]["alert_conditions"] = conditions
    for profile in (psi, custom):
        assert admin.post("/scouter/profile", registration(profile, legacy=True)).status == 200
    stored = fetch(admin, "Psi").body["Psi"]
    assert stored["config"]["binning_strategy"] == {"QuantileBinning": {"num_bins": 10}}
    condition = fetch(admin, "Custom").body["Custom"]["config"]["alert_config"]["alert_conditions"]["mae"]
    assert condition == {
        "alert_threshold": "Above",
        "alert_threshold_value": 2.0,
        "delta": 2.0,
        "baseline_value": 1.0,
    }


def test_numbers_come_back_as_they_were(admin: HttpClient) -> None:
    profile = spc_profile(features=1)
    exact = {
        "center": 0.1 + 0.2,
        "one_ucl": 1.0000000000000002,
        "three_ucl": 5e300,
        "three_lcl": -1.7976931348623157e308,
    }
    profile["features"]["f0"].update(exact)
    admin.post("/scouter/profile", registration(profile))
    stored = fetch(admin).body["Spc"]["features"]["f0"]
    assert {key: stored[key] for key in exact} == exact


def test_activation_on_registration_deactivates_others_when_asked(admin: HttpClient, database: str) -> None:
    for _ in range(2):
        admin.post("/scouter/profile", registration(spc_profile(), active=True))
    admin.post("/scouter/profile", registration(psi_profile(), active=True))
    assert all(states(database).values())
    admin.post("/scouter/profile", registration(spc_profile(), active=True, deactivate_others=True))
    assert states(database) == {
        ("Spc", "0.1.0"): False,
        ("Spc", "0.2.0"): False,
        ("Spc", "0.3.0"): True,
        ("Psi", "0.1.0"): True,
    }


def test_status_of_all_types_at_once(admin: HttpClient, database: str) -> None:
    for profile in (spc_profile(), psi_profile(), custom_profile()):
        admin.post("/scouter/profile", registration(profile))
    admin.post("/scouter/profile", registration(spc_profile(), active=True))
    body = {"name": "m", "space": "s", "version": "0.1.0", "active": True, "drift_type": None}
    assert admin.put("/scouter/profile/status", {**body, "deactivate_others": True}).status == 200
    assert states(database) == {
        ("Spc", "0.1.0"): True,
        ("Psi", "0.1.0"): True,
        ("Custom", "0.1.0"): True,
        ("Spc", "0.2.0"): False,
    }


def test_a_status_that_matches_nothing_is_no_error_and_changes_nothing(admin: HttpClient, database: str) -> None:
    admin.post("/scouter/profile", registration(spc_profile(), active=True))
    body = {"name": "m", "space": "s", "version": "9.9.9", "active": True, "deactivate_others": True}
    assert admin.put("/scouter/profile/status", body).status == 200
    assert states(database) == {("Spc", "0.1.0"): True}


def test_activating_again_begins_a_new_window(admin: HttpClient, database: str) -> None:
    admin.post("/scouter/profile", registration(spc_profile(), active=True))
    body = {"name": "m", "space": "s", "version": "0.1.0", "active": True, "drift_type": "Spc"}
    admin.put("/scouter/profile/status", {**body, "active": False})
    long_ago = datetime.now(UTC) - timedelta(days=10)
    with psycopg.connect(database, options="-c search_path=scouter_py") as connection:
        connection.execute("UPDATE profile SET previous_run = %s, next_run = %s", (long_ago, long_ago))
    admin.put("/scouter/profile/status", body)
    previous, following = runs(database)
    assert datetime.now(UTC) - previous < timedelta(minutes=1)
    assert datetime.now(UTC) < following <= datetime.now(UTC) + timedelta(days=1)
    admin.put("/scouter/profile/status", body)
    assert runs(database) == (previous, following), "switching on twice changes nothing"


def broken(change: Any) -> dict[str, Any]:
    profile = spc_profile()
    change(profile)
    return registration(profile)


@pytest.mark.shares_server("refusals")
@pytest.mark.parametrize(
    ("body", "field"),
    [
        (broken(lambda p: p["config"]["alert_config"].update(schedule="0 0 * * *")), "schedule"),
        (broken(lambda p: p["config"]["alert_config"].update(schedule="0 0 0 1 1 * 2020")), "schedule"),
        (broken(lambda p: p["config"]["alert_config"]["rule"].update(rule="8  16 4 8 2 4 1 1")), "rule"),
        (broken(lambda p: p["config"]["alert_config"].update(features_to_monitor=["nope"])), "features_to_monitor"),
        (broken(lambda p: p["features"]["f0"].update(center=None)), "center"),
        ({**registration(spc_profile()), "space": "other"}, "profile.config.space"),
        ({**registration(spc_profile()), "profile": "{"}, "profile"),
        ({**registration(spc_profile()), "drift_type": "LLM"}, "drift_type"),
        ({**registration(spc_profile()), "drift_type": "Psi"}, "drift_type"),
        (registration(spc_profile(), version="one"), "version_request.version"),
        (registration(spc_profile(space="all")), "space"),
    ],
)
def test_a_refused_profile_is_told_the_field(
    admin: HttpClient, body: dict[str, Any], field: str, database: str
) -> None:
    answer = admin.post("/scouter/profile", body)
    assert (answer.status, answer.body["code"]) == (400, "BAD_REQUEST"), answer
    assert field in answer.body["field"]
    assert answer.body["accepted"]
    assert states(database) == {}


def test_an_unknown_profile_is_404(admin: HttpClient) -> None:
    assert fetch(admin).status == 404
    assert admin.get("/scouter/profile", name="n" * 201, space="s", version="1", drift_type="Spc").status == 400


def test_registrations_at_the_same_moment_all_get_versions(server: Server, admin: HttpClient) -> None:
    def send(_: int) -> str:
        client = HttpClient(server.address).login()
        answer = client.post("/scouter/profile", registration(spc_profile()))
        client.close()
        return str(answer.body["version"])

    with ThreadPoolExecutor(8) as senders:
        versions = set(senders.map(send, range(8)))
    assert versions == {f"0.{n}.0" for n in range(1, 9)}


def test_a_name_with_every_reserved_character_goes_round(admin: HttpClient) -> None:
    name = "a b/c?d&e=f+g%h'\"ü…"
    profile = spc_profile(name=name)
    assert admin.post("/scouter/profile", registration(profile)).status == 200
    assert json.loads(json.dumps(fetch(admin, name=name).body))["Spc"]["config"]["name"] == name


def replacement(profile: dict[str, Any], uid: str, **config: Any) -> dict[str, Any]:
    profile["config"].update(uid=uid, **config)
    return registration(profile)


def test_replacing_keeps_version_state_and_last_run(admin: HttpClient, database: str) -> None:
    uid = admin.post("/scouter/profile", registration(spc_profile(features=1), active=True)).body["uid"]
    before, _ = runs(database)
    profile = spc_profile(features=3)
    profile["config"]["alert_config"]["schedule"] = "0 0 0 1 1 *"
    answer = admin.put("/scouter/profile", replacement(profile, uid))
    assert (answer.status, answer.body["status"]) == (200, "success")
    assert isinstance(answer.body["message"], str)
    stored = fetch(admin).body["Spc"]
    assert len(stored["features"]) == 3
    assert (stored["config"]["uid"], stored["config"]["version"]) == (uid, "0.1.0")
    assert states(database) == {("Spc", "0.1.0"): True}
    previous, following = runs(database)
    assert previous == before
    assert (following.month, following.day) == (1, 1)
    assert following > datetime.now(UTC)


def test_replacing_leaves_the_other_types_of_that_version_alone(admin: HttpClient) -> None:
    admin.post("/scouter/profile", registration(spc_profile()))
    uid = admin.post("/scouter/profile", registration(psi_profile())).body["uid"]
    before = fetch(admin).body
    assert admin.put("/scouter/profile", replacement(psi_profile(bins=7), uid)).status == 200
    assert fetch(admin).body == before
    assert len(fetch(admin, "Psi").body["Psi"]["features"]["f0"]["bins"]) == 7


@pytest.mark.parametrize(
    ("profile", "config", "field"),
    [
        (psi_profile(), {}, "drift_type"),
        (spc_profile(), {"name": "other"}, "profile.config.name"),
        (spc_profile(), {"version": "0.2.0"}, "profile.config.version"),
        (spc_profile(space="t"), {}, "profile.config.space"),
        (spc_profile(), {"uid": None}, "profile.config.uid"),
        (spc_profile(features=0), {"alert_config": {}}, "profile.config.alert_config.rule"),
    ],
)
def test_a_replacement_must_be_of_the_same_profile(
    admin: HttpClient, profile: dict[str, Any], config: dict[str, Any], field: str
) -> None:
    uid = admin.post("/scouter/profile", registration(spc_profile())).body["uid"]
    before = fetch(admin).body
    answer = admin.put("/scouter/profile", replacement(profile, **{"uid": uid, **config}))
    assert (answer.status, answer.body["field"]) == (400, field)
    assert fetch(admin).body == before


@pytest.mark.shares_server("refusals")
@pytest.mark.parametrize("uid", ["nobody", "a\x00b", "", "u" * 5000])
def test_replacing_what_is_not_there_is_404(admin: HttpClient, uid: str) -> None:
    assert admin.put("/scouter/profile", replacement(spc_profile(), uid)).status == 404


def test_replacing_asks_for_the_space_of_the_uid(server: Server, admin: HttpClient) -> None:
    uid = admin.post("/scouter/profile", registration(spc_profile(space="theirs"))).body["uid"]
    eve = {"username": "eve", "password": "eve's word", "email": "eve", "permissions": ["read:all", "write:mine"]}
    admin.post("/scouter/user", eve)
    client = HttpClient(server.address, "eve", "eve's word").login()
    assert client.put("/scouter/profile", replacement(spc_profile(space="theirs"), uid)).status == 403
    assert client.put("/scouter/profile", replacement(spc_profile(space="mine"), uid)).status == 403
    assert HttpClient(server.address).put("/scouter/profile", replacement(spc_profile(), uid)).status == 401
