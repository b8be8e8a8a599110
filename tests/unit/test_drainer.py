"""The drainer: what waits on the disk is stored once and in order, whoever was killed in the middle of it."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from scouter.ingest.spool import drainer
from scouter.ingest.spool.spool_directory import SpoolDirectory
from scouter.ingest.spool.spooled_message import SpooledMessage
from scouter.wire.quarantine import Reason
from tests.conditions import eventually
from tests.unit.conftest import MakeProcess
from tests.unit.ingest_process import PATIENCE_SECONDS, inbound
from tests.unit.listed_database import ListedDatabase, Trouble

ROOT = Path(__file__).parents[2]
THREE_BATCHES = [["a0", "a1"], ["b0", "b1", "b2"], ["c0"]]
ALL_TEXTS = [text for batch in THREE_BATCHES for text in batch]
LONG_AGO = timedelta(days=3)  # receipts are kept for two


def as_sent(texts: list[str]) -> list[bytes]:
    return [text.encode() for text in texts]


def leave(directory: Path, *batches: list[str], under_ids: bool = True) -> UUID:
    """A spool as a dead process leaves it, with batches whose commits did not go through. Its id."""
    ids = [uuid4() if under_ids else None for _ in batches]
    return leave_messages(
        directory,
        [SpooledMessage(inbound(text), batch=each) for each, batch in zip(ids, batches, strict=True) for text in batch],
    )


def leave_messages(directory: Path, messages: list[SpooledMessage]) -> UUID:
    spools = SpoolDirectory(directory, max_bytes=2**20)
    spool = spools.own()
    spool.add(messages)
    spools.close()
    return spool.id


@pytest.mark.parametrize("under_ids", [True, False])
def test_batches_that_a_dead_process_has_left_are_stored_in_order(
    make_process: MakeProcess, listed: ListedDatabase, tmp_path: Path, under_ids: bool
) -> None:
    spool_id = leave(tmp_path, *THREE_BATCHES, under_ids=under_ids)
    process = make_process(tmp_path)
    assert process.spool.id == spool_id
    process.assert_balanced(received=6, spooled=6)
    process.drain()
    assert listed.contents.batches == [as_sent(each) for each in (THREE_BATCHES if under_ids else [ALL_TEXTS])]
    assert process.spool.is_empty()
    assert process.assert_balanced(received=6).stored == 6


@pytest.mark.parametrize("drained", [0, 1, 2, 3])
def test_a_kill_between_the_commit_and_the_removal_loses_nothing_and_stores_nothing_twice(
    make_process: MakeProcess, listed: ListedDatabase, tmp_path: Path, drained: int
) -> None:
    """The position has moved in the database; the messages before it are in the file still."""
    leave(tmp_path / "first", *THREE_BATCHES)
    first = make_process(tmp_path / "first")
    image = first.left_behind(tmp_path / "second")
    for _ in range(drained):
        first.drainer.one_pass()
    assert listed.contents.batches == [as_sent(each) for each in THREE_BATCHES[:drained]]
    second = make_process(image)
    assert second.spool.id == first.spool.id
    stored = sum(map(len, THREE_BATCHES[:drained]))
    second.assert_balanced(received=6, spooled=6 - stored)
    second.drain()
    assert listed.contents.messages == as_sent(ALL_TEXTS)
    assert second.assert_balanced(received=6).stored == 6


def test_a_kill_in_the_middle_of_a_spool_without_ids_goes_on_in_the_middle(
    make_process: MakeProcess, listed: ListedDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drainer, "_CHUNK_BYTES", 6)  # three of these messages
    texts = [f"m{number}" for number in range(8)]
    leave(tmp_path / "first", texts, under_ids=False)
    first = make_process(tmp_path / "first")
    image = first.left_behind(tmp_path / "second")
    first.drainer.one_pass()
    second = make_process(image)
    second.drain()
    assert [len(batch) for batch in listed.contents.batches] == [3, 3, 2]
    assert listed.contents.messages == as_sent(texts)
    assert second.assert_balanced(received=8).stored == 8


def test_messages_that_come_while_a_spool_is_drained_come_after_those_in_it(
    make_process: MakeProcess, listed: ListedDatabase, tmp_path: Path
) -> None:
    leave(tmp_path, *THREE_BATCHES)
    process = make_process(tmp_path).start()
    process.drainer.one_pass()
    process.breaker.trip("away for a moment")
    (late,) = process.send("d0")
    assert late.wait().is_spooled
    process.drain()
    assert listed.contents.messages == as_sent([*ALL_TEXTS, "d0"])
    assert process.assert_balanced(received=7).stored == 7


def test_while_the_database_is_away_a_pass_is_a_probe(
    make_process: MakeProcess, listed: ListedDatabase, tmp_path: Path
) -> None:
    leave(tmp_path, *THREE_BATCHES)
    process = make_process(tmp_path)
    listed.is_away = True
    process.drain()
    assert process.drainer.state == "waits for Postgres"
    assert process.breaker.openings == 1
    tries = listed.tries
    process.drain()
    assert listed.tries == tries, "nobody tries to store anything"
    listed.is_away = False
    process.drain()
    assert not process.breaker.is_open
    assert listed.contents.messages == as_sent(ALL_TEXTS)


def test_what_waits_is_reported_for_servers_that_cannot_look_into_the_spool(
    make_process: MakeProcess, listed: ListedDatabase, tmp_path: Path
) -> None:
    leave(tmp_path, *THREE_BATCHES)
    process = make_process(tmp_path)
    process.drainer.one_pass()
    assert listed.contents.waiting == {process.spool.id: {"http": 6}}
    process.drain()
    assert listed.contents.waiting == {process.spool.id: {"http": 0}}


def test_the_spools_of_dead_processes_are_taken_over_and_removed(
    make_process: MakeProcess, listed: ListedDatabase, tmp_path: Path
) -> None:
    living = make_process(tmp_path)
    dead = [leave(tmp_path, batch) for batch in THREE_BATCHES[:1]]
    assert dead != [living.spool.id]
    living.drainer.one_pass()
    assert [file.id for file in living.drainer.held] == [living.spool.id, *dead]
    living.assert_balanced(received=2, spooled=2)
    living.drain()
    assert listed.contents.messages == as_sent(THREE_BATCHES[0])
    assert {path.stem for path in tmp_path.iterdir()} == {str(living.spool.id)}
    assert living.assert_balanced(received=2).stored == 2


@pytest.mark.parametrize("trouble", [Trouble.AWAY, Trouble.COMMITTED])
def test_a_spool_that_could_not_be_taken_over_is_taken_over_when_the_database_is_back(
    make_process: MakeProcess, listed: ListedDatabase, tmp_path: Path, trouble: Trouble
) -> None:
    living = make_process(tmp_path / "living")
    for name in ("one", "other"):
        leave(tmp_path / name, [f"m of {name}"], under_ids=False)
        shutil.copytree(tmp_path / name, tmp_path / "living", dirs_exist_ok=True)
    listed.registry_troubles.append(trouble)
    living.drain()
    assert living.drainer.state == "waits for Postgres"
    living.drain()
    assert sorted(listed.contents.messages) == [b"m of one", b"m of other"]
    assert {path.stem for path in living.directory.iterdir()} == {str(living.spool.id)}
    assert living.assert_balanced(received=2).stored == 2


def test_the_spool_of_a_living_process_is_its_own(
    make_process: MakeProcess, listed: ListedDatabase, tmp_path: Path
) -> None:
    first, second = make_process(tmp_path), make_process(tmp_path)
    assert first.spool.id != second.spool.id
    second.breaker.trip("away")
    (sent,) = second.start().send("m0")
    assert sent.wait().is_spooled
    first.drain()
    assert first.drainer.held == [first.spool]
    assert second.spooled() == ["m0"]


def test_messages_that_another_process_has_stored_are_left_to_its_books(
    make_process: MakeProcess, listed: ListedDatabase, tmp_path: Path
) -> None:
    """The claim on a position finds it moved, and nothing is stored."""
    leave(tmp_path, *THREE_BATCHES)
    process = make_process(tmp_path)
    listed.contents.positions[process.spool.id] = 3
    process.drain()
    assert listed.contents.batches == [as_sent(each) for each in THREE_BATCHES[1:]]
    assert process.spool.is_empty()
    assert process.assert_balanced(received=4).stored == 4


def test_a_batch_older_than_the_receipts_goes_to_quarantine(
    make_process: MakeProcess, listed: ListedDatabase, tmp_path: Path
) -> None:
    """Nobody can say any more whether its commit went through."""
    old = datetime.now(UTC) - LONG_AGO
    in_a_commit = SpooledMessage(inbound("m0", received_at=old), batch=uuid4())
    in_none = SpooledMessage(inbound("m1", received_at=old))
    leave_messages(tmp_path, [in_a_commit, in_none])
    process = make_process(tmp_path)
    process.drain()
    assert list(listed.contents.quarantine.values()) == [(Reason.OUTCOME_UNKNOWN, b"m0")]
    assert listed.contents.messages == [b"m1"]
    settled = process.assert_balanced(received=2)
    assert (settled.stored, settled.quarantined) == (1, 1)


def test_a_batch_is_as_old_as_the_clock_that_is_believed_says(
    make_process: MakeProcess, listed: ListedDatabase, tmp_path: Path
) -> None:
    """That one was right when it was spooled, and is a day ahead by now; receipts are deleted by the other."""
    received_at = datetime.now(UTC) - timedelta(days=1, hours=1)
    listed.settled_time = received_at + timedelta(hours=1)
    leave_messages(tmp_path, [SpooledMessage(inbound("m0", received_at=received_at), batch=uuid4())])
    process = make_process(tmp_path)
    process.drain()
    assert listed.contents.messages == [b"m0"]
    assert process.assert_balanced(received=1).stored == 1


def test_one_bad_message_does_not_keep_the_others_in_the_spool(
    make_process: MakeProcess, listed: ListedDatabase, tmp_path: Path
) -> None:
    leave(tmp_path, ["m0", "bad m1", "bug m2", "forbidden m3", "empty m4", "m5"], under_ids=False)
    process = make_process(tmp_path)
    process.drain()
    assert [each for each in listed.contents.messages if each[:1] == b"m"] == [b"m0", b"m5"]
    reasons = sorted(reason for reason, _ in listed.contents.quarantine.values())
    assert reasons == sorted([Reason.INVALID, Reason.FAILED, Reason.PERMISSION_DENIED])
    settled = process.assert_balanced(received=6)
    assert (settled.stored, settled.quarantined, settled.empty) == (2, 3, 1)


def test_the_thread_drains_and_ends_when_it_is_told_to(
    make_process: MakeProcess, listed: ListedDatabase, tmp_path: Path
) -> None:
    leave(tmp_path, *THREE_BATCHES)
    process = make_process(tmp_path)
    process.drainer.thread.start()
    eventually(lambda: listed.contents.messages == as_sent(ALL_TEXTS), seconds=PATIENCE_SECONDS)
    process.drainer.thread.request_stop()
    assert process.drainer.thread.join(time.monotonic() + PATIENCE_SECONDS)


_KILLED = """
import os, signal, sys
from pathlib import Path
from scouter.ingest.spool.spool_directory import SpoolDirectory
from scouter.ingest.spool.spooled_message import SpooledMessage
from tests.unit.ingest_process import inbound

spool = SpoolDirectory(Path(sys.argv[1]), max_bytes=2**20).own()
for number in range(20):
    spool.add([SpooledMessage(inbound(f"m{number}"))])
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_process_has_spooled_survives_its_kill(
    make_process: MakeProcess, listed: ListedDatabase, tmp_path: Path
) -> None:
    ended = subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path)], cwd=ROOT, timeout=60, check=False)
    assert ended.returncode == -signal.SIGKILL
    process = make_process(tmp_path)
    process.drain()
    assert listed.contents.messages == [f"m{number}".encode() for number in range(20)]
    assert process.assert_balanced(received=20).stored == 20
