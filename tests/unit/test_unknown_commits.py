"""Commits of which nobody hears whether they went through: every message is stored and counted once all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from scouter.errors import RefusedByDatabase
from tests.unit.conftest import MakeProcess
from tests.unit.ingest_process import IngestProcess, messages_in
from tests.unit.listed_database import ListedDatabase, Trouble

UNKNOWN = [Trouble.COMMITTED, Trouble.ROLLED_BACK]


@pytest.mark.parametrize("trouble", UNKNOWN)
def test_a_try_again_in_time_stores_once_and_tells_so(
    make_process: MakeProcess, listed: ListedDatabase, trouble: Trouble
) -> None:
    process = make_process(store_seconds=10)
    listed.store_troubles.append(trouble)
    sent = process.send("m0", "m1 x3")
    process.start()
    assert [each.wait().records for each in sent] == [1, 3]
    assert listed.tries == 2
    assert listed.contents.messages == [b"m0", b"m1 x3"]
    settled = process.assert_balanced(received=2)
    assert (settled.stored, settled.records_stored) == (2, 4)


@pytest.mark.parametrize("trouble", UNKNOWN)
def test_a_batch_that_is_spooled_under_its_id_is_stored_once(
    make_process: MakeProcess, listed: ListedDatabase, trouble: Trouble
) -> None:
    process = make_process(store_seconds=0.0)
    listed.store_troubles.append(trouble)
    sent = process.send("m0", "m1 x3")
    process.start()
    assert all(each.wait().is_spooled for each in sent)
    assert process.spooled() == ["m0", "m1 x3"]
    process.drain()
    assert listed.contents.messages == [b"m0", b"m1 x3"]
    assert process.spooled() == []
    settled = process.assert_balanced(received=2)
    assert (settled.stored, settled.records_stored) == (2, 4)


def test_the_spool_remembers_what_a_commit_would_have_made_of_each_message(
    make_process: MakeProcess, listed: ListedDatabase
) -> None:
    """The database refused a message in the commit that went through: what it would say now counts for nothing."""
    process = make_process(store_seconds=0.0)
    listed.refused = {b"m1"}
    listed.store_troubles.append(Trouble.COMMITTED)
    sent = process.send("m0", "m1", "bad m2")
    process.start()
    assert [each.wait().is_spooled for each in sent[:2]] == [True, True]
    outcomes = [each.outcome for each in messages_in(process.spool)]
    assert [outcome and (outcome.totals.stored, outcome.totals.quarantined) for outcome in outcomes] == [
        *((1, 0), (0, 1), (0, 1))
    ]
    listed.refused = set()
    process.drain()
    assert listed.contents.messages == [b"m0"]
    assert sorted(raw for _, raw in listed.contents.quarantine.values()) == [b"bad m2", b"m1"]
    settled = process.assert_balanced(received=3)
    assert (settled.stored, settled.quarantined) == (1, 2)


def test_the_next_try_asks_the_database_again_when_nothing_was_committed(
    make_process: MakeProcess, listed: ListedDatabase
) -> None:
    process = make_process(store_seconds=10)
    listed.store_troubles.append(Trouble.ROLLED_BACK)
    listed.refused = {b"m0"}
    sent = process.send("m0", "m1")
    process.start()
    with pytest.raises(RefusedByDatabase):
        sent[0].wait()
    assert sent[1].wait().records == 1
    settled = process.assert_balanced(received=2)
    assert (settled.stored, settled.quarantined) == (1, 1)


@pytest.mark.parametrize("trouble", UNKNOWN)
def test_the_next_process_finds_out_what_became_of_a_spooled_batch(
    make_process: MakeProcess, listed: ListedDatabase, tmp_path: Path, trouble: Trouble
) -> None:
    process = make_process(store_seconds=0.0)
    listed.store_troubles.append(trouble)
    sent = process.send("m0", "m1")
    process.start()
    assert all(each.wait().is_spooled for each in sent)
    following = make_process(process.left_behind(tmp_path / "next"))
    assert following.spool.id == process.spool.id
    was_stored = trouble is Trouble.COMMITTED
    assert following.spooled() == ([] if was_stored else ["m0", "m1"])
    following.assert_balanced(received=2, spooled=0 if was_stored else 2)
    following.drain()
    assert listed.contents.messages == [b"m0", b"m1"]
    assert following.assert_balanced(received=2).stored == 2


@pytest.mark.parametrize("trouble", UNKNOWN)
def test_the_drainer_looks_where_its_commit_has_left_the_spool(
    process: IngestProcess, listed: ListedDatabase, trouble: Trouble
) -> None:
    process.breaker.trip("away")
    sent = process.send("m0 x3", "bad m1", "m2")
    process.start()
    assert sent[0].wait().is_spooled
    listed.store_troubles.append(trouble)
    process.drain()
    assert process.drainer.state == "waits for Postgres"
    process.drain()
    assert process.drainer.state == "idle"
    assert listed.contents.messages == [b"m0 x3", b"m2"]
    assert process.spool.is_empty()
    settled = process.assert_balanced(received=3)
    assert (settled.stored, settled.quarantined, settled.records_stored) == (2, 1, 4)


def test_a_commit_that_goes_through_while_the_next_try_waits_for_its_locks_is_counted(
    process: IngestProcess, listed: ListedDatabase
) -> None:
    """The server had not heard that its client had given up."""
    process.breaker.trip("away")
    sent = process.send("m0 x3", "bad m1", "m2")
    process.start()
    assert sent[0].wait().is_spooled
    listed.store_troubles.append(Trouble.LATE)
    process.drain()
    assert listed.contents.messages == []
    process.drain()
    assert listed.contents.messages == [b"m0 x3", b"m2"]
    assert len(listed.contents.quarantine) == 1
    assert process.spool.is_empty()
    settled = process.assert_balanced(received=3)
    assert (settled.stored, settled.quarantined, settled.records_stored) == (2, 1, 4)


def test_what_comes_meanwhile_does_not_change_what_is_tried_again(
    process: IngestProcess, listed: ListedDatabase
) -> None:
    process.breaker.trip("away")
    process.start()
    (first,) = process.send("m0")
    assert first.wait().is_spooled
    listed.store_troubles.append(Trouble.LATE)
    process.drain()
    (second,) = process.send("m1")
    assert second.wait().is_spooled
    process.drain()
    assert listed.contents.batches == [[b"m0"], [b"m1"]]
    assert process.assert_balanced(received=2).stored == 2
