"""The archiver against COPY TO of the same day, and charts over thirty days of which twenty-nine are in files."""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from scouter.postgres.connections.session_settings import SCHEMA
from scouter.postgres.embedded.server import EmbeddedPostgres
from tests.archiving.opened_files import OpenedFiles
from tests.benchmarks import archive_day, chart_data, charts, machine
from tests.benchmarks.archive_day import Archived
from tests.benchmarks.chart_data import Subject
from tests.http_client import HttpClient
from tests.server_process import ServerProcess, let_others_enter

COPY_BAR = 0.3
MEMORY_BAR_MB = 64.0  # more for eight times the rows: what is "constant" when allocators are counted too
SMALLER = 8
MB = 1e6
ENVIRONMENT = {
    "SCOUTER_SERVER_HOST": "127.0.0.1",
    "SCOUTER_DEFAULT_PASSWORD": "admin",
    "SCOUTER_ROLES": "http",  # only the pass that is measured archives
    "SCOUTER_LATE_DAYS": "0",
    "DATA_RETENTION_PERIOD": "1",
}


def add_to(benches: Any) -> None:
    parser = benches.add_parser("archive", help=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000, help="of the day")
    parser.add_argument("--twenty-million", action="store_const", dest="rows", const=20_000_000)
    parser.add_argument("--day-profiles", type=int, default=1000, help="that have records on that day")
    parser.add_argument("--chart-rows", type=int, default=5_000_000, help="of the thirty days; 0: no charts")
    parser.add_argument("--hundred-million", action="store_const", dest="chart_rows", const=100_000_000)
    parser.add_argument("--profiles", type=int, default=1000, help="of the charts")
    parser.add_argument("--queries", type=int, default=60, help="of each window and type")
    parser.add_argument("--seed", type=int, default=1)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    print(machine.describe())
    for measure, rows in ((measure_day, options.rows), (measure_charts, options.chart_rows)):
        if rows:
            with tempfile.TemporaryDirectory(prefix="scouter-bench-") as folder:
                directory = let_others_enter(Path(folder))
                with EmbeddedPostgres(let_others_enter(directory / "database")) as database:
                    uri = {"DATABASE_URI": database.start(), "SCOUTER_STORAGE_URI": str(directory / "store")}
                    measure(options, directory, {**ENVIRONMENT, **uri, "SCOUTER_DATA_DIR": str(directory / "data")})


def measure_day(options: argparse.Namespace, directory: Path, environment: Mapping[str, str]) -> None:
    conninfo = environment["DATABASE_URI"]
    with ServerProcess(directory / "server", environment) as server:
        client = HttpClient(server.url).login()
        subjects = chart_data.register(client, conninfo, options.day_profiles * 3)
    own = [subject for subject in subjects if subject.kind == "spc"]
    small = one_day(options, own, options.rows // SMALLER, directory, environment)
    large = one_day(options, own, options.rows, directory, environment)
    growth = (large.memory - small.memory) / MB
    verdict = "met" if growth < MEMORY_BAR_MB else "MISSED"
    print(f"memory: {growth:+.0f} MB for {SMALLER} times the rows, bar {MEMORY_BAR_MB:.0f} MB: {verdict}")


def one_day(
    options: argparse.Namespace, subjects: list[Subject], rows: int, directory: Path, environment: Mapping[str, str]
) -> Archived:
    conninfo = environment["DATABASE_URI"]
    day = (datetime.now(UTC) - timedelta(days=3)).date()
    stored = archive_day.fill(conninfo, subjects, day, rows, options.seed)
    folder = directory / "copied"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o777)  # Postgres writes there
    copies = {how: archive_day.copy_seconds(conninfo, day, folder / how[-6:], how) for how in archive_day.COPIES}
    start = archive_day.archive(environment, directory, "--dry-run").seconds
    done = archive_day.archive(environment, directory)
    size = sum(path.stat().st_size for path in (directory / "store").rglob(f"day={day}/*.parquet"))
    report_day(stored, copies, start, done, size)
    forget(conninfo)
    return done


def report_day(rows: int, copies: Mapping[str, float], start: float, done: Archived, size: int) -> None:
    seconds = done.seconds - start
    shown = [[how, f"{took:.2f}", f"{rows / took:,.0f}", ""] for how, took in copies.items()]
    for name, took in (("archive, without its start", seconds), ("archive, as a command", done.seconds)):
        shown.append([name, f"{took:.2f}", f"{rows / took:,.0f}", f"{done.memory / MB:.0f}"])
    print(f"a day of {rows:,} rows; {size / rows:.1f} bytes a row in the archive")
    print(machine.table(["", "seconds", "rows/s", "peak MB"], shown))
    for how, took in copies.items():
        print(machine.verdict(f"archive against {how}", took / seconds, COPY_BAR))


def forget(conninfo: str) -> None:
    """So that the next size is the first part of the same day again."""
    with psycopg.connect(conninfo, autocommit=True, options=f"-c search_path={SCHEMA}") as connection:
        left = connection.execute("SELECT count(*) FROM spc_record").fetchone()
        assert left == (0,), f"{left} rows were not archived"
        connection.execute("DELETE FROM archive_part")


def measure_charts(options: argparse.Namespace, directory: Path, environment: Mapping[str, str]) -> None:
    conninfo = environment["DATABASE_URI"]
    server = ServerProcess(directory / "server", environment)
    with server:
        subjects = chart_data.register(HttpClient(server.url).login(), conninfo, options.profiles)
    stored = chart_data.load(conninfo, subjects, options.chart_rows, options.seed)
    chart_data.settle(conninfo)
    done = archive_day.archive(environment, directory)
    archived, files, size = manifest_totals(conninfo)
    print(
        f"{stored:,} rows of {len(subjects)} profiles over {chart_data.DAYS} days; {archived:,} of them archived in "
        f"{done.seconds:.0f} s, {files} files, {size / MB:,.0f} MB, peak {done.memory / MB:.0f} MB"
    )
    dropped = charts.drop_caches()
    with server:
        print(f"cold: restarted, {'with' if dropped else 'WITHOUT'} the system's file cache emptied")
        charts.report(server, subjects, options, warm=False)
        print("warm:")
        charts.report(server, subjects, options, warm=True)
        report_opened(server, subjects, directory / "store", options.seed)


def manifest_totals(conninfo: str) -> tuple[int, int, int]:
    """Rows, files, bytes."""
    with psycopg.connect(conninfo, options=f"-c search_path={SCHEMA}") as connection:
        found = connection.execute(
            "SELECT sum(rows)::bigint, count(*), sum(bytes)::bigint FROM archive_part WHERE state = 'archived'"
        ).fetchone()
    assert found is not None
    return found[0], found[1], found[2]


def report_opened(server: ServerProcess, subjects: list[Subject], store: Path, seed: int) -> None:
    """Files of the store that one query opens. There is one of each kind for each archived day."""
    client, chooser = HttpClient(server.url).login(), random.Random(seed)
    rows = []
    with OpenedFiles(store) as opened:
        for window, length in charts.WINDOWS.items():
            for kind in chart_data.FEATURES:
                opened.since()
                charts.milliseconds(client, chooser.choice([one for one in subjects if one.kind == kind]), length)
                files = opened.since()
                rows.append([window, kind, str(len(set(files))), str(len(files))])
    print(machine.table(["window", "type", "files", "times opened"], rows))
