"""Durable ingest over HTTP, Kafka and RabbitMQ against a bare COPY and a POST that stores nothing, all in one run."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from scouter.postgres.tables.records import POSTGRES_EPOCH_MICROSECONDS, value_rows
from tests.benchmarks import machine
from tests.benchmarks.copying import copy_batch
from tests.benchmarks.draining import PREFETCH, TRANSPORTS, drain, report_drained
from tests.benchmarks.many_connections import CONNECTIONS, measure_widths, report_widths
from tests.benchmarks.messages import FEATURES, message
from tests.http_client import HttpClient
from tests.profile_documents import registration, spc_profile
from tests.server_process import ROOT, ServerProcess

COPY_BAR = 0.6
POST_BAR = 0.5
ROUNDS = 3  # of messages on ever more connections


@dataclass(frozen=True)
class Measured:
    """What the load generator saw, and how the server grouped what it got."""

    name: str
    records: int
    requests: int
    seconds: float
    failures: int
    cpu: float
    p50_ms: float
    p99_ms: float
    rows_a_batch: float

    @property
    def requests_a_second(self) -> float:
        return self.requests / self.seconds

    @property
    def rows_a_second(self) -> float:
        return self.requests_a_second * self.records


def add_to(benches: Any) -> None:
    parser = benches.add_parser("ingest", help=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0, help="length of each measurement")
    parser.add_argument("--connections", type=int, default=32)
    widths = {"type": int, "nargs": "*", "default": CONNECTIONS}
    parser.add_argument("--widths", **widths, help="numbers of connections for messages of one record")
    parser.add_argument("--transport", choices=("http", *TRANSPORTS, "all"), default="http")
    parser.add_argument("--prefetch", type=int, default=PREFETCH, help="messages in hand per consumer of RabbitMQ")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    print(machine.describe())
    with tempfile.TemporaryDirectory(prefix="scouter-bench-") as folder, ServerProcess(Path(folder)) as server:
        client = HttpClient(server.url).login()
        uid = client.post("/scouter/profile", registration(spc_profile(features=FEATURES))).body["uid"]
        measured = [
            measure(server, client, uid, records, options.connections, options.seconds) for records in (0, 1, 20, 500)
        ]
        part = options.seconds / ROUNDS
        widths = measure_widths(
            server.pid, options.widths, lambda each: measure(server, client, uid, 1, each, part), ROUNDS
        )
        copies = {one.records: bare_copy(server, one, options.seconds) for one in measured if one.records}
        wanted = [each for each in TRANSPORTS if options.transport in (each, "all")]
        drained = [
            drain(each, server, uid, records, options.seconds, prefetch=options.prefetch)
            for each in wanted
            for records in (1, 500)
        ]
    report(measured, copies)
    report_widths(widths)
    report_drained(drained, {one.records: one.rows_a_second for one in measured})


def measure(
    server: ServerProcess, client: HttpClient, uid: str, records: int, connections: int, seconds: float
) -> Measured:
    command = [sys.executable, "-m", "tests.benchmarks.load_generator", "127.0.0.1", str(server.port)]
    rows_before, batches_before = stored(server)
    finished = subprocess.run(
        [*command, str(connections), str(seconds)],
        input=request(client, message(uid, records)),
        capture_output=True,
        check=True,
        cwd=ROOT,
    )
    rows, batches = stored(server)
    seen = json.loads(finished.stdout)
    name = "POST of nothing" if records == 0 else f"{records} records a message"
    grouped = (rows - rows_before) / max(batches - batches_before, 1)
    return Measured(name=name, records=records, rows_a_batch=grouped, **seen)


def request(client: HttpClient, body: bytes) -> bytes:
    """A whole HTTP request."""
    head = (
        "POST /scouter/message HTTP/1.1\r\nhost: localhost\r\naccept: */*\r\nusername: admin\r\npassword: admin\r\n"
        f"authorization: Bearer {client.token}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def stored(server: ServerProcess) -> tuple[int, int]:
    """Rows and batches so far. Each batch leaves one receipt."""
    with psycopg.connect(server.conninfo()) as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM spc_record), (SELECT count(*) FROM batch_receipt)"
        ).fetchone()
    assert row is not None
    return row[0], row[1]


def bare_copy(server: ServerProcess, like: Measured, seconds: float) -> float:
    """Rows a second of a process that does nothing but COPY the same rows in batches of the same size."""
    size = max(round(like.rows_a_batch), like.records)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(copy_for, (server.conninfo(), size, seconds))


def copy_for(conninfo: str, size: int, seconds: float) -> float:
    moment = round(time.time() * 1e6) - POSTGRES_EPOCH_MICROSECONDS
    numbers = np.arange(size, dtype=np.int64)
    values = numbers.astype(np.float64) * 1.5
    rows = value_rows("spc_record", 1, numbers % FEATURES + 1, np.full(size, moment), values)
    copied, began = 0, time.perf_counter()
    with psycopg.connect(conninfo) as connection:
        while time.perf_counter() - began < seconds:
            copy_batch(connection, [rows])
            copied += size
    return copied / (time.perf_counter() - began)


def report(measured: list[Measured], copies: dict[int, float]) -> None:
    rows = [
        [
            one.name,
            f"{one.requests_a_second:,.0f}",
            f"{one.rows_a_second:,.0f}",
            f"{one.p50_ms:.1f}",
            f"{one.p99_ms:.1f}",
            f"{one.rows_a_batch:,.0f}",
            f"{copies.get(one.records, 0):,.0f}",
            f"{one.cpu:.2f}",
        ]
        for one in measured
    ]
    head = ["", "requests/s", "rows/s", "p50 ms", "p99 ms", "rows/batch", "bare COPY rows/s", "generator cores"]
    print(machine.table(head, rows))
    by_records = {one.records: one for one in measured}
    nothing, single, large = by_records[0], by_records[1], by_records[500]
    print(machine.verdict("500 records against bare COPY", large.rows_a_second / copies[500], COPY_BAR))
    print(machine.verdict("1 record against nothing", single.requests_a_second / nothing.requests_a_second, POST_BAR))
    failures = sum(one.failures for one in measured)
    if failures:
        print(f"{failures} requests were not answered 200")
