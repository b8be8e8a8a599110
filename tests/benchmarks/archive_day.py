"""One full day of SPC records, and what it takes to write it to a file: by COPY TO, and by the archiver."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import psycopg

from scouter.postgres.connections.pool import open_pool
from scouter.postgres.connections.session_settings import SCHEMA
from scouter.postgres.schema.partitions import Partitions, partition_name
from scouter.postgres.tables.records import DAY_MICROSECONDS, Rows, to_microseconds, value_rows
from tests.benchmarks.chart_data import Subject
from tests.benchmarks.copying import copy_batch
from tests.server_process import ROOT

_MOMENTS, _BATCH = 50, 100  # of a message, and messages of a batch
_TIMES = 2


@dataclass(frozen=True)
class Archived:
    """One pass. `seconds`: from the start of the process to its end."""

    seconds: float
    memory: int  # bytes, the most that was resident
    said: str


def fill(conninfo: str, subjects: list[Subject], day: date, rows: int, seed: int) -> int:
    """About so many rows, as they arrive: of all profiles in turn, through the day. How many there are."""
    stored = 0
    with open_pool(conninfo, name="bench", smallest=1, largest=2, acquire_seconds=30) as pool:
        Partitions(pool).ensure([("spc_record", day)])
        for batch in _batches(subjects, day, rows, np.random.default_rng(seed)):
            with pool.connection() as connection:
                copy_batch(connection, batch)
            stored += sum(part.count for part in batch)
    with psycopg.connect(conninfo, autocommit=True, options=f"-c search_path={SCHEMA}") as connection:
        connection.execute(f"VACUUM (ANALYZE) {partition_name('spc_record', day)}".encode())  # as autovacuum does
    return stored


def copy_on_server(connection: psycopg.Connection, table: str, file: Path) -> None:
    """Nothing travels: Postgres writes the file itself."""
    connection.execute(f"COPY {table} TO '{file}'".encode())


def copy_to_client(connection: psycopg.Connection, table: str, file: Path) -> None:
    """Through a socket into a file of ours, which is what anybody can do who is no superuser."""
    with (
        file.open("wb") as sink,
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} TO STDOUT".encode()) as rows,
    ):
        for block in rows:
            sink.write(block)


COPIES = {"COPY TO a file, by the server": copy_on_server, "COPY TO a file, through a client": copy_to_client}


def copy_seconds(conninfo: str, day: date, file: Path, how: str) -> float:
    """The best of several, as text."""
    best = float("inf")
    with psycopg.connect(conninfo, autocommit=True, options=f"-c search_path={SCHEMA}") as connection:
        for _ in range(_TIMES):
            began = time.perf_counter()
            COPIES[how](connection, partition_name("spc_record", day), file)
            best = min(best, time.perf_counter() - began)
            file.unlink()
    return best


def archive(environment: Mapping[str, str], directory: Path, *arguments: str) -> Archived:
    """A pass in a process of its own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SCOUTER_")}
    said = directory / "archive.log"
    with said.open("wb") as log:
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "scouter.py"), "archive", *arguments],
            env={**inherited, **environment},
            cwd=directory,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"the pass ended with {process.returncode}:\n{said.read_text(errors='replace')}")
    return Archived(seconds, used.ru_maxrss * 1024, said.read_text(errors="replace"))


def _batches(subjects: list[Subject], day: date, rows: int, generator: np.random.Generator) -> Iterator[list[Rows]]:
    begin = to_microseconds(datetime(day.year, day.month, day.day, tzinfo=UTC))
    messages = max(rows // (_MOMENTS * len(subjects[0].feature_ids)), 1)
    starts = np.linspace(0, DAY_MICROSECONDS - _MOMENTS, messages).astype(np.int64)
    for first in range(0, messages, _BATCH):
        yield [
            _message(subjects[int(generator.integers(len(subjects)))], begin + int(start), generator)
            for start in starts[first : first + _BATCH]
        ]


def _message(subject: Subject, moment: int, generator: np.random.Generator) -> Rows:
    ids = np.tile(subject.feature_ids, _MOMENTS)
    moments = np.repeat(np.arange(_MOMENTS), len(subject.feature_ids)) + moment
    return value_rows("spc_record", subject.entity_id, ids, moments, generator.normal(size=len(ids)))
