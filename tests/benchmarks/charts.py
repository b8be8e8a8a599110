"""Chart queries over HTTP with much data in the tables: p50 and p95 by window and drift type, cold and warm."""

from __future__ import annotations

import argparse
import random
import subprocess
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.benchmarks import chart_data, machine
from tests.benchmarks.chart_data import Subject
from tests.http_client import HttpClient
from tests.server_process import ServerProcess

BAR_MS = 200.0
WINDOWS = {
    "1 hour": timedelta(hours=1),
    "24 hours": timedelta(days=1),
    "7 days": timedelta(days=7),
    "30 days": timedelta(days=30),
}


def add_to(benches: Any) -> None:
    parser = benches.add_parser("charts", help=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--hundred-million", action="store_const", dest="rows", const=100_000_000)
    parser.add_argument("--profiles", type=int, default=1000)
    parser.add_argument("--queries", type=int, default=60, help="of each window and type")
    parser.add_argument("--explain", action="store_true", help="print the plan of every chart query over 30 days")
    parser.add_argument("--seed", type=int, default=1)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    print(machine.describe())
    with tempfile.TemporaryDirectory(prefix="scouter-bench-") as folder:
        server = ServerProcess(Path(folder))
        with server:
            subjects = prepare(server, options)
        dropped = drop_caches()
        with server:
            print(f"cold: restarted, {'with' if dropped else 'WITHOUT'} the system's file cache emptied")
            report(server, subjects, options, warm=False)
            print("warm:")
            report(server, subjects, options, warm=True)
            if options.explain:
                explain(server, subjects)


def prepare(server: ServerProcess, options: argparse.Namespace) -> list[Subject]:
    subjects = chart_data.register(HttpClient(server.url).login(), server.conninfo(), options.profiles)
    began = time.perf_counter()
    stored = chart_data.load(server.conninfo(), subjects, options.rows, options.seed)
    seconds = time.perf_counter() - began
    chart_data.settle(server.conninfo())
    print(
        f"{stored:,} rows of {len(subjects)} profiles over {chart_data.DAYS} days, stored at {stored / seconds:,.0f}/s"
    )
    return subjects


def report(server: ServerProcess, subjects: list[Subject], options: argparse.Namespace, *, warm: bool) -> None:
    client = HttpClient(server.url).login()
    chooser = random.Random(options.seed)
    rows, worst = [], 0.0
    for window, length in WINDOWS.items():
        for kind in ("spc", "psi", "custom"):
            own = [subject for subject in subjects if subject.kind == kind]
            asked = [chooser.choice(own) for _ in range(options.queries)]
            if warm:
                _ = [milliseconds(client, subject, length) for subject in asked]
            times = sorted(milliseconds(client, subject, length) for subject in asked)
            p50, p95 = times[len(times) // 2], times[int(len(times) * 0.95)]
            worst = max(worst, p95)
            rows.append([window, kind, f"{p50:.1f}", f"{p95:.1f}"])
    print(machine.table(["window", "type", "p50 ms", "p95 ms"], rows))
    print(f"largest p95: {worst:.0f} ms, bar {BAR_MS:.0f} ms: {'met' if worst < BAR_MS else 'MISSED'}")


def milliseconds(client: HttpClient, subject: Subject, length: timedelta) -> float:
    end = datetime.now(UTC)
    began = time.perf_counter()
    answer = client.get(
        f"/scouter/drift/{subject.kind}",
        uid=subject.uid,
        space="s",
        time_interval="Custom",
        max_data_points=100,
        start_custom_datetime=(end - length).isoformat(),
        end_custom_datetime=end.isoformat(),
    )
    took = (time.perf_counter() - began) * 1000
    assert answer.status == 200, answer
    return took


def drop_caches() -> bool:
    """Make the next reads come from the disk. Only root may."""
    subprocess.run(["sync"], check=True)
    try:
        Path("/proc/sys/vm/drop_caches").write_text("3")
    except OSError:
        return False
    return True


def explain(server: ServerProcess, subjects: list[Subject]) -> None:
    from scouter.archive.kinds import KINDS
    from scouter.postgres.connections.pool import connect
    from scouter.postgres.statements import named_statements

    end = datetime.now(UTC)
    with connect(server.conninfo()) as connection:
        for kind in ("spc", "psi", "custom"):
            subject = next(subject for subject in subjects if subject.kind == kind)
            values = {"entity_id": subject.entity_id, "start": end - timedelta(days=30), "end": end}
            asked = named_statements("charts")["count_bins" if kind == "psi" else "value_bins"]
            statement = b"EXPLAIN (ANALYZE, BUFFERS) " + asked.on(KINDS[kind].table).reaching(extremes=False).text
            lines = connection.execute(
                statement, {**values, "feature_ids": None, "width": timedelta(hours=7, minutes=12)}
            ).fetchall()
            print(
                f"{kind} over 30 days:",
                *(line for (line,) in lines[:12]),
                "  ...",
                *(line for (line,) in lines[-4:]),
                sep="\n  ",
            )
