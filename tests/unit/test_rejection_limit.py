"""The limit on what the database refuses in a row: then the fault is ours, and messages stay where they are."""

from __future__ import annotations

import pytest

from scouter.ingest.storage.rejection_limit import RejectionLimit, TooManyRejections
from tests.unit.conftest import MakeProcess
from tests.unit.listed_database import ListedDatabase


def test_so_many_in_a_row_are_bad_messages_and_one_more_is_a_fault() -> None:
    limit = RejectionLimit(3)
    limit.count(rejected=2, stored=0)
    limit.count(rejected=1, stored=0)
    assert not limit.is_stopped
    with pytest.raises(TooManyRejections):
        limit.count(rejected=1, stored=0)
    assert limit.is_stopped


def test_a_good_message_begins_a_new_row() -> None:
    limit = RejectionLimit(3)
    limit.count(rejected=3, stored=0)
    limit.count(rejected=5, stored=1)
    limit.count(rejected=3, stored=0)
    assert not limit.is_stopped


def test_nothing_rejected_and_nothing_stored_says_nothing() -> None:
    limit = RejectionLimit(3)
    limit.count(rejected=3, stored=0)
    limit.count(rejected=0, stored=0)
    with pytest.raises(TooManyRejections):
        limit.count(rejected=1, stored=0)


def test_a_good_message_ends_the_stop() -> None:
    limit = RejectionLimit(1)
    with pytest.raises(TooManyRejections):
        limit.count(rejected=2, stored=0)
    limit.count(rejected=0, stored=1)
    assert not limit.is_stopped


def test_an_admin_who_says_that_they_are_bad_is_believed_until_something_is_stored() -> None:
    limit = RejectionLimit(1)
    with pytest.raises(TooManyRejections):
        limit.count(rejected=2, stored=0)
    limit.resume()
    limit.count(rejected=100, stored=0)
    assert not limit.is_stopped
    limit.count(rejected=0, stored=1)
    with pytest.raises(TooManyRejections):
        limit.count(rejected=2, stored=0)


def test_beyond_the_limit_messages_wait_in_the_spool_until_an_admin_has_looked(
    make_process: MakeProcess, listed: ListedDatabase
) -> None:
    process = make_process(batch_rows=1, max_rejections=2)
    texts = [f"m{number}" for number in range(5)]
    listed.refused = {text.encode() for text in texts}
    sent = process.send(*texts)
    process.start()
    process.stop_writer()
    assert all(each.is_finished for each in sent)
    assert [raw for _, raw in listed.contents.quarantine.values()] == [b"m0", b"m1"]
    assert process.spooled() == ["m2", "m3", "m4"]
    assert not process.breaker.is_open, "the database works"
    process.assert_balanced(received=5, spooled=3)
    process.drain()
    assert process.drainer.state == "stopped: Postgres refuses everything"
    tries = listed.tries
    process.drain()
    assert listed.tries == tries, "not again at once"
    assert process.spooled() == ["m2", "m3", "m4"]
    process.rejection_limit.resume()
    process.drain()
    assert sorted(raw for _, raw in listed.contents.quarantine.values()) == sorted(listed.refused)
    assert process.assert_balanced(received=5).quarantined == 5


def test_a_message_that_the_database_takes_sets_the_others_free(
    make_process: MakeProcess, listed: ListedDatabase
) -> None:
    process = make_process(batch_rows=1, max_rejections=1).start()
    listed.refused = {b"m0", b"m1"}
    _, (second,) = process.send("m0"), process.send("m1")
    (good,) = process.send("m2")
    assert good.wait().records == 1
    assert second.wait().is_spooled
    assert not process.rejection_limit.is_stopped
    process.drain()
    assert process.spool.is_empty()
    settled = process.assert_balanced(received=3)
    assert (settled.stored, settled.quarantined) == (1, 2)
