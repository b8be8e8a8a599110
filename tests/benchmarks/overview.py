"""What the overview asks the database for, over thousands of profiles with months of runs: each query by itself."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scouter.maintenance.tasks import StandingsBehind
from scouter.postgres.connections.pool import Pool, open_pool
from scouter.postgres.embedded.server import EmbeddedPostgres
from scouter.postgres.schema.migrations import migrate
from scouter.postgres.statements import Connection
from scouter.postgres.tables.open_alerts import AlertFilter
from scouter.postgres.tables.profile_states import StateFilter
from scouter.profiles.open_alerts import open_alerts
from scouter.profiles.states import counts_by_state, profile_states
from tests.benchmarks import machine, many_profiles
from tests.benchmarks.many_profiles import Sizes
from tests.server_process import let_others_enter

BAR_MS = 150.0
ROWS = 100
_PAGES_DEEP = 20

Query = Callable[[Connection], object]


def add_to(benches: Any) -> None:
    parser = benches.add_parser("overview", help=__doc__)
    parser.add_argument("--profiles", type=int, default=5000, help="one in ten is checked every hour, the others daily")
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--records", type=int, default=3_000_000, help="of the last three days")
    parser.add_argument("--queries", type=int, default=30, help="of each kind")
    parser.add_argument("--explain", action="store_true", help="print the plan of the first page")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    print(machine.describe())
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="scouter-bench-"))
        conninfo = stack.enter_context(EmbeddedPostgres(let_others_enter(Path(folder)))).start()
        migrate(conninfo)
        pool = stack.enter_context(open_pool(conninfo, name="bench", smallest=1, largest=2, acquire_seconds=30))
        prepare(conninfo, pool, Sizes(options.profiles, options.days, options.records))
        report(pool, options.queries)
        if options.explain:
            explain(pool)


def prepare(conninfo: str, pool: Pool, sizes: Sizes) -> None:
    began = time.perf_counter()
    many_profiles.fill(conninfo, sizes)
    print(
        f"{sizes.profiles:,} profiles, {sizes.runs:,} runs of {many_profiles.FEATURES} features over "
        f"{sizes.days} days, {_open_alerts(pool):,} open alerts, made in {time.perf_counter() - began:.0f} s"
    )
    began = time.perf_counter()
    steps = []
    for count in StandingsBehind().run(pool, datetime.now(UTC)):
        steps.append((count, time.perf_counter()))
    took = [later - earlier for (_, earlier), (_, later) in zip([(0, began), *steps], steps, strict=False)]
    print(
        f"{sum(count for count, _ in steps):,} profiles brought up to their newest check in "
        f"{time.perf_counter() - began:.1f} s, the longest step {1000 * max(took):.0f} ms"
    )
    with pool.connection() as connection:
        connection.execute("ANALYZE profile")


def report(pool: Pool, queries: int) -> None:
    deep = _cursor_of(pool, _PAGES_DEEP)
    asked: dict[str, Query] = {
        f"{ROWS} rows, the worst first": lambda to: profile_states(to, None, limit=ROWS),
        f"{ROWS} rows, by name": lambda to: profile_states(to, None, order="name", limit=ROWS),
        f"{ROWS} rows, page {_PAGES_DEEP + 1}": lambda to: profile_states(to, None, cursor=deep, limit=ROWS),
        "one space": lambda to: profile_states(to, ["space-3"], limit=ROWS),
        "searched for": lambda to: profile_states(to, None, StateFilter(q="model-77"), limit=ROWS),
        "counts by state": lambda to: counts_by_state(to, None),
        "beside it: 50 open alerts by feature": lambda to: open_alerts(to, AlertFilter(None)),
        "beside it: of one space": lambda to: open_alerts(to, AlertFilter(["space-0"])),
        "beside it: of one profile": lambda to: open_alerts(to, AlertFilter(None, entity_id=20)),
        **{name: _alone(sql) for name, sql in _PARTS.items()},
    }
    rows, worst = [], 0.0
    for name, query in asked.items():
        with pool.connection() as connection:
            times = sorted(_milliseconds(connection, query) for _ in range(queries))
        p50, p95 = times[len(times) // 2], times[int(len(times) * 0.95)]
        rows.append([name, f"{p50:.1f}", f"{p95:.1f}"])
        worst = worst if ":" in name else max(worst, p50)
    print(machine.table(["query", "p50 ms", "p95 ms"], rows))
    print(f"largest p50: {worst:.0f} ms, bar {BAR_MS:.0f} ms: {'met' if worst < BAR_MS else 'MISSED'}")


def explain(pool: Pool) -> None:
    from psycopg import ClientCursor

    from scouter.postgres.statements import named_statements
    from scouter.postgres.tables import profile_states as table
    from scouter.wire.profile_states import STATES

    statement = named_statements("profile_states")["state_page"]
    parameters = {
        **table._parameters(None, StateFilter()),
        **table._FIRST,
        **{"entity_id": None, "state": None, "states": list(STATES), "worst_first": True, "outcomes": 24},
        "maximum": ROWS + 1,
    }
    with pool.connection() as connection:
        cursor = ClientCursor(connection)
        text = cursor.mogrify(statement.text, parameters)
        for (line,) in connection.execute("EXPLAIN (ANALYZE, BUFFERS) " + text).fetchall():
            print(" ", line)


def _open_alerts(pool: Pool) -> int:
    with pool.connection() as connection:
        [(count,)] = connection.execute("SELECT count(*) FROM alert WHERE active").fetchall()
    return int(count)


def _alone(sql: str) -> Query:
    return lambda to: to.execute(sql.encode()).fetchall()


def _cursor_of(pool: Pool, pages: int) -> str | None:
    cursor = None
    with pool.connection() as connection:
        for _ in range(pages):
            cursor = profile_states(connection, None, cursor=cursor, limit=ROWS).next_cursor or cursor
    return cursor


def _milliseconds(connection: Connection, query: Query) -> float:
    began = time.perf_counter()
    query(connection)
    return (time.perf_counter() - began) * 1000


_HUNDRED = f"(SELECT id FROM entity ORDER BY md5(uid) LIMIT {ROWS}) AS page"
_PARTS = {
    "part: last record of 100, two days": f"""
        SELECT id, (SELECT max(created_at) FROM spc_record
                    WHERE entity_id = page.id AND created_at > now() - interval '2 days') FROM {_HUNDRED}""",
    "part: last record of 100, all days": f"""
        SELECT id, (SELECT max(created_at) FROM spc_record WHERE entity_id = page.id) FROM {_HUNDRED}""",
    "part: 24 outcomes of 100": f"""
        SELECT id, ARRAY(SELECT outcome FROM (
            SELECT DISTINCT ON (window_end) window_end, outcome FROM check_run
            WHERE check_run.entity_id = page.id AND NOT set_back ORDER BY window_end DESC, attempt DESC LIMIT 24
        ) AS recent ORDER BY window_end) FROM {_HUNDRED}""",
    "part: open alerts of 100, all rows counted": f"""
        SELECT id, (SELECT count(*) FROM alert WHERE active AND entity_id = page.id) FROM {_HUNDRED}""",
}
