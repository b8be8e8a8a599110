"""The writer: many senders, one thread, every message answered once and in its turn."""

from __future__ import annotations

import threading
import time

import pytest
from prometheus_client import REGISTRY

from scouter.errors import DatabaseAway, InvalidInput, RefusedByDatabase, ScouterError
from scouter.ingest.messages.results import Rejected
from tests.unit.conftest import MakeProcess
from tests.unit.ingest_process import PATIENCE_SECONDS, IngestProcess
from tests.unit.listed_database import ListedDatabase, Trouble


def numbered(count: int, name: str = "m") -> list[str]:
    return [f"{name}{number}" for number in range(count)]


def as_sent(texts: list[str]) -> list[bytes]:
    return [text.encode() for text in texts]


def thread_failures() -> float:
    return REGISTRY.get_sample_value("scouter_thread_failures_total", {"thread": "writer"}) or 0.0


def test_what_waits_is_stored_together_in_the_order_in_which_it_came(
    make_process: MakeProcess, listed: ListedDatabase
) -> None:
    process = make_process(batch_rows=10)
    sent = process.send(*numbered(25))
    process.start()
    assert [each.wait().records for each in sent] == [1] * 25
    assert listed.contents.messages == as_sent(numbered(25))
    assert [len(batch) for batch in listed.contents.batches] == [10, 10, 5]
    process.drain()
    assert process.assert_balanced(received=25).stored == 25


def test_a_batch_is_full_when_it_has_so_many_rows(make_process: MakeProcess, listed: ListedDatabase) -> None:
    process = make_process(batch_rows=10)
    sent = process.send("m0 x4", "m1 x4", "m2 x400", "m3 x9", "m4 x1", "m5")
    process.start()
    assert [each.wait().records for each in sent] == [4, 4, 400, 9, 1, 1]
    assert listed.contents.batches == [[b"m0 x4", b"m1 x4", b"m2 x400"], [b"m3 x9", b"m4 x1"], [b"m5"]]


def test_every_sender_is_told_what_became_of_its_own_message(process: IngestProcess, listed: ListedDatabase) -> None:
    listed.refused = {b"m2"}
    first, bad, refused, last = process.send("m0 x3", "bad m1", "m2", "m3")
    process.start()
    assert (first.wait().records, last.wait().records) == (3, 1)
    with pytest.raises(InvalidInput, match="bad m1"):
        bad.wait()
    with pytest.raises(RefusedByDatabase) as told:
        refused.wait()
    assert isinstance(bad.result, Rejected)
    assert set(listed.contents.quarantine) == {bad.result.id, told.value.quarantine_id}
    assert listed.contents.batches == [[b"m0 x3", b"m3"]], "one transaction for all four"
    process.drain()
    settled = process.assert_balanced(received=4)
    assert (settled.stored, settled.quarantined, settled.records_stored) == (2, 2, 4)


def test_a_stop_stores_what_was_accepted_and_ends_the_thread(process: IngestProcess, listed: ListedDatabase) -> None:
    sent = process.send(*numbered(50))
    process.writer.request_stop()
    process.start()
    assert process.writer.thread.join(time.monotonic() + PATIENCE_SECONDS)
    assert all(each.is_finished for each in sent)
    assert listed.contents.messages == as_sent(numbered(50))
    process.writer.close()
    assert process.store.is_closed


def test_a_stop_without_a_database_spools_what_was_accepted(process: IngestProcess, listed: ListedDatabase) -> None:
    listed.is_away = True
    sent = process.send(*numbered(50))
    process.start()
    process.stop_writer()
    assert all(each.wait().is_spooled for each in sent)
    assert process.spooled() == numbered(50)


def test_senders_at_once_wait_for_their_own_message_alone(make_process: MakeProcess, listed: ListedDatabase) -> None:
    process = make_process(batch_rows=7).start()
    told: dict[str, int] = {}

    def send(name: str) -> None:
        for text in numbered(20, name):
            (pending,) = process.send(text)
            pending.wait()
            told[text] = listed.contents.messages.count(text.encode())

    senders = [threading.Thread(target=send, args=(name,)) for name in "abcdefgh"]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(PATIENCE_SECONDS)
    assert set(told.values()) == {1}, "it is stored, once, when its sender is told"
    assert len(told) == 160
    for name in "abcdefgh":
        assert [each for each in listed.contents.messages if each[:1] == name.encode()] == as_sent(numbered(20, name))
    process.drain()
    assert process.assert_balanced(received=160).stored == 160


def test_nobody_waits_for_ever_when_the_writer_meets_a_bug(process: IngestProcess, listed: ListedDatabase) -> None:
    before = thread_failures()
    listed.store_troubles.append(Trouble.BUG)
    sent = process.send(*numbered(3))
    process.start()
    for each in sent:
        with pytest.raises(ScouterError, match="failed to store this message"):
            each.wait()
    (after,) = process.send("m3")
    assert after.wait().records == 1, "the thread goes on"
    assert thread_failures() == before + 1
    process.drain()
    settled = process.assert_balanced(received=4)
    assert (settled.refused, settled.stored) == (3, 1)


def test_what_was_stored_before_a_bug_stays_stored(process: IngestProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    def add(messages: object) -> None:
        raise RuntimeError("nobody has foreseen this")

    (stored,) = process.send("m0")
    process.validator.problem = DatabaseAway()
    (unvalidated,) = process.send("m1")
    monkeypatch.setattr(process.spool, "add", add)
    process.start()
    assert stored.wait().records == 1
    with pytest.raises(ScouterError, match="failed to store this message"):
        unvalidated.wait()
    account = process.account()
    assert (account.settled.stored, account.settled.refused, account.spooled) == (1, 1, 0)


def test_what_others_are_in_the_way_of_goes_to_the_spool_and_is_no_outage(
    make_process: MakeProcess, listed: ListedDatabase
) -> None:
    process = make_process(batch_rows=1).start()
    listed.store_troubles.append(Trouble.LOCKED)
    first, second = process.send("m0", "m1")
    assert first.wait().is_spooled
    assert second.wait().is_spooled, "it does not wait for what the first has waited for in vain"
    assert not process.breaker.is_open
    assert listed.tries == 1
    process.drain()
    assert listed.contents.messages == as_sent(["m0", "m1"])
    process.assert_balanced(received=2)


def test_a_drainer_that_others_are_in_the_way_of_goes_on_and_it_is_no_outage(
    process: IngestProcess, listed: ListedDatabase
) -> None:
    listed.is_away = True
    sent = process.send(*numbered(3))
    process.start()
    assert all(each.wait().is_spooled for each in sent)
    openings = process.breaker.openings
    listed.is_away = False
    listed.store_troubles.append(Trouble.LOCKED)
    process.drain()
    assert process.drainer.state == "waits for Postgres"
    process.drain()
    assert (process.breaker.is_open, process.breaker.openings) == (False, openings)
    assert listed.contents.messages == as_sent(numbered(3))
    process.assert_balanced(received=3)
