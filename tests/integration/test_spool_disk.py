"""The disk of the spool is full: nothing that was acknowledged is lost, the server starts, and goes on by itself."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conditions import eventually, probe
from tests.http_client import Answer, HttpClient
from tests.integration.away import Away
from tests.metrics_page import sample, samples_at
from tests.small_disk import NoSmallDisk, fill, free_bytes, small_disk

MIB = 2**20
FULL = "the database is away and the disk of the spool is full; this message was not stored"


class SmallSpool:
    """A server whose spool is on a disk of its own of 11 MiB."""

    def __init__(self, away: Away, disk: Path) -> None:
        self.away = away
        self.disk = disk
        self.acknowledged: list[float] = []

    def send(self) -> Answer:
        values = [random.random() for _ in range(3000)]
        answer = self.away.send(*values)
        if answer.status == 200:
            self.acknowledged += values
        return answer

    def send_until_refused(self) -> Answer:
        for _ in range(5000):
            answer = self.send()
            if answer.status != 200:
                return answer
        raise AssertionError("it never fills")

    def is_all_stored(self) -> bool:
        return self.away.values() == sorted(self.acknowledged)

    def part(self, name: str) -> bool:
        return bool(probe(self.away.server.url).body["parts"][name]["ok"])

    def metric(self, name: str, **labels: str) -> float:
        return sample(samples_at(f"http://127.0.0.1:{self.away.server.port + 1}"), name, **labels)

    def restart(self) -> None:
        assert self.away.server.stop() == 0
        self.away.server.start()
        self.away.client = HttpClient(self.away.server.url).login()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[SmallSpool]:
    with ExitStack() as ends:
        try:
            disk = ends.enter_context(small_disk(tmp_path / "disk", 11 * MIB))
        except NoSmallDisk as problem:
            pytest.skip(f"no file system of our own: {problem}")
        away = Away(tmp_path, SCOUTER_SPOOL_DIR=str(disk / "spool"))
        ends.callback(away.close)
        yield SmallSpool(away, disk)


def test_a_disk_that_was_full_once_is_given_back_and_filled_again(small: SmallSpool) -> None:
    assert small.send().status == 200
    for _ in range(2):
        with small.away.freeze():
            answer = small.send_until_refused()
            assert (answer.status, answer.body["code"], answer.body["error"]) == (503, "DISK_FULL", FULL)
            assert "SCOUTER_SPOOL_DIR" in answer.body["suggested_action"]
            assert int(answer.headers["Retry-After"]) > 0
            assert not small.part("spool")
            assert probe(small.away.server.url).status == 503
        eventually(small.is_all_stored, seconds=30)
        eventually(lambda: small.part("spool") and small.part("spool disk"))
        assert free_bytes(small.disk) > 9 * MIB, "it is given back"
    assert small.metric("scouter_thread_failures_total", thread="drainer") == 0
    assert small.metric("scouter_spool_disk_free_bytes") > 9 * MIB
    small.restart()
    assert small.send().body["stored"] == 3000


def test_a_disk_without_a_free_byte_keeps_nobody_from_draining_stopping_and_starting(small: SmallSpool) -> None:
    assert small.send().status == 200
    with small.away.freeze():
        for _ in range(8):
            assert small.send().body["spooled"]
        ballast = fill(small.disk, leave=0)
    eventually(small.is_all_stored, seconds=30)
    assert small.send().body["stored"] == 3000, "Postgres takes it"
    eventually(lambda: not small.part("spool disk"))
    assert probe(small.away.server.url).status == 200, "it is not needed now"
    assert small.metric("scouter_thread_failures_total", thread="drainer") == 0
    fill(small.disk, leave=0)  # what was given back, too
    small.restart()
    assert small.send().body["stored"] == 3000
    assert not small.part("spool disk")
    with small.away.freeze():
        answer = small.send()
        assert (answer.status, answer.body["error"]) == (503, FULL)
        eventually(lambda: not small.part("spool"))
        ballast.unlink()
        eventually(lambda: small.part("spool"))
        assert small.send().body["spooled"]
    eventually(small.is_all_stored, seconds=30)


def test_messages_that_wait_on_a_full_disk_are_stored_after_a_start(small: SmallSpool) -> None:
    assert small.send().status == 200
    small.away.database.stop()
    small.send_until_refused()
    fill(small.disk, leave=0)
    small.away.server.kill()
    small.away.database.start()
    small.away.server.start()
    small.away.client = HttpClient(small.away.server.url).login()
    eventually(small.is_all_stored, seconds=30)
    small.restart()
    total = small.away.ledger()["total"]
    assert (total["spooled"], total["records_stored"]) == (0, len(small.acknowledged))
