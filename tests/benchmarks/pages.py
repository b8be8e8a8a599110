"""Pages: what the server takes for one, what comes over the wire, what a browser makes of it, what ingest feels."""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from scouter.maintenance.tasks import StandingsBehind
from scouter.postgres.connections.pool import open_pool
from tests.benchmarks import machine, many_profiles, wide_profile
from tests.benchmarks.ingest import request
from tests.benchmarks.many_profiles import Sizes
from tests.benchmarks.messages import FEATURES, message
from tests.benchmarks.readers import Readers
from tests.benchmarks.start import met, rss_mb
from tests.http_client import HttpClient
from tests.page_client import PageClient
from tests.profile_documents import registration, spc_profile
from tests.server_process import ROOT, ServerProcess

OVERVIEW_MS = {1000: 100.0, 5000: 150.0}
OVERVIEW_BYTES = 15_000
PROFILE_MS, PROFILE_BYTES, PROFILE_ELEMENTS = 400.0, 80_000, 5_000
PAINT_MS = 300.0
TEN_SESSIONS_BAR, TWO_SESSIONS_BAR = 0.95, 0.6
MEMORY_MB = 20.0
_CROWDS = {"alone": (0, 1.0), "ten": (10, 1.0), "two": (2, None)}  # sessions, and pages a second of them all
_SETTLE_SECONDS = 2.0
_GZIP = {"Accept-Encoding": "gzip"}
_PAINT = """
new Promise(done => new PerformanceObserver(
    seen => seen.getEntriesByName("first-contentful-paint").forEach(each => done(each.startTime))
).observe({ type: "paint", buffered: true }))
"""


@dataclass(frozen=True)
class Seen:
    """One page: milliseconds at the median, bytes over the wire, elements in it."""

    name: str
    milliseconds: float
    size: int
    elements: int
    limits: tuple[float, float, float]
    """Of these three."""

    @property
    def is_met(self) -> bool:
        return all(value < limit for value, limit in zip(self.values, self.limits, strict=True))

    @property
    def values(self) -> tuple[float, float, float]:
        return self.milliseconds, self.size, self.elements


def add_to(benches: Any) -> None:
    parser = benches.add_parser("pages", help=__doc__)
    parser.add_argument("--profiles", type=int, nargs="*", default=[1000, 5000], help="of the overviews")
    parser.add_argument("--days", type=int, default=90, help="of their runs")
    parser.add_argument("--records", type=int, default=3_000_000, help="of theirs, over the last three days")
    parser.add_argument("--features", type=int, default=2000, help="of the profile")
    parser.add_argument("--times", type=int, default=20, help="how often each page is asked for")
    parser.add_argument("--seconds", type=float, default=8.0, help="length of each measurement of ingest")
    parser.add_argument("--rounds", type=int, default=3, help="of ingest without, with ten, and with two sessions")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    print(machine.describe())
    memory()
    for profiles in options.profiles:
        with _server() as server:
            _fill(server, Sizes(profiles, options.days, options.records))
            uid = wide_profile.register_and_fill(server, options.features)
            pages = _pages(profiles, uid)
            report([asked(server, name, address, limits, options.times) for name, (address, limits) in pages.items()])
            painted(server, {name: address for name, (address, _) in pages.items()}, options.times)
            if profiles == max(options.profiles):
                beside_ingest(server, [address for address, _ in pages.values()], options)


def _pages(profiles: int, uid: str) -> dict[str, tuple[str, tuple[float, float, float]]]:
    """Address and limits, by name."""
    overview = (OVERVIEW_MS.get(profiles, max(OVERVIEW_MS.values())), OVERVIEW_BYTES, float("inf"))
    profile = "/profile?" + urlencode({"uid": uid, "last": "7d", "show": 24})
    return {
        f"overview of {profiles:,}": ("/", overview),
        "profile, 24 charts": (profile, (PROFILE_MS, PROFILE_BYTES, PROFILE_ELEMENTS)),
    }


@contextmanager
def _server(**settings: str) -> Iterator[ServerProcess]:
    with (
        tempfile.TemporaryDirectory(prefix="scouter-bench-") as folder,
        ServerProcess(Path(folder), settings) as server,
    ):
        yield server


def _fill(server: ServerProcess, sizes: Sizes) -> None:
    began = time.perf_counter()
    many_profiles.fill(server.conninfo(), sizes)
    with open_pool(server.conninfo(), name="bench", smallest=1, largest=1, acquire_seconds=30) as pool:
        for _ in StandingsBehind().run(pool, datetime.now(UTC)):
            pass
        with pool.connection() as connection:
            connection.execute("ANALYZE profile")
    print(f"\n{sizes.profiles:,} profiles, {sizes.runs:,} runs, made in {time.perf_counter() - began:.0f} s")


