"""One answer from tables and files: at the seam between them, at the edges of days, in any zone, late and early."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet as pq
import pytest

from tests.archiving.archived_server import ArchivedServer
from tests.archiving.archiver_state import connect
from tests.archiving.chart_answers import chart
from tests.archiving.exports import export
from tests.archiving.opened_files import OpenedFiles
from tests.archiving.passes import Passes
from tests.archiving.records import PSI_BINS, Row, as_sent, register
from tests.archiving.stored_rows import files_of
from tests.client.stored_records import StoredCount, StoredValue
from tests.conditions import eventually
from tests.http_client import HttpClient
from tests.server_process import ServerProcess

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR, DAY, MICROSECOND = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)
OLD = TODAY - 4 * DAY  # old enough to be archived
SEAM = TODAY - DAY  # the first moment of what stays in tables
# In one point: no multiple of 93 601 s is a midnight before the year 2226, so that a time bin begins nowhere near.
AROUND_THE_SEAM = (SEAM - 13 * HOUR, SEAM + 13 * HOUR + timedelta(seconds=1))
KATHMANDU = timezone(timedelta(hours=5, minutes=45))


def near(value: Any) -> Any:
    return pytest.approx(value, rel=1e-12)


_HELD = """
    SELECT count(*) FROM pg_locks AS waiting JOIN pg_locks AS held ON held.pid = waiting.pid
    WHERE NOT waiting.granted AND waiting.relation = 'archive_part'::regclass
      AND held.granted AND held.relation = 'custom_record'::regclass"""


@pytest.fixture(scope="module")
def passes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Passes]:
    with Passes(tmp_path_factory.mktemp("passes")) as forked:
        yield forked


@pytest.fixture
def server(database: str, tmp_path: Path, passes: Passes) -> Iterator[ArchivedServer]:
    with ArchivedServer(database, tmp_path, passes) as running:
        yield running


@pytest.fixture
def uid(server: ArchivedServer) -> str:
    return register(server.client, "custom", "model")


def values(*at: tuple[datetime, float], feature: str = "mae") -> list[StoredValue]:
    return [StoredValue(feature, moment, value) for moment, value in at]


def store(server: ArchivedServer, uid: str, rows: Sequence[Row], kind: str = "custom", zone: Any = UTC) -> None:
    assert server.store_records(as_sent(kind, uid, row, zone) for row in rows) == len(rows)


def drawn(
    server: ArchivedServer, uid: str, start: datetime, end: datetime, points: int, **how: Any
) -> dict[str, float]:
    """Of the metric mae: the mean by time bin."""
    series = chart(server.client, "custom", uid, start, end, points, **how)["metrics"].get("mae")
    if series is None:
        return {}
    return dict(zip(series["created_at"], (one["avg"] for one in series["stats"]), strict=True))


def count(server: ArchivedServer, uid: str, start: datetime, end: datetime, kind: str = "custom") -> int:
    return export(server.client, kind, uid, start, end).total()


def stamp(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


# --- the seam


def test_a_time_bin_across_the_seam_has_the_mean_and_deviation_of_all_its_values(
    server: ArchivedServer, uid: str
) -> None:
    numbers = [1.0, 2.0, 4.0, 100.0]
    store(
        server,
        uid,
        values(*((SEAM - n * MICROSECOND, number) for n, number in zip((3, 2, 1, 0), numbers, strict=True))),
    )
    server.archive()
    assert len(server.archived("custom")) == 3
    [stats] = chart(server.client, "custom", uid, *AROUND_THE_SEAM, 1)["metrics"]["mae"]["stats"]
    mean, deviation = statistics.mean(numbers), statistics.stdev(numbers)
    assert stats == {"avg": near(mean), "lower_bound": near(mean - deviation), "upper_bound": near(mean + deviation)}


def test_a_window_across_the_seam_has_one_width_and_every_time_bin_once(server: ArchivedServer, uid: str) -> None:
    hours = [SEAM + n * HOUR for n in range(-36, 12)]
    store(server, uid, values(*((hour, float(n)) for n, hour in enumerate(hours))))
    before = drawn(server, uid, hours[0], hours[-1] + HOUR, 16)
    server.archive()
    assert drawn(server, uid, hours[0], hours[-1] + HOUR, 16) == before
    assert len(before) == 16


def test_psi_counts_are_pooled_across_the_seam_before_anything_is_left_out(server: ArchivedServer) -> None:
    psi = register(server.client, "psi", "counted")
    counts = [(n, 2 * n) for n in range(1, PSI_BINS + 1)]  # 110 in all: more than 100, of which half is less
    rows = [StoredCount("f0", at, n, of // 2) for at in (SEAM - MICROSECOND, SEAM) for n, of in counts]
    store(server, psi, rows, "psi")
    before = chart(server.client, "psi", psi, *AROUND_THE_SEAM, 1)
    server.archive()
    after = chart(server.client, "psi", psi, *AROUND_THE_SEAM, 1)
    assert after == before
    assert after["features"]["f0"]["bins"] == {str(n): near(of / 110) for n, of in counts}
    hot = chart(server.client, "psi", psi, *AROUND_THE_SEAM, 1, archive="skip")
    assert hot == {"features": {}}, "what is hot alone is too little"


def test_archive_skip_answers_from_the_tables_alone(server: ArchivedServer, uid: str) -> None:
    store(server, uid, values((OLD, 1.0), (SEAM, 2.0)))
    window = (OLD, TODAY, 4)
    both = drawn(server, uid, *window)
    assert drawn(server, uid, *window, archive="skip") == both
    server.archive()
    assert drawn(server, uid, *window) == both
    assert drawn(server, uid, *window, archive="skip") == {stamp(SEAM): 2.0}
    assert export(server.client, "custom", uid, OLD, TODAY, archive="skip").total() == 1


def test_a_day_whose_archiver_was_killed_in_between_is_charted_from_where_it_is(
    server: ArchivedServer, uid: str
) -> None:
    store(server, uid, values((OLD, 1.0), (OLD + HOUR, 3.0)))
    line = 40
    while not server.parts("frozen"):
        assert server.archive(kill_at=line).was_killed, "it was never between the two"
        line += 20
    assert (server.archived("custom"), server.hot("custom")) == ({}, {})
    for how in ({}, {"archive": "skip"}):
        assert drawn(server, uid, OLD, TODAY, 1, **how) == {
            stamp(OLD - (OLD - datetime(1970, 1, 1, tzinfo=UTC)) % (4 * DAY)): 2.0
        }
    server.archive()
    assert server.parts("frozen") == []
    assert server.archived("custom").total() == 2
    assert count(server, uid, OLD, TODAY) == 2


@pytest.mark.parametrize("path", ["drift", "records"])
def test_no_day_leaves_its_table_while_a_reader_looks_up_where_days_are(
    server: ArchivedServer, uid: str, path: str
) -> None:
    """The reader is held at the manifest. A day that left now would be in neither of the places where it looks."""
    store(server, uid, values((OLD, 1.0), (SEAM, 2.0)))
    query = {"uid": uid, "time_interval": "Custom", "start_custom_datetime": OLD, "end_custom_datetime": TODAY}
    points = {"max_data_points": 4} if path == "drift" else {}
    with ThreadPoolExecutor(1, "reader") as threads, connect(server.database) as manifest:
        with manifest.transaction():
            manifest.execute("LOCK TABLE archive_part")
            answer = threads.submit(server.client.get, f"/scouter/{path}/custom", **query, **points)
            eventually(lambda: manifest.execute(_HELD).fetchone() == (1,))
            with connect(server.database) as archiver, pytest.raises(psycopg.errors.LockNotAvailable):
                archiver.execute("SET lock_timeout TO '100ms'")
                archiver.execute(f"ALTER TABLE custom_record DETACH PARTITION custom_record_{OLD:%Y%m%d}".encode())
        assert answer.result().status == 200


def test_what_a_killed_archiver_leaves_in_the_store_does_not_stay_there(server: ArchivedServer, uid: str) -> None:
    store(server, uid, values((OLD, 1.0)))
    line = 40
    left: list[Path] = []
    while not left:
        assert server.archive(kill_at=line).was_killed, "it was never in the middle of a file"
        left = [path for path in server.store.rglob("*") if path.suffix == ".tmp"]
        line += 3
    server.archive()
    kinds = {path.suffix for path in server.store.rglob("*") if path.is_file()}
    assert kinds == {".parquet", ".json"}, "the file and the marker"


def test_a_second_pass_finds_nothing_to_do(server: ArchivedServer, uid: str) -> None:
    store(server, uid, values((OLD, 1.0), (SEAM, 2.0)))
    server.archive()
    files = [(path, path.stat().st_mtime_ns) for path in files_of(server.store, "custom")]
    server.let_time_pass()
    server.archive()
    assert [(path, path.stat().st_mtime_ns) for path in files_of(server.store, "custom")] == files


def test_only_files_with_records_of_the_profile_within_the_window_are_opened(server: ArchivedServer, uid: str) -> None:
    other = register(server.client, "custom", "another")
    store(server, uid, values((OLD, 1.0), (OLD + DAY, 2.0)))
    store(server, other, values((OLD - DAY, 3.0), (OLD + DAY, 4.0), (OLD + 2 * DAY, 5.0)))
    server.archive()
    with OpenedFiles(server.store) as opened:
        for window, days in (
            ((OLD - 3 * DAY, TODAY), [OLD, OLD + DAY]),
            ((OLD, OLD + DAY), [OLD]),
            ((OLD + HOUR, OLD + DAY), []),
            ((OLD - 3 * DAY, OLD), []),
            ((SEAM, TODAY), []),
        ):
            opened.since()
            chart(server.client, "custom", uid, *window, 10)
            found = {path.parent.name for path in opened.since() if path.suffix == ".parquet"}
            assert found == {f"day={day:%Y-%m-%d}" for day in days}, window


# --- edges of days


def test_the_last_microsecond_of_a_day_and_the_first_of_the_next_lie_in_files_of_their_days(
    server: ArchivedServer, uid: str
) -> None:
    store(server, uid, values((OLD - MICROSECOND, 1.0), (OLD, 2.0), (OLD + DAY - MICROSECOND, 3.0), (OLD + DAY, 4.0)))
    server.archive()
    found = {path.parent.name: read_values(path) for path in files_of(server.store, "custom")}
    days = [f"day={OLD + n * DAY:%Y-%m-%d}" for n in (-1, 0, 1)]
    assert found == dict(zip(days, ([1.0], [2.0, 3.0], [4.0]), strict=True))


@pytest.mark.parametrize("archived", [False, True], ids=["hot", "archived"])
def test_a_window_of_a_day_holds_its_first_moment_and_not_that_of_the_next(
    server: ArchivedServer, uid: str, archived: bool
) -> None:
    moments = (OLD - MICROSECOND, OLD, OLD + DAY - MICROSECOND, OLD + DAY)
    store(server, uid, values(*((moment, 1.0) for moment in moments)))
    if archived:
        server.archive()
    found = export(server.client, "custom", uid, OLD, OLD + DAY)
    assert sorted(row.created_at for row in found) == [OLD, OLD + DAY - MICROSECOND]
    # A day in 24 points: bins of hours, of which the first and the last have a record.
    assert drawn(server, uid, OLD, OLD + DAY, 24) == {stamp(OLD + 23 * HOUR): 1.0, stamp(OLD): 1.0}
    assert drawn(server, uid, OLD, OLD + MICROSECOND, 1) == {stamp(OLD): 1.0}
    assert drawn(server, uid, OLD - MICROSECOND, OLD, 1) == {stamp(OLD - timedelta(seconds=1)): 1.0}


def test_nanoseconds_before_midnight_belong_to_the_next_day(server: ArchivedServer, uid: str) -> None:
    text = f"{OLD - DAY:%Y-%m-%d}T23:59:59.999999600Z"
    record = {"Custom": {"created_at": text, "uid": uid, "metric": "mae", "value": 7.0}}
    assert server.store_records([record]) == 1
    server.archive()
    [path] = files_of(server.store, "custom")
    assert path.parent.name == f"day={OLD:%Y-%m-%d}"
    assert drawn(server, uid, OLD, OLD + DAY, 1) == {stamp(OLD): 7.0}


def test_a_day_leaves_when_it_ended_longer_ago_than_the_retention_and_not_before(
    server: ArchivedServer, uid: str
) -> None:
    store(server, uid, values((SEAM - MICROSECOND, 1.0), (SEAM, 2.0), (TODAY - MICROSECOND, 3.0), (TODAY, 4.0)))
    server.archive()
    assert [row.created_at for _, row in server.archived("custom")] == [SEAM - MICROSECOND]
    assert sorted(row.created_at for _, row in server.hot("custom")) == [SEAM, TODAY - MICROSECOND, TODAY]


# --- zones


def test_a_record_written_in_another_zone_is_filed_under_its_utc_day(server: ArchivedServer, uid: str) -> None:
    moment = OLD - HOUR  # 04:45 on the next day in Kathmandu
    store(server, uid, values((moment, 1.0)), zone=KATHMANDU)
    server.archive()
    [path] = files_of(server.store, "custom")
    assert path.parent.name == f"day={moment:%Y-%m-%d}"
    [row] = export(server.client, "custom", uid, OLD - DAY, OLD)
    assert row.created_at == moment


def test_a_window_written_in_another_zone_is_the_same_window(server: ArchivedServer, uid: str) -> None:
    store(server, uid, values(*((OLD + n * HOUR, float(n)) for n in range(-30, 30))))
    server.archive()
    for start, end in ((OLD, OLD + DAY), (OLD - 5 * HOUR, OLD + 19 * HOUR)):
        local = start.astimezone(KATHMANDU), end.astimezone(KATHMANDU)
        assert drawn(server, uid, *local, 8) == drawn(server, uid, start, end, 8)
        assert count(server, uid, *local) == count(server, uid, start, end) == 24


def test_neither_the_zone_of_the_machine_nor_that_of_the_database_moves_a_day(
    database: str, tmp_path: Path, passes: Passes
) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} SET timezone TO 'Asia/Kathmandu'".encode())
    archived = ArchivedServer(database, tmp_path, passes, TZ="Asia/Kathmandu")
    port = int(archived.environment["SCOUTER_SERVER_PORT"])
    with ServerProcess(tmp_path / "server", archived.environment, port) as running:
        archived.client = HttpClient(running.url).login()
        uid = register(archived.client, "custom", "model")
        store(archived, uid, values(*((OLD + n * HOUR, float(n)) for n in range(-30, 30))))
        before = [drawn(archived, uid, OLD - n * DAY, OLD + DAY, 7) for n in (1, 2)]
        archived.archive()
        assert [drawn(archived, uid, OLD - n * DAY, OLD + DAY, 7) for n in (1, 2)] == before
        sizes = {path.parent.name: len(read_values(path)) for path in files_of(archived.store, "custom")}
        assert sizes == {f"day={OLD + n * DAY:%Y-%m-%d}": rows for n, rows in ((-2, 6), (-1, 24), (0, 24), (1, 6))}
        assert count(archived, uid, OLD, OLD + DAY) == 24
        archived.client.close()


# --- late and early


def test_a_late_record_is_charted_at_once_and_archived_as_a_further_part(server: ArchivedServer, uid: str) -> None:
    store(server, uid, values((OLD, 1.0)))
    server.archive()
    store(server, uid, values((OLD, 2.0), (OLD + MICROSECOND, 6.0)))
    assert list(drawn(server, uid, OLD, OLD + DAY, 1).values()) == [near(3.0)]
    server.archive_everything()
    assert [path.name.split("-")[1] for path in files_of(server.store, "custom")] == ["1", "2"]
    assert server.hot("custom") == {}
    assert list(drawn(server, uid, OLD, OLD + DAY, 1).values()) == [near(3.0)]
    assert count(server, uid, OLD, OLD + DAY) == 3


def test_a_record_equal_to_an_archived_one_is_a_record_of_its_own(server: ArchivedServer, uid: str) -> None:
    for _ in range(3):
        store(server, uid, values((OLD, 1.0), (OLD, 1.0)))
        server.archive_everything()
    assert export(server.client, "custom", uid, OLD, OLD + DAY) == {StoredValue("mae", OLD, 1.0): 6}
    assert server.archived("custom").total() == 6


def test_a_profile_that_is_known_only_from_a_late_record_is_found(server: ArchivedServer, uid: str) -> None:
    store(server, uid, values((OLD, 1.0)))
    server.archive()
    late = register(server.client, "custom", "latecomer")
    assert drawn(server, late, OLD, OLD + DAY, 1) == {}
    store(server, late, values((OLD, 5.0), feature="mae"))
    server.archive_everything()
    assert list(drawn(server, late, OLD, OLD + DAY, 1).values()) == [5.0]
    assert list(drawn(server, uid, OLD, OLD + DAY, 1).values()) == [1.0]


def test_records_of_the_future_stay_hot_and_are_charted(server: ArchivedServer, uid: str) -> None:
    early = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=20)
    store(server, uid, values((early, 1.0), (OLD, 2.0)))
    server.archive()
    assert [row.created_at for _, row in server.hot("custom")] == [early]
    found = drawn(server, uid, OLD, early + HOUR, 200)
    assert sorted(found.values()) == [1.0, 2.0]
    assert drawn(server, uid, early, early + MICROSECOND, 1) == {stamp(early): 1.0}


def test_a_record_older_than_the_archive_takes_is_not_archived_for_it_is_not_stored(
    server: ArchivedServer, uid: str
) -> None:
    [too_old] = values((TODAY - 400 * DAY, 1.0))
    assert server.store_records([as_sent("custom", uid, too_old)]) == 0
    server.archive()
    assert files_of(server.store, "custom") == []


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("0001-01-01T00:00:00+14:00", "2026-01-01T00:00:00Z"),
        ("2026-01-01T00:00:00Z", "9999-12-31T23:59:59.999999-14:00"),
        ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"),
    ],
)
@pytest.mark.parametrize("archived", [False, True], ids=["hot", "archived"])
def test_windows_as_wide_as_calendars_go_are_answered_or_refused_with_a_sentence(
    server: ArchivedServer, uid: str, start: str, end: str, archived: bool
) -> None:
    store(server, uid, values((OLD, 1.0)))
    if archived:
        server.archive()
    query = {"uid": uid, "space": "s", "start_custom_datetime": start, "end_custom_datetime": end}
    for path in ("drift", "records"):
        answer = server.client.get(
            f"/scouter/{path}/custom", time_interval="Custom", max_data_points=5 if path == "drift" else None, **query
        )
        assert answer.status in (200, 400), answer


def read_values(path: Path) -> list[float]:
    found: list[float] = sorted(pq.read_table(path, partitioning=None).column("value").to_pylist())
    return found
