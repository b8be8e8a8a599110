"""Passes of the archiver: who makes them, what they leave alone, where they go on after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from scouter import assembly
from scouter.archive.archiver import Archiver
from scouter.archive.stores.opening import open_store
from scouter.archive.stores.store import ObjectStore
from scouter.errors import StoreAway
from scouter.postgres.connections.job_sessions import patient_session
from scouter.postgres.connections.pool import Pool
from scouter.postgres.connections.query_deadlines import QueryDeadlines
from scouter.server import Server
from scouter.settings.settings import Settings
from tests.conditions import eventually
from tests.http_client import HttpClient
from tests.integration.archive.archived_days import (
    archive,
    archiving_settings,
    charts,
    near,
    noon,
    register_three,
    send,
)
from tests.integration.conftest import settings_for

SCOUTER = Path(__file__).parents[3] / "scouter.py"


def states(pool: Pool) -> dict[str, int]:
    with pool.connection() as connection:
        rows = connection.execute("SELECT state, count(*) FROM archive_part GROUP BY state").fetchall()
    return dict(rows)


def command(settings: Settings, tmp_path: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = {
        **{"PATH": os.environ["PATH"], "DATABASE_URI": str(settings.database.uri)},
        **{"SCOUTER_STORAGE_URI": settings.archive.storage_uri, "SCOUTER_DATA_DIR": str(tmp_path / "other")},
    }
    return subprocess.Popen(
        [sys.executable, str(SCOUTER), "archive", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_server_archives_by_itself(database: str, tmp_path: Path, pool: Pool) -> None:
    settings = settings_for(
        database,
        tmp_path,
        SCOUTER_STORAGE_URI=str(tmp_path / "store"),
        SCOUTER_ARCHIVE_EVERY_SECONDS="1",
    )
    running = Server(settings)
    running.start()
    try:
        client = HttpClient(running.address).login()
        uids = register_three(client)
        send(client, uids, noon(40))
        eventually(lambda: states(pool) == {"archived": 3}, seconds=20)
        send(client, uids, noon(1))
        listed = client.get("/scouter/archive", limit=5).body
        assert [(item["day"], item["kind"], item["state"]) for item in listed["items"]] == [
            *((str(noon(1).date()), kind, "hot") for kind in ("spc", "psi", "custom")),
            *((str(noon(40).date()), kind, "archived") for kind in ("spc", "psi")),
        ]
        assert listed["items"][4]["rows"] == 4
        assert listed["has_next"]
        [last] = client.get("/scouter/archive", limit=5, cursor=listed["next_cursor"]).body["items"]
        assert (last["kind"], last["day"]) == ("custom", str(noon(40).date()))
        for wrong in ("yesterday", "2026-02-30,spc,hot"):
            assert client.get("/scouter/archive", cursor=wrong).body["field"] == "cursor"
        assert client.get("/readyz").body["parts"]["archive"]["ok"]
        client.close()
    finally:
        running.stop()


def test_one_server_at_a_time_archives(
    admin: HttpClient, uids: dict[str, str], settings: Settings, database: str, pool: Pool
) -> None:
    send(admin, uids, noon(40))
    with patient_session(database, QueryDeadlines(), "archive"):
        assert archive(settings).busy
    assert states(pool) == {}
    assert len(archive(settings).moved) == 3


@pytest.mark.parametrize("step", ["put", "open", "size"])
def test_a_store_that_fails_halfway_loses_nothing(
    admin: HttpClient,
    uids: dict[str, str],
    settings: Settings,
    pool: Pool,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    send(admin, uids, noon(40))
    before = charts(admin, uids)
    store = open_store(settings.archive)

    def fail(*_: Any) -> Any:
        raise StoreAway(store.name, "pulled the plug")

    with monkeypatch.context() as patched:
        patched.setattr(store, step, fail)
        with pytest.raises(StoreAway):
            archiver(settings, store).run(patient=False)
    assert charts(admin, uids) == near(before)
    archiver(settings, store).run(patient=False)
    assert states(pool) == {"archived": 3}
    assert charts(admin, uids) == near(before)


def test_a_file_that_does_not_come_back_as_it_was_put_is_noticed(
    admin: HttpClient, uids: dict[str, str], settings: Settings, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(admin, uids, noon(40))
    before = charts(admin, uids)
    store = open_store(settings.archive)
    put = store.put

    def spoil(local: Path, path: str) -> None:
        content = bytearray(local.read_bytes())
        content[40] ^= 1  # within the first page
        local.write_bytes(content)
        put(local, path)

    with monkeypatch.context() as patched:
        patched.setattr(store, "put", spoil)
        with pytest.raises(StoreAway, match="does not come back"):
            archiver(settings, store).run(patient=False)
    assert states(pool) == {"frozen": 1}
    assert charts(admin, uids) == near(before)


def archiver(settings: Settings, store: ObjectStore) -> Archiver:
    assert settings.database.uri is not None
    return assembly.archiver(settings.database.uri, QueryDeadlines(), settings, store, lambda: datetime.now(UTC))


def test_an_archiver_killed_at_any_moment_is_followed_by_one_that_goes_on(
    admin: HttpClient, uids: dict[str, str], settings: Settings, pool: Pool, tmp_path: Path
) -> None:
    for days in (45, 44, 43, 42, 41):
        send(admin, uids, noon(days), value=float(days))
    before = charts(admin, uids)
    for tenths in (8, 10, 12, 14):
        process = command(settings, tmp_path)
        time.sleep(tenths / 10)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert charts(admin, uids) == near(before)
    process = command(settings, tmp_path)
    said, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "parts went to" in said
    assert states(pool) == {"archived": 15}
    assert charts(admin, uids) == near(before)
    assert not list((tmp_path / "other" / "archive").iterdir())


def test_a_dry_run_says_what_would_be_done_and_does_nothing(
    admin: HttpClient, uids: dict[str, str], settings: Settings, pool: Pool, tmp_path: Path
) -> None:
    send(admin, uids, noon(40))
    process = command(settings, tmp_path, "--dry-run")
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert f"would archive spc of {noon(40).date()}" in said
    assert states(pool) == {}
    assert not (tmp_path / "store").exists()


def test_days_that_checks_may_need_stay_hot(
    admin: HttpClient, uids: dict[str, str], settings: Settings, pool: Pool
) -> None:
    for days in (50, 40):
        send(admin, uids, noon(days))
    with pool.connection() as connection:
        connection.execute("UPDATE profile SET active = true, previous_run = %s", [noon(45)])
    done = archive(settings)
    assert {moved.part.day for moved in done.moved} == {noon(50).date()}
    waiting = admin.get("/scouter/archive").body["waiting"]
    assert (waiting["due"], waiting["held"]) == (0, 3)
    assert waiting["held_for"] in uids.values()
    with pool.connection() as connection:
        connection.execute("UPDATE profile SET previous_run = now()")
    assert {moved.part.day for moved in archive(settings).moved} == {noon(40).date()}


def test_windows_that_may_be_checked_again_stay_hot(
    admin: HttpClient, uids: dict[str, str], settings: Settings, pool: Pool
) -> None:
    send(admin, uids, noon(40))
    with pool.connection() as connection:
        connection.execute(
            "INSERT INTO check_run (entity_id, window_start, window_end, attempt, outcome, row_count, started_at, "
            "finished_at) SELECT id, %s, %s, 1, 'ok', 1, now(), now() FROM entity WHERE uid = %s",
            [noon(41), noon(2), uids["spc"]],
        )
    assert archive(settings).moved == []


def test_what_trickles_in_late_makes_one_file_a_day(
    admin: HttpClient, uids: dict[str, str], settings: Settings, pool: Pool
) -> None:
    send(admin, uids, noon(40))
    assert settings.database.uri is not None
    patient = archiver(settings, open_store(settings.archive))
    assert len(patient.run(patient=True).moved) == 3
    send(admin, uids, noon(40))
    assert patient.run(patient=True).moved == []
    with pool.connection() as connection:
        connection.execute("UPDATE archive_part SET archived_at = archived_at - interval '25 hours'")
    assert len(patient.run(patient=True).moved) == 3


def test_expired_days_leave_answers_first_and_the_store_later(
    admin: HttpClient, uids: dict[str, str], database: str, pool: Pool, tmp_path: Path
) -> None:
    for days in (50, 40):
        send(admin, uids, noon(days))
    settings = archiving_settings(database, tmp_path, SCOUTER_ARCHIVE_DAYS="45")
    first = archive(settings)
    assert (first.expired, first.deleted) == (3, 0)
    assert len(charts(admin, uids)["spc"]["features"]["f0"]["values"]) == 1
    assert len(list((tmp_path / "store" / "spc").glob("*/*.parquet"))) == 2
    with pool.connection() as connection:
        connection.execute("UPDATE archive_part SET expired_at = expired_at - interval '2 hours'")
    assert archive(settings).deleted == 3
    [kept] = (tmp_path / "store" / "spc").glob("*/*.parquet")
    assert kept.parent.name == f"day={noon(40).date()}"
    assert {item["state"] for item in admin.get("/scouter/archive").body["items"]} == {"archived", "expired"}


@pytest.mark.quiet
def test_a_day_in_use_is_left_for_later_and_writers_do_not_wait(
    admin: HttpClient, uids: dict[str, str], settings: Settings, pool: Pool, database: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr("scouter.archive.freezing._TRIES", 2)
    send(admin, uids, noon(40))
    with psycopg.connect(database, options="-c search_path=scouter_py") as reader:
        reader.execute("SELECT count(*) FROM spc_record")
        done = archive(settings)
        assert {moved.part.kind for moved in done.moved} == {"psi", "custom"}
        begun = time.monotonic()
        send(admin, uids, datetime.now(UTC) - timedelta(minutes=1))
        assert time.monotonic() - begun < 1
    assert {moved.part.kind for moved in archive(settings).moved} == {"spc"}
