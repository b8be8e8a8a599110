"""A spool on a disk without room: only `add` fails, and what is drained counts no more whatever can be removed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from scouter.errors import SpoolDiskFull, SpoolFull
from scouter.ingest.spool.spool_directory import SpoolDirectory
from scouter.ingest.spool.spool_disk import RESERVE_BYTES
from scouter.ingest.spool.spool_file import SpoolFile
from scouter.ingest.spool.spooled_message import SpooledMessage
from tests.small_disk import NoSmallDisk, fill, free_bytes, small_disk
from tests.unit.conftest import MakeProcess
from tests.unit.ingest_process import IngestProcess, inbound
from tests.unit.listed_database import ListedDatabase, Trouble

PLENTY = 2**40
CLUTTERED = "nothing can be removed from the spool"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    try:
        with small_disk(tmp_path / "disk", 2 * 2**20) as place:
            yield place
    except NoSmallDisk as problem:
        pytest.skip(f"no file system of our own: {problem}")


@pytest.fixture
def full(disk: Path, make_process: MakeProcess, listed: ListedDatabase) -> IngestProcess:
    """A process whose spool holds three messages, on a disk without a free byte."""
    process = make_process(disk / "spool", reserve=0, max_bytes=PLENTY)
    process.breaker.trip("away")
    process.start()
    assert all(each.wait().is_spooled for each in process.send("m0", "m1", "m2"))
    fill(disk, leave=0)
    return process


def large() -> str:
    """A message that does not get smaller."""
    return "m" + random.randbytes(50_000).hex()


def is_full(spool: SpoolFile) -> bool:
    return spool.is_full


def test_only_adding_fails(full: IngestProcess) -> None:
    (sent,) = full.send(large())
    with pytest.raises(SpoolDiskFull, match="the disk of the spool is full"):
        sent.wait()
    assert is_full(full.spool)
    assert full.spooled() == ["m0", "m1", "m2"]
    full.spool.save_deltas({})
    full.spool.remove_before(2)
    assert full.spooled() == ["m1", "m2"]
    assert full.spool.waiting() == {"http": 2}


def test_what_is_drained_is_given_back_and_the_numbers_go_on(
    full: IngestProcess, disk: Path, listed: ListedDatabase, make_process: MakeProcess, tmp_path: Path
) -> None:
    """Whoever began at 1 again would lose what lies before the position that Postgres knows."""
    with pytest.raises(SpoolDiskFull):
        for _ in range(100):
            full.send(large())[0].wait()
    full.drain()
    full.drain()
    assert listed.contents.messages[:3] == [b"m0", b"m1", b"m2"]
    kept = len(listed.contents.messages)
    assert full.spool.is_empty() and full.spool.size() < 200_000
    full.breaker.trip("away again")
    (sent,) = full.send("after")
    assert sent.wait().is_spooled
    assert [entry.number for entry in full.spool.head(0, 1000)] == [kept + 1]
    heir = make_process(full.left_behind(tmp_path / "heir"))
    heir.drain()
    assert listed.contents.messages[kept:] == [b"after"]
    assert heir.assert_balanced(received=kept + 2).stored == kept + 1


def test_messages_that_could_not_be_removed_are_stored_by_nobody_again(
    full: IngestProcess,
    listed: ListedDatabase,
    make_process: MakeProcess,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    full.drainer.one_pass()  # closes the breaker and stores
    assert CLUTTERED in caplog.text
    assert listed.contents.messages == [b"m0", b"m1", b"m2"]
    assert full.spool.is_empty()
    heir = make_process(full.left_behind(tmp_path / "heir"))
    assert heir.spool.id == full.spool.id
    heir.drain()
    assert listed.contents.messages == [b"m0", b"m1", b"m2"]
    assert heir.assert_balanced(received=3).stored == 3


def test_batches_that_were_committed_after_all_are_not_stored_again(
    disk: Path, listed: ListedDatabase, make_process: MakeProcess, caplog: pytest.LogCaptureFixture
) -> None:
    first = make_process(disk / "spool", reserve=0, max_bytes=PLENTY, store_seconds=0.0).start()
    listed.store_troubles.append(Trouble.COMMITTED)
    (unsure,) = first.send("m0")
    assert unsure.wait().is_spooled
    first.breaker.trip("away")
    assert first.send("m1")[0].wait().is_spooled
    first.stop_writer()
    first.spool_directory.close()
    fill(disk, leave=2**15)  # enough to open it, and no more
    second = make_process(disk / "spool", reserve=0, max_bytes=PLENTY)
    assert second.spool.id == first.spool.id
    assert CLUTTERED in caplog.text
    second.assert_balanced(received=2, spooled=1)
    second.drain()
    assert listed.contents.messages == [b"m0", b"m1"]
    assert second.assert_balanced(received=2).stored == 2


def test_a_process_without_room_for_a_spool_starts_and_makes_it_later(
    disk: Path, listed: ListedDatabase, make_process: MakeProcess
) -> None:
    (disk / "spool").mkdir()
    ballast = fill(disk, leave=0)
    process = make_process(disk / "spool", reserve=0).start()
    assert is_full(process.spool)
    assert process.send("m0")[0].wait().records == 1, "the database takes it"
    process.breaker.trip("away")
    with pytest.raises(SpoolDiskFull):
        process.send("m1")[0].wait()
    ballast.unlink()
    process.spool.try_again()
    assert not is_full(process.spool)
    assert process.send("m2")[0].wait().is_spooled
    process.drain()
    assert listed.contents.messages == [b"m0", b"m2"]
    assert process.assert_balanced(received=3).refused == 1


def test_a_reserve_is_left_to_those_who_give_room_back(tmp_path: Path) -> None:
    try:
        with small_disk(tmp_path / "disk", RESERVE_BYTES + 2**20) as disk:
            spools = SpoolDirectory(disk / "spool", max_bytes=PLENTY)
            spool = spools.own()
            with pytest.raises(SpoolDiskFull):
                for _ in range(1000):
                    spool.add([SpooledMessage(inbound(large()))])
            assert free_bytes(disk) > RESERVE_BYTES - 2**20
            spools.close()
    except NoSmallDisk as problem:
        pytest.skip(f"no file system of our own: {problem}")


def test_a_spool_at_its_own_limit_says_so_whatever_the_disk_has(tmp_path: Path) -> None:
    spools = SpoolDirectory(tmp_path, max_bytes=2**20)
    spool = spools.own()
    with pytest.raises(SpoolFull, match="and the spool is full"):
        for _ in range(1000):
            spool.add([SpooledMessage(inbound(large()))])
    spool.try_again()
    assert is_full(spool), "one of that size has no room yet"
    spool.remove_before(1000)
    spool.try_again()
    assert not is_full(spool)
    spools.close()


def test_a_spool_that_cannot_be_opened_now_is_taken_over_when_it_can(tmp_path: Path) -> None:
    left = SpoolDirectory(tmp_path / "left", max_bytes=2**20)
    spool = left.own()
    spool.add([SpooledMessage(inbound("m0"))])
    left.close()
    place = tmp_path / "spool" / spool.path.name
    place.mkdir(parents=True)  # nothing that SQLite opens
    spools = SpoolDirectory(tmp_path / "spool", max_bytes=2**20)
    assert spools.own().id != spool.id
    assert spools.orphans() == []
    place.rmdir()
    spool.path.rename(place)
    assert [orphan.id for orphan in spools.orphans()] == [spool.id]
    spools.close()
