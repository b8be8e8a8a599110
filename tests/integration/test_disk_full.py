"""What happens when the disk of the embedded database fills, on a small file system that really does."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import psycopg
import pytest

from tests.conditions import children_of, eventually, probe
from tests.http_client import Answer, HttpClient
from tests.metrics_page import sample, samples_at
from tests.profile_documents import registration, spc_profile
from tests.server_process import ServerProcess
from tests.small_disk import NoSmallDisk, fill
from tests.small_disk import small_disk as small_disk_at

MIB = 2**20
FULL = "the disk of the database is full; nothing was stored"
FULL_FOR_THE_SPOOL = "the database is away and the disk of the spool is full; this message was not stored"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 300 MiB."""
    try:
        with small_disk_at(tmp_path / "disk", 300 * MIB) as place:
            yield place
    except NoSmallDisk as problem:
        pytest.skip(f"no file system of our own: {problem}")


@dataclass
class Sender:
    """Sends numbered records and keeps what was acknowledged."""

    url: str
    rows: int = 2000
    acknowledged: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._client = HttpClient(self.url).login()
        self._uid = self._client.post("/scouter/profile", registration(spc_profile())).body["uid"]
        self._numbers = count()

    def send(self) -> Answer:
        stamp = datetime.now(UTC).isoformat()
        values = [float(next(self._numbers)) for _ in range(self.rows)]
        records = [{"created_at": stamp, "uid": self._uid, "feature": "f0", "value": value} for value in values]
        answer = self._client.post("/scouter/message", {"records": [{"Spc": record} for record in records]})
        if answer.status == 200:
            self.acknowledged += values
        return answer

    def is_stored(self) -> bool:
        """Whether the database takes a message, and nothing waits in the spool any more."""
        answer = self.send()
        if answer.status != 200 or answer.body.get("spooled", False):
            return False
        return bool(self._client.get("/scouter/ledger").body["total"]["spooled"] == 0)


def stored_in(server: ServerProcess) -> list[float]:
    with psycopg.connect(server.conninfo()) as connection:
        return [row[0] for row in connection.execute("SELECT value FROM spc_record").fetchall()]


def test_below_the_mark_records_are_refused_and_above_it_taken_again(small_disk: Path) -> None:
    with ServerProcess(small_disk / "server", {"SCOUTER_MIN_FREE_BYTES": str(100 * MIB)}) as server:
        sender = Sender(server.url, rows=10)
        assert sender.is_stored()
        ballast = fill(small_disk, leave=90 * MIB)
        eventually(lambda: sender.send().status == 503, seconds=2)
        answer = sender.send()
        assert (answer.body["error"], answer.body["code"], answer.body["retry"]) == (FULL, "DISK_FULL", True)
        assert int(answer.headers["Retry-After"]) > 0
        ready = probe(server.url)
        assert ready.status == 503
        assert "disk" in ready.body["error"]
        assert not ready.body["parts"]["disk"]["ok"]
        assert ready.body["parts"]["database"]["ok"], "Postgres has not noticed"
        samples = samples_at(f"http://127.0.0.1:{server.port + 1}")
        assert sample(samples, "scouter_disk_free_bytes") < 100 * MIB
        assert sample(samples, "scouter_requests_refused_total", path="/scouter/message", code="DISK_FULL") >= 2
        ballast.unlink()
        eventually(sender.is_stored, seconds=2)
        assert probe(server.url).status == 200
        assert server.log.count("records are refused until there is more") == 1
        assert server.log.count("records are accepted again") == 1
        assert sorted(stored_in(server)) == sorted(sender.acknowledged)


@pytest.mark.parametrize("leave", [25 * MIB, 10 * MIB])
def test_a_disk_that_fills_all_the_same_loses_nothing_and_is_recovered_from(small_disk: Path, leave: int) -> None:
    """With 25 MiB left a table cannot grow; with 10 the log of Postgres cannot, which then stops altogether."""
    environment = {"SCOUTER_MIN_FREE_BYTES": "0", "SCOUTER_STORE_SECONDS": "2", "DB_ACQUIRE_TIMEOUT_SECONDS": "1"}
    with ServerProcess(small_disk / "server", environment) as server:
        sender = Sender(server.url)
        assert sender.is_stored()
        ballast = fill(small_disk, leave=leave)
        refused: Counter[str] = Counter()
        deadline = time.monotonic() + 60
        while refused.total() < 5 and time.monotonic() < deadline:
            answer = sender.send()
            assert answer.status in (200, 503), answer
            if answer.status == 503:
                refused[answer.body["error"]] += 1
        said = {FULL} if leave > 20 * MIB else {FULL, FULL_FOR_THE_SPOOL}  # it is on the same disk
        assert sum(refused[each] for each in said) >= 1, refused
        ballast.unlink()
        eventually(sender.is_stored, seconds=30)
        eventually(lambda: probe(server.url).status == 200)
        stored = stored_in(server)
        assert len(stored) == len(set(stored))
        assert set(sender.acknowledged) <= set(stored)


def test_the_sentence_is_the_same_when_the_database_has_stopped_for_want_of_room(small_disk: Path) -> None:
    environment = {"SCOUTER_MIN_FREE_BYTES": str(100 * MIB), "DB_ACQUIRE_TIMEOUT_SECONDS": "1"}
    with ServerProcess(small_disk / "server", environment) as server:
        sender = Sender(server.url)
        ballast = fill(small_disk, leave=0)
        (postmaster,) = children_of(server.pid)
        os.kill(postmaster, signal.SIGKILL)
        eventually(lambda: "it did not start" in server.log, seconds=20)
        for path in ("/scouter/auth/login", "/scouter/message"):
            answer = sender.send() if path.endswith("message") else HttpClient(server.url, "ana").get(path)
            assert (answer.status, answer.body["error"]) == (503, FULL), path
        ballast.unlink()
        eventually(sender.is_stored, seconds=30)
        assert set(sender.acknowledged) <= set(stored_in(server))


def test_a_mark_above_what_is_free_is_said_from_the_start(tmp_path: Path) -> None:
    with ServerProcess(tmp_path, {"SCOUTER_MIN_FREE_BYTES": str(2**50)}) as server:
        assert probe(server.url).status == 503
        assert probe(server.url, "/livez").status == 200
        answer = Sender(server.url, rows=1).send()
        assert (answer.status, answer.body["error"]) == (503, FULL)
