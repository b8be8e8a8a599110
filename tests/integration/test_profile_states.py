"""How profiles are after their checks, and the lists that are made from it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scouter.errors import InvalidInput
from scouter.maintenance.tasks import StandingsBehind
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.profile_states import StateFilter
from scouter.profiles.standings import refresh_standing
from scouter.profiles.states import counts_by_state, profile_states
from scouter.server import Server
from tests.http_client import HttpClient
from tests.integration.checked_profiles import NOTHING, at, entity_id, register, run, seen, state_of
from tests.integration.conftest import settings_for


@pytest.fixture
def server(database: str, tmp_path: Path) -> Iterator[Server]:
    running = Server(settings_for(database, tmp_path, SCOUTER_ROLES="http"))
    running.start()
    yield running
    running.stop()


def test_a_profile_is_new_then_what_its_last_check_said(admin: HttpClient, pool: Pool) -> None:
    uid = register(admin, "m")
    new = state_of(pool, uid)
    assert (new.state, new.state_since, new.last_run, new.furthest, new.recent_outcomes) == (
        "new",
        new.created_at,
        None,
        None,
        [],
    )
    run(pool, uid, 1, "ok", seen(0.1))
    run(pool, uid, 2, "ok", seen(0.05))
    fine = state_of(pool, uid)
    assert (fine.state, fine.state_since, fine.last_record_at) == ("ok", at(1), at(2))
    last = run(pool, uid, 3, "alert", seen(0.4))
    told = state_of(pool, uid)
    assert (told.state, told.state_since, told.recent_outcomes) == ("alert", at(3), ["ok", "ok", "alert"])
    assert told.last_run is not None
    assert told.last_run.id == last
    assert (told.last_run.checked, told.last_run.outside, told.last_run.row_count) == (1, 1, 100)
    assert told.furthest is not None
    assert (told.furthest.name, told.furthest.beyond) == ("f0", False)
    assert told.furthest.distance == pytest.approx(2.0)
    run(pool, uid, 4, "failed", None)
    assert (state_of(pool, uid).state, state_of(pool, uid).furthest) == ("failed", None)


def test_three_empty_windows_are_no_data_and_so_is_the_first(admin: HttpClient, pool: Pool) -> None:
    silent, quiet = register(admin, "silent"), register(admin, "quiet")
    run(pool, silent, 1, "no_data", NOTHING)
    assert (state_of(pool, silent).state, state_of(pool, silent).last_record_at) == ("no_data", None)
    run(pool, quiet, 1, "ok", seen(0.1))
    states = []
    for hour in (2, 3, 4):
        run(pool, quiet, hour, "no_data", NOTHING)
        states.append(state_of(pool, quiet).state)
    assert states == ["ok", "ok", "no_data"]
    assert state_of(pool, quiet).state_since == at(4)
    run(pool, quiet, 3, "ok", seen(0.1), attempt=2)
    assert state_of(pool, quiet).state == "ok", "late records filled one of the three"
    assert state_of(pool, quiet).recent_outcomes == ["ok", "no_data", "ok", "no_data"]


def test_an_older_window_that_is_checked_again_is_not_the_last_check(admin: HttpClient, pool: Pool) -> None:
    uid = register(admin, "m")
    run(pool, uid, 1, "ok", seen(0.1))
    last = run(pool, uid, 2, "ok", seen(0.1))
    run(pool, uid, 1, "alert", seen(0.9), attempt=2)
    stood = state_of(pool, uid)
    assert stood.last_run is not None
    assert (stood.state, stood.last_run.id, stood.last_run.outside) == ("ok", last, 0)


def test_off_is_off_whatever_was_checked_last(admin: HttpClient, pool: Pool) -> None:
    uid = register(admin, "m")
    run(pool, uid, 1, "alert", seen(0.9))
    before = datetime.now(UTC)
    switch = {"space": "s", "name": "m", "version": "0.1.0", "active": False, "drift_type": "Spc"}
    assert admin.put("/scouter/profile/status", switch).status == 200
    stood = state_of(pool, uid)
    assert (stood.state, stood.active) == ("off", False)
    assert before <= stood.state_since <= datetime.now(UTC)
    assert admin.put("/scouter/profile/status", {**switch, "active": True}).status == 200
    assert (state_of(pool, uid).state, state_of(pool, uid).state_since) == ("alert", at(1))


def test_open_alerts_are_counted_by_feature(admin: HttpClient, pool: Pool) -> None:
    uid = register(admin, "m")
    owner = entity_id(pool, uid)
    with pool.connection() as connection:
        for feature, active in (("a", True), ("a", True), ("b", False), ("c", True), ("d", True), ("d", False)):
            connection.execute(
                "INSERT INTO alert (entity_id, entity_name, alert, active) VALUES (%s, %s, '{}', %s)",
                (owner, feature, active),
            )
    assert state_of(pool, uid).open_alerts == 3


def test_the_last_record_is_looked_for_in_the_last_two_days(admin: HttpClient, pool: Pool) -> None:
    uid = register(admin, "m")
    moment = datetime.now(UTC) - timedelta(minutes=5)
    record = {"created_at": moment.isoformat(), "uid": uid, "feature": "f0", "value": 0.5}
    assert admin.post("/scouter/message", {"records": [{"Spc": record}]}).body["stored"] == 1
    assert state_of(pool, uid).last_record_at == moment


@pytest.fixture
def seven(admin: HttpClient, pool: Pool) -> list[str]:
    """The worst first."""
    names = ["far", "near", "failing", "silent", "fresh", "fine", "away"]
    uids = {name: register(admin, name, active=name != "away") for name in sorted(names)}
    register(admin, "other", space="t")
    run(pool, uids["far"], 1, "alert", seen(0.9))
    run(pool, uids["near"], 1, "alert", seen(0.3))
    run(pool, uids["failing"], 1, "failed", None)
    run(pool, uids["silent"], 1, "no_data", NOTHING)
    run(pool, uids["fine"], 1, "ok", seen(0.1))
    return names


def names_of(pool: Pool, wanted: StateFilter | None = None, **how: Any) -> list[str]:
    with pool.connection() as connection:
        page = profile_states(connection, ["s"], wanted or StateFilter(), **how)
    return [item.name for item in page.items]


def test_the_worst_come_first_page_by_page(pool: Pool, seven: list[str]) -> None:
    assert names_of(pool) == seven
    assert names_of(pool, order="name") == sorted(seven)
    for order, expected in (("worst", seven), ("name", sorted(seven))):
        listed: list[str] = []
        cursor = None
        while cursor is not None or not listed:
            with pool.connection() as connection:
                page = profile_states(connection, ["s"], order=order, cursor=cursor, limit=2)  # type: ignore[arg-type]
            listed += [item.name for item in page.items]
            cursor = page.next_cursor
            assert page.has_next == (cursor is not None)
        assert listed == expected


def test_lists_are_filtered(pool: Pool, seven: list[str]) -> None:
    assert names_of(pool, StateFilter(state="alert")) == ["far", "near"]
    assert names_of(pool, StateFilter(q="S/FA")) == ["far", "failing"]
    assert names_of(pool, StateFilter(q="%")) == []
    assert names_of(pool, StateFilter(name="fine")) == ["fine"]
    assert names_of(pool, StateFilter(drift_type="Psi")) == []
    assert names_of(pool, StateFilter(space="t")) == [], "what may not be read is in no list"


def test_counts_are_of_all_that_fit(pool: Pool, seven: list[str]) -> None:
    with pool.connection() as connection:
        counts = counts_by_state(connection, ["s"], StateFilter(state="ok"))
        everywhere = counts_by_state(connection, None)
    assert counts == {"alert": 2, "failed": 1, "silent": 0, "no_data": 1, "new": 1, "ok": 1, "off": 1}
    assert list(counts) == ["alert", "failed", "silent", "no_data", "new", "ok", "off"]
    assert sum(everywhere.values()) == 8


def test_a_profile_whose_records_have_stopped_is_silent_unless_its_last_check_found_worse(
    pool: Pool, seven: list[str]
) -> None:
    with pool.connection() as connection:
        connection.execute(
            "INSERT INTO problem (entity_id, signal, subject, direction, state, episode, since, followed) "
            "SELECT id, 'silent', '', '', 'firing', 1, %s, false FROM entity WHERE space = 's' AND name <> 'near'",
            (at(0),),
        )
        counts = counts_by_state(connection, ["s"])
        page = profile_states(connection, ["s"], StateFilter(state="silent"))
    assert counts == {"alert": 2, "failed": 1, "silent": 3, "no_data": 0, "new": 0, "ok": 0, "off": 1}
    assert sorted(item.name for item in page.items) == ["fine", "fresh", "silent"]
    assert {item.state_since for item in page.items} == {at(0)}
    with pool.connection() as connection:
        connection.execute("UPDATE problem SET state = 'ok'")
    assert names_of(pool, StateFilter(state="silent")) == []


@pytest.mark.parametrize("cursor", ["nonsense", "WzEsMl0", "WzEsIi0tLSIsInMiLCJuIiwidiIsIlNwYyJd"])
def test_a_cursor_of_no_page_is_refused(pool: Pool, cursor: str) -> None:
    with pool.connection() as connection, pytest.raises(InvalidInput):
        profile_states(connection, None, cursor=cursor)


def test_maintenance_finds_what_servers_of_before_checked(admin: HttpClient, pool: Pool) -> None:
    uid, other = register(admin, "m"), register(admin, "n")
    run(pool, other, 1, "ok", seen(0.1))
    for hour, drift in ((1, 0.1), (2, 0.3), (3, 0.5)):
        run(pool, uid, hour, "alert" if drift > 0.2 else "ok", seen(drift), known=False)
    assert state_of(pool, uid).state == "new"
    task = StandingsBehind()
    assert task.due(pool, datetime.now(UTC)) == 1
    assert list(task.run(pool, datetime.now(UTC))) == [1]
    stood = state_of(pool, uid)
    assert (stood.state, stood.state_since) == ("alert", at(2))
    assert stood.furthest is not None
    assert stood.furthest.distance == pytest.approx(2.5)
    assert task.due(pool, datetime.now(UTC)) == 0


def test_what_is_kept_check_by_check_is_what_the_runs_say(admin: HttpClient, pool: Pool) -> None:
    told = ["ok", "no_data", "no_data", "no_data", "failed", "no_data", "no_data", "alert", "alert", "ok", "no_data"]
    uid = register(admin, "m")
    owner = entity_id(pool, uid)
    for hour, outcome in enumerate(told, start=1):
        result = {"ok": seen(0.1), "alert": seen(0.4), "no_data": NOTHING, "failed": None}[outcome]
        run(pool, uid, hour, outcome, result)  # type: ignore[arg-type]
        kept = standing_in(pool, owner)
        with pool.connection() as connection:
            refresh_standing(connection, owner)
        assert standing_in(pool, owner) == kept, f"after {told[:hour]}"


def standing_in(pool: Pool, owner: int) -> Any:
    with pool.connection() as connection:
        columns = "last_run_id, last_outcome, state, state_since, empty_runs, data_until, checked, outside, alerting"
        return connection.execute(f"SELECT {columns} FROM profile WHERE entity_id = %s".encode(), (owner,)).fetchone()