def asked(server: ServerProcess, name: str, address: str, limits: tuple[float, float, float], times: int) -> Seen:
    """The server's part: from the request to the last byte, on a connection that is open."""
    with PageClient(server.url) as client:
        client.sign_in()
        first = client.get(address, _GZIP)
        assert first.status == 200, first.text
        taken = statistics.median(_milliseconds(lambda: client.get(address, _GZIP)) for _ in range(times))
        size = int(first.headers["Content-Length"])
        return Seen(name, taken, size, len(re.findall(r"<[a-zA-Z]", first.html)), limits)


def report(seen: list[Seen]) -> None:
    rows = [
        [each.name, *(f"{value:,.0f}" for value in each.values), *(_limit(limit) for limit in each.limits)]
        for each in seen
    ]
    head = ["", "ms p50", "bytes", "elements", "ms <", "bytes <", "elements <"]
    print(machine.table(head, rows))
    for each in seen:
        print(f"{each.name}: {'met' if each.is_met else 'MISSED'}")


def painted(server: ServerProcess, addresses: dict[str, str], times: int) -> None:
    """Until something is to be seen, in a browser that has been there before."""
    from tests.browser import chromium
    from tests.browser.visitor import Visitor

    program = chromium.installed()
    if program is None:
        print("first paint: there is no Chromium")
        return
    with chromium.started(program) as browser, chromium.window(browser) as page:
        visitor = Visitor(page, server.url)
        visitor.sign_in()
        for name, address in addresses.items():
            visitor.go(address)
            taken = statistics.median(_first_paint(visitor, address) for _ in range(max(times // 2, 1)))
            print(f"first paint of {name}: {taken:.0f} ms, bar {PAINT_MS:.0f} ms: {met(taken, PAINT_MS)}")


def _first_paint(visitor: Any, address: str) -> float:
    page = visitor.go(address)
    taken: float = page.evaluate(_PAINT)
    return taken


def beside_ingest(server: ServerProcess, addresses: list[str], options: argparse.Namespace) -> None:
    client = HttpClient(server.url).login()
    uid = client.post("/scouter/profile", registration(spc_profile("bench", "ingest", features=FEATURES))).body["uid"]
    whole = request(client, message(uid, 500))
    rates: dict[str, list[float]] = {name: [] for name in _CROWDS}
    failures = 0
    for _ in range(options.rounds):
        for name, (sessions, rate) in _CROWDS.items():
            with Readers(server.url, addresses, sessions, rate):
                sent = _load(server, whole, options.seconds)
            rates[name].append(sent["requests"] / sent["seconds"] * 500)
            failures += sent["failures"]
    alone, ten, two = (statistics.mean(each) for each in rates.values())
    print(f"\n500-record messages alone: {alone:,.0f} rows/s")
    print(machine.verdict("with ten sessions, a page a second in all", ten / alone, TEN_SESSIONS_BAR))
    print(machine.verdict("with two sessions that reload without pause", two / alone, TWO_SESSIONS_BAR))
    print(f"messages not answered 200: {failures}: {met(failures, 1)}")


def _load(server: ServerProcess, whole: bytes, seconds: float) -> dict[str, Any]:
    command = [
        sys.executable,
        "-m",
        "tests.benchmarks.load_generator",
        "127.0.0.1",
        str(server.port),
        "32",
        str(seconds),
    ]
    finished = subprocess.run(command, input=whole, capture_output=True, check=True, cwd=ROOT)
    sent: dict[str, Any] = json.loads(finished.stdout)
    return sent


def memory() -> None:
    """What an idle server holds for the pages: before anybody has looked at one, and after somebody has."""
    with _server(SCOUTER_PAGES="false") as server:
        time.sleep(_SETTLE_SECONDS)
        without = rss_mb(server.pid)
    with _server() as server:
        time.sleep(_SETTLE_SECONDS)
        unseen = rss_mb(server.pid)
        with PageClient(server.url) as client:
            client.sign_in()
            for _ in range(10):
                client.get("/")
        time.sleep(_SETTLE_SECONDS)
        seen = rss_mb(server.pid)
    more = max(unseen, seen) - without
    print(f"idle, RSS: {without:.0f} MB without pages, {unseen:.0f} MB with them, {seen:.0f} MB once looked at")
    print(f"more for the pages: {more:.0f} MB, bar {MEMORY_MB:.0f} MB: {met(more, MEMORY_MB)}")


def _milliseconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return (time.perf_counter() - began) * 1000


def _limit(limit: float) -> str:
    return "" if limit == float("inf") else f"{limit:,.0f}"
