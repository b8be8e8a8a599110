"""What the writer does with messages that the database does not take in time: they are kept, whole and in order."""

from __future__ import annotations

import psycopg
import pytest

from scouter.errors import DatabaseAway, DiskFull, InvalidInput, SpoolFull
from tests.unit.conftest import MakeProcess
from tests.unit.ingest_process import IngestProcess, messages_in
from tests.unit.listed_database import ListedDatabase, Trouble


def test_a_database_that_is_back_in_time_is_not_noticed(make_process: MakeProcess, listed: ListedDatabase) -> None:
    process = make_process(store_seconds=10)
    listed.store_troubles.extend([Trouble.AWAY, Trouble.AWAY])
    sent = process.send("m0", "m1")
    process.start()
    assert [each.wait().is_spooled for each in sent] == [False, False]
    assert listed.contents.batches == [[b"m0", b"m1"]]
    assert listed.tries == 3
    assert not process.breaker.is_open


def test_a_batch_that_cannot_be_stored_in_time_is_spooled_whole_under_its_id(
    process: IngestProcess, listed: ListedDatabase
) -> None:
    listed.is_away = True
    sent = process.send("m0", "m1 x3", "m2")
    process.start()
    assert all(each.wait().is_spooled for each in sent)
    assert process.spooled() == ["m0", "m1 x3", "m2"]
    batches = {message.batch for message in messages_in(process.spool)}
    assert len(batches) == 1 and None not in batches
    assert listed.tries > 1, "it was tried for as long as it may take"
    assert process.breaker.is_open
    assert process.account().spooled == 3
    process.assert_balanced(received=3, spooled=3)


def test_while_the_breaker_is_open_messages_go_straight_to_the_spool(
    process: IngestProcess, listed: ListedDatabase
) -> None:
    process.breaker.trip("away")
    sent = process.send("m0", "m1")
    process.start()
    assert all(each.wait().is_spooled for each in sent)
    assert listed.tries == 0
    assert [(each.batch, each.outcome) for each in messages_in(process.spool)] == [(None, None)] * 2


@pytest.mark.parametrize("problem", [DatabaseAway(), psycopg.OperationalError("away")])
def test_a_message_that_nobody_could_validate_is_spooled_without_a_result(
    process: IngestProcess, listed: ListedDatabase, problem: Exception
) -> None:
    (validated,) = process.send("m0")
    process.validator.problem = problem
    (unvalidated,) = process.send("m1")
    process.start()
    assert (validated.wait().is_spooled, unvalidated.wait().is_spooled) == (False, True)
    assert listed.contents.messages == [b"m0"]
    (kept,) = messages_in(process.spool)
    assert (kept.inbound, kept.rejected, kept.batch) == (unvalidated.inbound, None, None)
    process.validator.problem = None
    process.drain()
    assert listed.contents.messages == [b"m0", b"m1"]
    assert process.assert_balanced(received=2).stored == 2


@pytest.mark.parametrize("is_open", [False, True])
def test_a_rejected_message_keeps_its_id_of_quarantine_through_the_spool(
    process: IngestProcess, listed: ListedDatabase, is_open: bool
) -> None:
    listed.is_away = True
    if is_open:
        process.breaker.trip("away")
    bad, good = process.send("bad m0", "m1")
    process.start()
    with pytest.raises(InvalidInput) as told:
        bad.wait()
    assert good.wait().is_spooled
    listed.is_away = False
    process.drain()
    assert [(each, raw) for each, (_, raw) in listed.contents.quarantine.items()] == [
        (told.value.quarantine_id, b"bad m0")
    ]
    settled = process.assert_balanced(received=2)
    assert (settled.stored, settled.quarantined) == (1, 1)


def test_a_spool_keeps_messages_of_many_batches_in_the_order_in_which_they_came(
    make_process: MakeProcess, listed: ListedDatabase
) -> None:
    process = make_process(batch_rows=2)
    texts = [f"m{number}" for number in range(9)]
    listed.is_away = True
    sent = process.send(*texts)
    process.start()
    assert all(each.wait().is_spooled for each in sent)
    assert process.spooled() == texts
    listed.is_away = False
    process.drain()
    assert listed.contents.messages == [text.encode() for text in texts]
    assert process.spool.is_empty()
    assert process.assert_balanced(received=9).stored == 9


def test_a_full_spool_refuses_what_it_cannot_keep_and_takes_it_again_when_it_is_drained(
    make_process: MakeProcess, listed: ListedDatabase
) -> None:
    process = make_process(max_bytes=2**17, batch_rows=1).start()
    listed.is_away = True
    kept = 0
    with pytest.raises(SpoolFull):
        while True:
            (sent,) = process.send("m" + "".join(f"{number:x}" for number in range(2000)))
            kept += sent.wait().is_spooled
    assert kept > 3
    process.drain()
    assert (process.account().settled.refused, process.account().spooled) == (1, kept)
    listed.is_away = False
    process.drain()
    assert not process.spool.is_full, "health looks at it"
    (after,) = process.send("m")
    assert after.wait().records == 1
    settled = process.assert_balanced(received=kept + 2)
    assert (settled.stored, settled.refused) == (kept + 1, 1)


def test_a_full_disk_of_the_database_and_a_full_spool_are_told_as_a_full_disk(
    make_process: MakeProcess, listed: ListedDatabase
) -> None:
    process = make_process(max_bytes=2**16, store_seconds=0.0).start()
    listed.store_troubles.append(Trouble.DISK_FULL)
    (sent,) = process.send("m" + "".join(f"{number:x}" for number in range(100_000)))
    with pytest.raises(DiskFull):
        sent.wait()
    assert process.account().settled.refused == 1
