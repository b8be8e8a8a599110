"""The queue before the writer: it loses nothing, and a stop never waits for a place in it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from scouter.ingest.consumers.batch_consumer import PUBLISHER
from scouter.ingest.messages.inbound import InboundMessage
from scouter.ingest.messages.pending import PendingMessage
from scouter.ingest.writer.write_queue import WriteQueue


def pending(rows: int = 1) -> PendingMessage:
    made = PendingMessage(InboundMessage("http", b"{}", PUBLISHER, datetime.now(UTC)), None)
    made.count = rows
    return made


def test_a_full_queue_is_closed_at_once_and_still_taken_to_its_last_message() -> None:
    queue = WriteQueue(max_messages=3)
    brought = [pending() for _ in range(3)]
    for each in brought:
        queue.submit(each)
    closing = threading.Thread(target=queue.close, daemon=True)
    closing.start()
    closing.join(5)
    assert not closing.is_alive()
    taken = [each for _ in range(3) for each in queue.take(max_rows=1) or []]
    assert taken == brought
    assert queue.take(max_rows=1) is None
    assert queue.take(max_rows=1) is None, "it stays closed"


def test_who_waits_for_messages_is_told_of_the_end() -> None:
    queue, taken = WriteQueue(max_messages=3), list[object]()
    waiting = threading.Thread(target=lambda: taken.append(queue.take(max_rows=10)), daemon=True)
    waiting.start()
    queue.close()
    waiting.join(5)
    assert taken == [None]


def test_messages_are_taken_together_up_to_so_many_rows() -> None:
    queue = WriteQueue(max_messages=10)
    for _ in range(5):
        queue.submit(pending())
    counts = [len(queue.take(max_rows=2) or []) for _ in range(3)]
    assert counts == [2, 2, 1]
