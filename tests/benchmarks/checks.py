"""Profiles that are all due at once, on one server: checks a second, and where the time of a check goes."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from unittest.mock import patch

import psycopg

from scouter.checks import evaluation as observed
from scouter.checks.checker import Checker
from scouter.postgres.connections.pool import Pool, open_pool
from scouter.postgres.embedded.server import EmbeddedPostgres
from scouter.postgres.tables.checks import claim_check
from scouter.settings.alerting import AlertingSettings
from scouter.settings.checks import CheckSettings
from tests.benchmarks import due_checks, machine
from tests.benchmarks.due_checks import DueProfile
from tests.http_client import HttpClient
from tests.server_process import ServerProcess, let_others_enter

BAR = 100.0
TAKEN_APART = 100
_READS = ("spc_window", "psi_window", "custom_window")
_GRACE, _LEASE = timedelta(seconds=60), timedelta(seconds=60)
_DONE = """
    SELECT count(*), extract(epoch FROM max(finished_at) - min(finished_at))::float8, sum(row_count)::bigint,
           count(*) FILTER (WHERE outcome = 'alert'), count(*) FILTER (WHERE outcome = 'failed')
    FROM check_run"""

P = ParamSpec("P")
R = TypeVar("R")


def add_to(benches: Any) -> None:
    parser = benches.add_parser("checks", help=__doc__)
    parser.add_argument("--profiles", type=int, default=1000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    print(machine.describe())
    with tempfile.TemporaryDirectory(prefix="scouter-bench-") as folder:
        directory = let_others_enter(Path(folder))
        with EmbeddedPostgres(directory / "database") as database:
            conninfo = database.start()
            on_database = {"DATABASE_URI": conninfo, "SCOUTER_SERVER_HOST": "127.0.0.1"}
            end = due_checks.last_hour()
            with ServerProcess(directory / "server", {**on_database, "SCOUTER_DEFAULT_PASSWORD": "admin"}) as server:
                profiles = due_checks.register(HttpClient(server.url).login(), conninfo, options.profiles)
                rows = due_checks.load(conninfo, profiles, options.rows, end, options.seed)
                print(f"{len(profiles)} profiles of {due_checks.FEATURES} features, {rows:,} rows in their windows")
                measure(conninfo, profiles, end, rows)
            take_apart(conninfo, profiles[:TAKEN_APART], end)


def measure(conninfo: str, profiles: list[DueProfile], end: datetime, rows: int) -> None:
    due_checks.make_due(conninfo, profiles, end)
    _, seconds, seen, alerts, failed = wait_for_runs(conninfo, len(profiles))
    print(f"{len(profiles)} checks in {seconds:.2f} s; {alerts} with alerts, {failed} failed")
    if seen != rows or failed:
        raise SystemExit(f"the checks are wrong: they saw {seen:,} rows of {rows:,}")
    print(machine.verdict("checks a second", (len(profiles) - 1) / seconds, BAR))


def wait_for_runs(conninfo: str, count: int, seconds: float = 300.0) -> tuple[Any, ...]:
    """What `_DONE` says when all are there."""
    deadline = time.monotonic() + seconds
    with psycopg.connect(conninfo, autocommit=True, options="-c search_path=scouter_py") as connection:
        while True:
            done = connection.execute(_DONE).fetchone()
            if done is not None and done[0] >= count:
                return done
            if time.monotonic() > deadline:
                raise SystemExit(f"after {seconds:.0f} s there are {done} of {count} runs")
            time.sleep(0.1)


class Stopwatch:
    """The seconds spent in functions, by part of a check."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    def timed(self, part: str, function: Callable[P, R]) -> Callable[P, R]:
        def call(*arguments: P.args, **named: P.kwargs) -> R:
            began = time.perf_counter()
            try:
                return function(*arguments, **named)
            finally:
                self.seconds[part] += time.perf_counter() - began

        return call


def take_apart(conninfo: str, profiles: list[DueProfile], end: datetime) -> None:
    """Make the same checks in this process, one after the other and with nothing beside them."""
    by_kind = {kind: [profile for profile in profiles if profile.kind == kind] for kind in ("spc", "psi", "custom")}
    with open_pool(conninfo, name="bench", smallest=2, largest=2, acquire_seconds=30) as pool:
        rows = [[kind, *parts_of(pool, conninfo, own, end)] for kind, own in by_kind.items() if own]
    print("milliseconds a check, one at a time:")
    print(machine.table(["type", "claim", "read", "mathematics", "record", "all"], rows))


def parts_of(pool: Pool, conninfo: str, profiles: list[DueProfile], end: datetime) -> list[str]:
    due_checks.make_due(conninfo, profiles, end)
    watch = Stopwatch()
    claim = watch.timed("claim", claim_check)
    checked = watch.timed("run", Checker(pool, CheckSettings(), AlertingSettings()).run)
    with ExitStack() as patched:
        for name in _READS:
            patched.enter_context(patch.object(observed, name, watch.timed("read", getattr(observed, name))))
        patched.enter_context(patch("scouter.checks.checker.evaluate", watch.timed("observe", observed.evaluate)))
        for _ in profiles:
            with pool.connection() as connection:
                claimed = claim(connection, grace=_GRACE, lease=_LEASE)
            assert claimed is not None
            checked(claimed)
    spent = watch.seconds
    parts = [spent["claim"], spent["read"], spent["observe"] - spent["read"], spent["run"] - spent["observe"]]
    return [f"{seconds / len(profiles) * 1000:.2f}" for seconds in (*parts, sum(parts))]
