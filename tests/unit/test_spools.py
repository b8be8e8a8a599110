"""The directory of spools: one for each process, none for two, and nothing removed that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from scouter.errors import StartRefused
from scouter.ingest.spool.spool_directory import SpoolDirectory
from scouter.ingest.spool.spool_storage import PAGE_BYTES
from scouter.ingest.spool.spooled_message import SpooledMessage
from tests.unit.ingest_process import inbound

MAX_BYTES = 2**20


def test_a_directory_that_cannot_be_made_is_said_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StartRefused, match="SCOUTER_SPOOL_DIR chooses another directory"):
        SpoolDirectory(tmp_path / "file" / "spool", max_bytes=MAX_BYTES)


def test_a_directory_that_cannot_be_written_to_is_said_too(tmp_path: Path) -> None:
    spools = SpoolDirectory(tmp_path, max_bytes=MAX_BYTES)
    tmp_path.rmdir()
    with pytest.raises(StartRefused, match="SCOUTER_SPOOL_DIR chooses another directory"):
        spools.own()


def test_a_spool_belongs_to_one_at_a_time_and_is_found_again(tmp_path: Path) -> None:
    first, second = SpoolDirectory(tmp_path, max_bytes=MAX_BYTES), SpoolDirectory(tmp_path, max_bytes=MAX_BYTES)
    mine, other = first.own(), second.own()
    assert mine.id != other.id
    assert second.orphans() == []
    first.close()
    assert [orphan.id for orphan in second.orphans()] == [mine.id]
    second.close()


def test_a_file_that_is_no_spool_stays_as_it_is(tmp_path: Path) -> None:
    foreign = tmp_path / "00000000-0000-4000-8000-000000000000.sqlite"
    foreign.write_bytes(b"somebody else's" * 1000)
    spools = SpoolDirectory(tmp_path, max_bytes=MAX_BYTES)
    assert spools.own().path != foreign
    spools.close()
    assert foreign.read_bytes() == b"somebody else's" * 1000


def test_a_spool_that_is_damaged_inside_stays_as_it_is(tmp_path: Path) -> None:
    left = SpoolDirectory(tmp_path, max_bytes=MAX_BYTES)
    spool = left.own()
    for number in range(100):
        spool.add([SpooledMessage(inbound(f"m{number}" + "x" * 400))])
    left.close()
    whole = spool.path.read_bytes()
    damaged = whole[: 6 * PAGE_BYTES] + b"\xff" * PAGE_BYTES + whole[7 * PAGE_BYTES :]
    assert len(damaged) == len(whole)
    spool.path.write_bytes(damaged)
    spools = SpoolDirectory(tmp_path, max_bytes=MAX_BYTES)
    assert spools.own().id != spool.id
    assert spools.orphans() == []
    spools.close()
    assert spool.path.read_bytes() == damaged
