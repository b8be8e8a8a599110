"""The archive: days leave the tables for files, and nobody who reads sees a difference."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pyarrow.parquet as pq
import pytest

from scouter.archive.due import DueDay
from scouter.archive.freezing import freeze
from scouter.archive.kinds import SPC
from scouter.errors import StoreAway
from scouter.postgres.connections.pool import Pool
from scouter.settings.settings import Settings
from tests.http_client import HttpClient
from tests.integration.archive.archived_days import (
    NOON,
    archive,
    charts,
    near,
    noon,
    send,
    window,
)
from tests.profile_documents import registration, spc_profile


def test_a_day_that_is_old_enough_is_moved_and_charts_stay_the_same(
    admin: HttpClient, uids: dict[str, str], settings: Settings, pool: Pool
) -> None:
    for days in (50, 40, 31, 29, 1):
        for minutes in range(3):
            send(admin, uids, noon(days) - timedelta(minutes=minutes), value=days + minutes / 10)
    before = charts(admin, uids)
    done = archive(settings)
    assert sorted({(moved.part.kind, NOON.date() - moved.part.day) for moved in done.moved}) == [
        (kind, timedelta(days=days)) for kind in ("custom", "psi", "spc") for days in (31, 40, 50)
    ]
    assert charts(admin, uids) == near(before)
    with pool.connection() as connection:
        assert connection.execute("SELECT count(*) FROM spc_record").fetchone() == (6,)
        assert connection.execute("SELECT count(*) FROM pg_class WHERE relname LIKE 'frozen%'").fetchone() == (0,)


def test_some_features_and_their_extremes_come_from_files_and_tables_alike(
    admin: HttpClient, uids: dict[str, str], settings: Settings
) -> None:
    for days in (50, 29):
        for value in (-7.0, days / 10, 8.5):
            send(admin, uids, noon(days), value=value)
        other = {"created_at": noon(days).isoformat(), "uid": uids["spc"], "feature": "f1", "value": 1e308}
        assert admin.post("/scouter/message", {"records": [{"Spc": other}] * 2}).body["stored"] == 2
    asked = [{"extremes": "true"}, {"extremes": "true", "feature": "f0"}, {"feature": "f1"}, {"feature": "absent"}]
    before = [charts(admin, uids, 7, **more) for more in asked]
    assert archive(settings).moved
    assert [charts(admin, uids, 7, **more) for more in asked] == [near(chart) for chart in before]
    everything, one, other_one, none = (chart["spc"]["features"] for chart in before)
    assert (everything["f0"]["lowest"], everything["f0"]["highest"]) == ([-7.0, -7.0], [8.5, 8.5])
    assert everything["f1"]["highest"] == [1e308, 1e308]
    assert (set(one), set(other_one), none) == ({"f0"}, {"f1"}, {})


def test_the_files_can_be_read_without_the_server(
    admin: HttpClient, uids: dict[str, str], settings: Settings, tmp_path: Path
) -> None:
    send(admin, uids, noon(40), value=2.5)
    archive(settings)
    day = (noon(40)).date()
    [file] = (tmp_path / "store" / "spc" / f"day={day}").iterdir()
    [row] = pq.read_table(file).to_pylist()
    assert row.pop("day", None) in (None, day, str(day))
    assert row == {
        **{"created_at": noon(40), "uid": uids["spc"], "space": "s", "name": "m"},
        **{"version": "0.1.0", "feature": "f0", "value": 2.5},
    }


def test_what_comes_late_for_an_archived_day_counts_too(
    admin: HttpClient, uids: dict[str, str], settings: Settings
) -> None:
    day = noon(40)
    send(admin, uids, day, value=1.0)
    archive(settings)
    send(admin, uids, day, value=3.0)
    assert charts(admin, uids)["spc"]["features"]["f0"]["values"] == [2.0]
    again = archive(settings)
    assert {moved.part.part for moved in again.moved} == {2}
    assert charts(admin, uids)["spc"]["features"]["f0"]["values"] == [2.0]
    assert charts(admin, uids)["custom"]["metrics"]["mae"]["stats"][0]["avg"] == 2.0


def test_without_the_archive_the_answer_is_of_what_is_hot(
    admin: HttpClient, uids: dict[str, str], settings: Settings
) -> None:
    send(admin, uids, noon(40), value=1.0)
    send(admin, uids, noon(2), value=3.0)
    archive(settings)
    assert charts(admin, uids, points=1, archive="skip")["spc"]["features"]["f0"]["values"] == [3.0]
    assert charts(admin, uids, points=1)["spc"]["features"]["f0"]["values"][-1] in (1.0, 2.0)


def test_a_store_that_is_gone_is_an_error_and_not_a_smaller_answer(
    admin: HttpClient, uids: dict[str, str], settings: Settings, tmp_path: Path
) -> None:
    send(admin, uids, noon(40))
    archive(settings)
    (tmp_path / "store").rename(tmp_path / "elsewhere")
    asked = {"uid": uids["spc"], "space": "s", **window()}
    for path, more in (("drift", {"time_interval": "Custom", "max_data_points": 7}), ("records", {})):
        reply = admin.get(f"/scouter/{path}/spc", **asked, **more)
        assert (reply.status, reply.body["code"]) == (503, "ARCHIVE_UNREACHABLE")
        assert str(tmp_path / "store") in reply.body["error"]
        assert admin.get(f"/scouter/{path}/spc", archive="skip", **asked, **more).status == 200


@pytest.mark.parametrize("what", ["missing", "empty", "cut off"])
def test_a_file_that_is_not_what_it_was_is_an_error_and_not_a_smaller_answer(
    admin: HttpClient, uids: dict[str, str], settings: Settings, tmp_path: Path, what: str
) -> None:
    for days in (40, 41):
        send(admin, uids, noon(days))
    archive(settings)
    [file] = (tmp_path / "store" / "spc" / f"day={noon(40).date()}").iterdir()
    content = file.read_bytes()
    file.unlink()
    if what != "missing":
        file.write_bytes(b"" if what == "empty" else content[:-20])
    asked = {"uid": uids["spc"], "space": "s", **window()}
    for path, more in (("drift", {"time_interval": "Custom", "max_data_points": 7}), ("records", {})):
        reply = admin.get(f"/scouter/{path}/spc", **asked, **more)
        assert (reply.status, reply.body["code"]) == (503, "ARCHIVE_UNREACHABLE"), reply


def test_the_export_is_what_was_sent_hot_and_archived(
    admin: HttpClient, uids: dict[str, str], settings: Settings, tmp_path: Path
) -> None:
    moments = [noon(days) for days in (40, 35, 3)]
    for number, moment in enumerate(moments):
        send(admin, uids, moment, value=float(number))
    archive(settings)
    asked = {"start_custom_datetime": moments[0].isoformat(), "end_custom_datetime": datetime.now(UTC).isoformat()}
    raw = admin.get("/scouter/records/custom", uid=uids["custom"], **asked).body
    (tmp_path / "export.parquet").write_bytes(raw)
    rows = pq.read_table(tmp_path / "export.parquet").to_pylist()
    assert sorted((row["created_at"], row["metric"], row["value"]) for row in rows) == [
        (moment, "mae", float(number)) for number, moment in enumerate(moments)
    ]


def test_a_day_on_its_way_is_in_charts_and_exports(
    admin: HttpClient, uids: dict[str, str], settings: Settings, pool: Pool, database: str
) -> None:
    for days in (40, 2):
        send(admin, uids, noon(days), value=float(days))
    before = charts(admin, uids)
    assert freeze(pool, DueDay(SPC, noon(40).date()), lambda: False) is not None
    assert charts(admin, uids) == near(before)
    send(admin, uids, noon(40), value=50.0)
    assert charts(admin, uids)["spc"]["features"]["f0"]["values"][-1] == 45.0
    archive(settings)
    assert charts(admin, uids)["spc"]["features"]["f0"]["values"][-1] == 45.0


def test_only_files_that_hold_the_profile_within_the_window_are_read(
    admin: HttpClient, uids: dict[str, str], settings: Settings, tmp_path: Path
) -> None:
    send(admin, uids, noon(40))
    other = dict(uids)
    other["spc"] = admin.post("/scouter/profile", registration(spc_profile(name="other"))).body["uid"]
    send(admin, other, noon(35))
    archive(settings)
    [unwanted] = (tmp_path / "store" / "spc" / f"day={noon(35).date()}").iterdir()
    unwanted.write_bytes(b"whoever opens this fails")
    assert charts(admin, uids)["spc"]["features"]["f0"]["values"] == [1.0]
    with pytest.raises(AssertionError, match="ARCHIVE_UNREACHABLE"):
        charts(admin, other)


def test_a_deleted_profile_is_gone_from_charts_and_its_records_from_later_files(
    admin: HttpClient, uids: dict[str, str], settings: Settings
) -> None:
    send(admin, uids, noon(40))
    archive(settings)
    send(admin, uids, noon(41))
    gone = admin.delete(f"/scouter/profile?uid={uids['spc']}").body["deleted"]
    assert (gone["spc_records"], gone["archived_records"]) == (1, 1)
    again = admin.post("/scouter/profile", registration(spc_profile())).body["uid"]
    assert charts(admin, {"spc": again})["spc"] == {"features": {}}
    done = archive(settings)
    assert {moved.part.kind for moved in done.moved} == {"psi", "custom"}


def test_another_place_than_the_one_with_the_files_is_refused(
    admin: HttpClient, uids: dict[str, str], settings: Settings, tmp_path: Path
) -> None:
    send(admin, uids, noon(40))
    archive(settings)
    (tmp_path / "store").rename(tmp_path / "elsewhere")
    (tmp_path / "store").mkdir()
    send(admin, uids, noon(41))
    with pytest.raises(StoreAway, match="is the right place mounted"):
        archive(settings)


def test_two_databases_share_a_store(admin: HttpClient, uids: dict[str, str], settings: Settings, pool: Pool) -> None:
    send(admin, uids, noon(40))
    first = archive(settings).moved[0].path
    with pool.connection() as connection:
        connection.execute("UPDATE installation SET id = %s", [UUID(int=7)])
        connection.execute("DELETE FROM archive_part")
    send(admin, uids, noon(40))
    second = archive(settings).moved[0].path
    assert first.rpartition("-")[0] == second.rpartition("-")[0]
    assert first != second
