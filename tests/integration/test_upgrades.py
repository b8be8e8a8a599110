"""Databases of earlier versions, brought up to date with what is in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from scouter.maintenance.tasks import StandingsBehind
from scouter.postgres.connections.pool import open_pool
from scouter.postgres.schema import migrations
from scouter.wire.check_results import CheckResult, PsiObservation
from scouter.wire.notifications import ChannelName
from tests.profile_documents import custom_profile, spc_profile


@pytest.fixture
def older(postgres: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database of before the migration whose number is the parameter."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE DATABASE older")
    conninfo = make_conninfo(postgres, dbname="older", options="-c search_path=scouter_py")
    known = migrations.known_migrations()
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "known_migrations", lambda: [each for each in known if each.number < request.param])
        migrations.migrate(conninfo)
    yield conninfo
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("DROP DATABASE older WITH (FORCE)")


def add_profile(connection: psycopg.Connection, name: str, document: object, *, active: bool, moved: bool) -> None:
    connection.execute(
        "INSERT INTO entity (uid, space, name, version, drift_type) VALUES (%s, 's', %s, '1', 'Spc')", [name, name]
    )
    connection.execute(
        "INSERT INTO profile (entity_id, document, active, schedule, previous_run, next_run, created_at) "
        "SELECT id, %s::json, %s, '@daily', now() - %s * interval '1 day', now(), now() - interval '2 days' "
        "FROM entity WHERE uid = %s",
        [json.dumps(document), active, 1 if moved else 2, name],
    )
    connection.execute("INSERT INTO feature (entity_id, name) SELECT id, 'f0' FROM entity WHERE uid = %s", [name])


@pytest.mark.parametrize("older", [12], indirect=True)
def test_profiles_that_were_never_active_are_told_from_the_others(older: str) -> None:
    with psycopg.connect(older) as connection:
        add_profile(connection, "active", spc_profile(), active=True, moved=False)
        add_profile(connection, "paused", custom_profile(), active=False, moved=True)
        add_profile(connection, "new", spc_profile(), active=False, moved=False)
        add_profile(connection, "checked", spc_profile(), active=False, moved=False)
        connection.execute(
            "INSERT INTO check_run (entity_id, window_start, window_end, attempt, outcome, row_count, started_at, "
            "finished_at) "
            "SELECT id, now() - interval '1 day', now(), 1, 'ok', 0, now(), now() FROM entity WHERE uid = 'checked'"
        )
    assert "0012_names_and_first_activations" in migrations.migrate(older)
    with psycopg.connect(older) as connection:
        never = "SELECT uid FROM profile JOIN entity ON id = entity_id WHERE activated_at IS NULL"
        assert connection.execute(never).fetchall() == [("new",)]
        assert connection.execute("SELECT DISTINCT used_on = current_date FROM feature").fetchall() == [(True,)]


@pytest.mark.parametrize("older", [16], indirect=True)
def test_maintenance_brings_profiles_of_before_up_to_their_newest_check(older: str) -> None:
    result = CheckResult((), (PsiObservation("f0", 100, 0, 10, drift=0.1, threshold=0.2),), ())
    with psycopg.connect(older) as connection:
        for number in range(45):
            add_profile(connection, f"m{number}", spc_profile(), active=True, moved=True)
        connection.execute(
            "INSERT INTO check_run (entity_id, window_start, window_end, attempt, outcome, row_count, result,"
            " started_at, finished_at) SELECT id, now() - age, now() - age + interval '1 hour', 1, 'ok', 5, %s::json,"
            " now(), now() FROM entity, (VALUES (interval '2 hours'), ('1 hour')) AS windows (age) WHERE name <> 'm44'",
            [msgspec.json.encode(result).decode()],
        )
        connection.execute(
            "INSERT INTO alert (entity_id, entity_name, alert, active) SELECT id, 'f0', '{}', false FROM entity"
        )
    assert migrations.migrate(older)[0] == "0016_pages"
    with open_pool(older, name="tests", smallest=1, largest=1, acquire_seconds=5) as pool:
        assert list(StandingsBehind().run(pool, datetime.now(UTC))) == [20, 20, 4]
    with psycopg.connect(older) as connection:
        known = "SELECT state, count(*), max(furthest_distance), count(DISTINCT last_run_id) FROM profile GROUP BY 1"
        assert sorted(connection.execute(known).fetchall()) == [("new", 1, None, 0), ("ok", 44, 0.5, 44)]
        assert connection.execute("SELECT DISTINCT acknowledged_at FROM alert").fetchall() == [(None,)]


@pytest.mark.parametrize("older", [19], indirect=True)
def test_the_outbox_takes_more_channels_and_keeps_what_lies_in_it(older: str) -> None:
    put = (
        "INSERT INTO alert_delivery (entity_id, alert_ids, channel, destination, payload, created_at, next_attempt_at)"
        " SELECT id, '{1}', %s, '{}', '{\"a\": 1.10}', now(), now() FROM entity"
    )
    kept = "SELECT channel, payload::text, state FROM alert_delivery ORDER BY id"
    with psycopg.connect(older) as connection:
        add_profile(connection, "p", spc_profile(), active=True, moved=True)
        for channel in ("console", "slack", "opsgenie", "webhook"):
            connection.execute(put, [channel])
        before = connection.execute(kept).fetchall()
    assert "0019_channels" in migrations.migrate(older)
    with psycopg.connect(older) as connection:
        assert connection.execute(kept).fetchall() == before
        for channel in ChannelName:
            connection.execute(put, [channel.value])
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute(put, ["pigeon"])


@pytest.mark.parametrize("older", [18], indirect=True)
@pytest.mark.parametrize("profiles", [0, 1])
def test_who_has_profiles_goes_on_with_a_message_a_check(older: str, profiles: int) -> None:
    with psycopg.connect(older) as connection:
        for number in range(profiles):
            add_profile(connection, f"m{number}", spc_profile(), active=True, moved=True)
    migrations.migrate(older)
    with psycopg.connect(older) as connection:
        ((messages,),) = connection.execute("SELECT document ->> 'messages' FROM alert_policy").fetchall()
    assert messages == ("every_alert" if profiles else "problems")
