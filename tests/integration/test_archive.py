"""The archive: days leave the tables for files, and nobody who reads sees a difference."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from scouter.archive.archiver import Archiver, Pass
from scouter.archive.stores.opening import open_store
from scouter.postgres.pool import Pool
from scouter.server import Server
from scouter.settings import Settings
from tests.http_client import HttpClient
from tests.integration.conftest import settings_for
from tests.profile_documents import custom_profile, psi_profile, registration, spc_profile

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
DAYS = {"spc": 3, "psi": 3, "custom": 3}


@pytest.fixture
def settings(database: str, tmp_path: Path) -> Settings:
    environment = {"DATA_RETENTION_PERIOD": "30", "SCOUTER_STORAGE_URI": str(tmp_path / "store")}
    return settings_for(database, tmp_path, SCOUTER_ARCHIVE_EVERY_SECONDS="604800", **environment)


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    running = Server(settings)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def uids(admin: HttpClient) -> dict[str, str]:
    profiles = (("spc", spc_profile()), ("psi", psi_profile()), ("custom", custom_profile()))
    return {kind: admin.post("/scouter/profile", registration(profile)).body["uid"] for kind, profile in profiles}


def send(admin: HttpClient, uids: dict[str, str], at: datetime, value: float = 1.0) -> None:
    """One record of each kind, and four bins of PSI."""
    moment = at.isoformat()
    records: list[dict[str, Any]] = [
        {"Spc": {"created_at": moment, "uid": uids["spc"], "feature": "f0", "value": value}},
        {"Custom": {"created_at": moment, "uid": uids["custom"], "metric": "mae", "value": value}},
    ]
    records += [
        {"Psi": {"created_at": moment, "uid": uids["psi"], "feature": "f0", "bin_id": n, "bin_count": 100 * n}}
        for n in range(1, 5)
    ]
    reply = admin.post("/scouter/message", {"records": records})
    assert reply.body["stored"] == len(records), reply.body


def archived(settings: Settings) -> Pass:
    assert settings.database_uri is not None
    return Archiver(settings.database_uri, settings, open_store(settings), lambda: datetime.now(UTC)).run(patient=False)


def charts(admin: HttpClient, uids: dict[str, str], days: int = 60, points: int = 7, **more: str) -> dict[str, Any]:
    end = datetime.now(UTC)
    window = {
        "start_custom_datetime": (end - timedelta(days=days)).replace(minute=0, second=0, microsecond=0).isoformat(),
        "end_custom_datetime": end.replace(minute=0, second=0, microsecond=0).isoformat(),
    }
    asked = {"time_interval": "Custom", "max_data_points": points, "space": "s", **window, **more}
    replies = {kind: admin.get(f"/scouter/drift/{kind}", uid=uid, **asked) for kind, uid in uids.items()}
    assert {reply.status for reply in replies.values()} == {200}, replies
    return {kind: reply.body for kind, reply in replies.items()}


def near(value: Any) -> Any:
    """Equal but for the order in which floating-point numbers were added."""
    if isinstance(value, dict):
        return {key: near(each) for key, each in value.items()}
    if isinstance(value, list):
        return [near(each) for each in value]
    return pytest.approx(value, rel=1e-9) if isinstance(value, float) else value


def test_a_day_that_is_old_enough_is_moved_and_charts_stay_the_same(
    admin: HttpClient, uids: dict[str, str], settings: Settings, pool: Pool
) -> None:
    for days in (50, 40, 31, 29, 1):
        for minutes in range(3):
            send(admin, uids, NOON - timedelta(days=days, minutes=minutes), value=days + minutes / 10)
    before = charts(admin, uids)
    done = archived(settings)
    assert sorted({(moved.part.kind, NOON.date() - moved.part.day) for moved in done.moved}) == [
        (kind, timedelta(days=days)) for kind in ("custom", "psi", "spc") for days in (31, 40, 50)
    ]
    assert charts(admin, uids) == near(before)
    with pool.connection() as connection:
        assert connection.execute("SELECT count(*) FROM spc_record").fetchone() == (6,)
        assert connection.execute("SELECT count(*) FROM pg_class WHERE relname LIKE 'frozen%'").fetchone() == (0,)


def test_the_files_can_be_read_without_the_server(
    admin: HttpClient, uids: dict[str, str], settings: Settings, tmp_path: Path
) -> None:
    send(admin, uids, NOON - timedelta(days=40), value=2.5)
    archived(settings)
    day = (NOON - timedelta(days=40)).date()
    [file] = (tmp_path / "store" / "spc" / f"day={day}").iterdir()
    [row] = pq.read_table(file).to_pylist()
    assert row.pop("day", None) in (None, day, str(day))
    assert row == {
        **{"created_at": NOON - timedelta(days=40), "uid": uids["spc"], "space": "s", "name": "m"},
        **{"version": "0.1.0", "feature": "f0", "value": 2.5},
    }


def test_what_comes_late_for_an_archived_day_counts_too(
    admin: HttpClient, uids: dict[str, str], settings: Settings
) -> None:
    day = NOON - timedelta(days=40)
    send(admin, uids, day, value=1.0)
    archived(settings)
    send(admin, uids, day, value=3.0)
    assert charts(admin, uids)["spc"]["features"]["f0"]["values"] == [2.0]
    again = archived(settings)
    assert {moved.part.part for moved in again.moved} == {2}
    assert charts(admin, uids)["spc"]["features"]["f0"]["values"] == [2.0]
    assert charts(admin, uids)["custom"]["metrics"]["mae"]["stats"][0]["avg"] == 2.0


def test_without_the_archive_the_answer_is_of_what_is_hot(
    admin: HttpClient, uids: dict[str, str], settings: Settings
) -> None:
    send(admin, uids, NOON - timedelta(days=40), value=1.0)
    send(admin, uids, NOON - timedelta(days=2), value=3.0)
    archived(settings)
    assert charts(admin, uids, points=1, archive="skip")["spc"]["features"]["f0"]["values"] == [3.0]
    assert charts(admin, uids, points=1)["spc"]["features"]["f0"]["values"][-1] in (1.0, 2.0)


def test_a_store_that_is_gone_is_an_error_and_not_a_smaller_answer(
    admin: HttpClient, uids: dict[str, str], settings: Settings, tmp_path: Path
) -> None:
    send(admin, uids, NOON - timedelta(days=40))
    archived(settings)
    (tmp_path / "store").rename(tmp_path / "elsewhere")
    end = datetime.now(UTC)
    asked = {"time_interval": "Custom", "max_data_points": 7, "end_custom_datetime": end.isoformat()}
    asked["start_custom_datetime"] = (end - timedelta(days=60)).isoformat()
    reply = admin.get("/scouter/drift/spc", uid=uids["spc"], space="s", **asked)
    assert (reply.status, reply.body["code"]) == (503, "ARCHIVE_UNREACHABLE")
    assert str(tmp_path / "store") in reply.body["error"]
    assert admin.get("/scouter/drift/spc", uid=uids["spc"], space="s", archive="skip", **asked).status == 200


def test_the_export_is_what_was_sent_hot_and_archived(
    admin: HttpClient, uids: dict[str, str], settings: Settings, tmp_path: Path
) -> None:
    moments = [NOON - timedelta(days=days) for days in (40, 35, 3)]
    for number, moment in enumerate(moments):
        send(admin, uids, moment, value=float(number))
    archived(settings)
    asked = {"start_custom_datetime": moments[0].isoformat(), "end_custom_datetime": datetime.now(UTC).isoformat()}
    raw = admin.get("/scouter/records/custom", uid=uids["custom"], **asked).body
    (tmp_path / "export.parquet").write_bytes(raw)
    rows = pq.read_table(tmp_path / "export.parquet").to_pylist()
    assert sorted((row["created_at"], row["metric"], row["value"]) for row in rows) == [
        (moment, "mae", float(number)) for number, moment in enumerate(moments)
    ]
