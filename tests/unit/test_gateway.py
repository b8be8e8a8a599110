"""The gateway: every message that it is shown is validated if that is possible, and counted once."""

from __future__ import annotations

import psycopg
import pytest

from scouter.errors import DatabaseAway, InvalidInput, PermissionDenied, ScouterError, Unavailable
from scouter.ingest.messages.results import Accepted, Rejected
from scouter.ingest.writer import write_queue
from scouter.ingest.writer.gateway import Gateway
from scouter.ingest.writer.write_queue import WriteQueue
from scouter.wire.quarantine import Reason
from tests.unit.ingest_process import IngestProcess, inbound


def test_a_good_message_waits_for_the_writer_with_its_rows(process: IngestProcess) -> None:
    (sent,) = process.send("m0 x3")
    assert isinstance(sent.result, Accepted)
    assert (sent.count, sent.is_finished) == (3, False)
    assert process.write_queue.take(100) == [sent]
    assert process.account().received == 0, "whoever stores it counts it"


def test_a_message_of_nothing_is_answered_at_once(process: IngestProcess) -> None:
    (sent,) = process.send("empty")
    assert sent.wait().records == 0
    assert process.write_queue.depth() == 0
    process.drain()
    assert process.assert_balanced(received=1).empty == 1


def test_what_the_sender_may_not_send_is_refused_and_not_kept(process: IngestProcess) -> None:
    with pytest.raises(PermissionDenied):
        process.send("forbidden")
    assert process.write_queue.depth() == 0
    process.drain()
    assert process.assert_balanced(received=1).refused == 1


def test_a_bad_message_is_kept_under_an_id_that_its_sender_is_told(process: IngestProcess) -> None:
    (sent,) = process.send("bad m0")
    process.start()
    with pytest.raises(InvalidInput) as told:
        sent.wait()
    assert isinstance(sent.result, Rejected)
    assert told.value.quarantine_id == sent.result.id
    assert list(process.database.contents.quarantine.items()) == [(sent.result.id, (Reason.INVALID, b"bad m0"))]


@pytest.mark.parametrize("problem", [DatabaseAway(), Unavailable("later"), psycopg.OperationalError("away")])
def test_a_message_that_cannot_be_looked_up_now_is_kept_without_a_result(
    process: IngestProcess, problem: Exception
) -> None:
    process.validator.problem = problem
    (sent,) = process.send("m0")
    assert (sent.result, sent.is_finished) == (None, False)
    assert process.write_queue.take(100) == [sent]


def test_a_message_over_which_the_server_stumbles_is_kept_too(process: IngestProcess) -> None:
    (sent,) = process.send("bug m0")
    process.start()
    with pytest.raises(ScouterError, match="its log says why"):
        sent.wait()
    assert [each for each, _ in process.database.contents.quarantine.values()] == [Reason.FAILED]
    process.drain()
    assert process.assert_balanced(received=1).quarantined == 1


def test_who_finds_no_place_in_time_is_refused_and_counted(
    process: IngestProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_queue, "_PATIENCE_SECONDS", 0.01)
    gateway = Gateway(process.validator, WriteQueue(max_messages=1), process.ledger)
    gateway.accept(inbound("m0"))
    with pytest.raises(Unavailable, match="nothing of this message was stored"):
        gateway.accept(inbound("m1", "kafka"))
    assert {name: account.settled.refused for name, account in process.ledger.accounts().items()} == {"kafka": 1}
