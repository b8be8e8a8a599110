"""Counts of what leaves no trace, such as a refused message: written once, and kept on the disk until they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from scouter.errors import PermissionDenied
from tests.unit.conftest import MakeProcess
from tests.unit.ingest_process import IngestProcess
from tests.unit.listed_database import ListedDatabase, Trouble


def refuse(process: IngestProcess, count: int) -> None:
    for _ in range(count):
        with pytest.raises(PermissionDenied):
            process.send("forbidden")


def test_what_is_written_is_not_written_again(process: IngestProcess, listed: ListedDatabase) -> None:
    refuse(process, 2)
    process.drain()
    refuse(process, 1)
    process.drain()
    process.drain()
    assert len(listed.written_deltas) == len(set(listed.written_deltas)) == 2
    assert process.assert_balanced(received=3).refused == 3


@pytest.mark.parametrize("trouble", [Trouble.COMMITTED, Trouble.ROLLED_BACK])
def test_a_write_whose_answer_is_lost_counts_once(
    process: IngestProcess, listed: ListedDatabase, trouble: Trouble
) -> None:
    refuse(process, 2)
    listed.registry_troubles.append(trouble)
    process.drain()
    assert process.drainer.state == "waits for Postgres"
    refuse(process, 1)
    process.drain()
    assert process.assert_balanced(received=3).refused == 3


@pytest.mark.parametrize("trouble", [Trouble.AWAY, Trouble.COMMITTED, Trouble.ROLLED_BACK])
def test_counts_of_a_killed_process_are_adopted_once(
    make_process: MakeProcess, listed: ListedDatabase, tmp_path: Path, trouble: Trouble
) -> None:
    first = make_process()
    refuse(first, 2)
    listed.registry_troubles.append(trouble)
    first.drain()
    second = make_process(first.left_behind(tmp_path / "second"))
    assert second.account().settled.refused == 2
    second.drain()
    assert second.assert_balanced(received=2).refused == 2
    assert second.spool.saved_deltas() == {}
    third = make_process(second.left_behind(tmp_path / "third"))
    third.drain()
    assert third.assert_balanced(received=2).refused == 2


def test_counts_of_a_dead_process_are_its_heirs(
    make_process: MakeProcess, listed: ListedDatabase, tmp_path: Path
) -> None:
    dead = make_process(tmp_path / "dead")
    refuse(dead, 2)
    listed.is_away = True
    dead.drain()
    listed.is_away = False
    heir = make_process(tmp_path / "heir")
    dead.left_behind(tmp_path / "heir")
    heir.drain()
    assert heir.assert_balanced(received=2).refused == 2
    assert {path.stem for path in (tmp_path / "heir").iterdir()} == {str(heir.spool.id)}


def test_a_stop_writes_what_is_left_to_write(process: IngestProcess) -> None:
    refuse(process, 2)
    process.drainer.close()
    assert process.assert_balanced(received=2).refused == 2


def test_a_stop_without_a_database_keeps_it_for_the_next_start(
    make_process: MakeProcess, listed: ListedDatabase, tmp_path: Path
) -> None:
    first = make_process()
    refuse(first, 2)
    listed.is_away = True
    first.drainer.close()
    listed.is_away = False
    second = make_process(first.left_behind(tmp_path / "second"))
    second.drain()
    assert second.assert_balanced(received=2).refused == 2


def test_counts_that_two_spools_have_kept_count_once(
    make_process: MakeProcess, listed: ListedDatabase, tmp_path: Path
) -> None:
    """An heir that is killed before it could write them has them on the disk, too."""
    dead = make_process(tmp_path / "dead")
    refuse(dead, 2)
    listed.is_away = True
    dead.drain()
    listed.is_away = False
    heir = make_process(tmp_path / "heir")
    dead.left_behind(tmp_path / "heir")
    heir.drainer.one_pass()
    refuse(heir, 1)
    listed.is_away = True
    heir.drain()
    listed.is_away = False
    last = make_process(tmp_path / "last")
    heir.left_behind(tmp_path / "last")
    last.drain()
    assert last.assert_balanced(received=3).refused == 3


def test_counts_that_come_between_two_failures_are_kept_too(
    make_process: MakeProcess, listed: ListedDatabase, tmp_path: Path
) -> None:
    """The database answers the probe and is away again: what was kept before is not all there is."""
    first = make_process()
    refuse(first, 1)
    listed.registry_troubles.append(Trouble.AWAY)
    first.drain()
    refuse(first, 2)
    listed.registry_troubles.extend([None, Trouble.AWAY])
    first.drain()
    second = make_process(first.left_behind(tmp_path / "second"))
    second.drain()
    assert second.assert_balanced(received=3).refused == 3
