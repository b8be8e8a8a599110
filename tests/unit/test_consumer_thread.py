"""How long a consumer rests before it connects again."""

from __future__ import annotations

import time

from scouter.ingest.consumers.consumer_thread import ConsumerThread
from scouter.ingest.consumers.status import ConsumerStatus


def test_a_consumer_that_joins_and_fails_again_and_again_rests_longer_each_time() -> None:
    status = ConsumerStatus("kafka 1")

    def join_and_fail() -> None:
        status.up(0)
        raise ConnectionError("that is not for us")

    thread = ConsumerThread(status, join_and_fail, (OSError,))
    assert [thread._consume_once() for _ in range(6)] == [1, 2, 4, 8, 10, 10]
    assert "that is not for us" in status.detail


def test_a_consumer_that_has_read_for_a_while_begins_with_a_short_rest() -> None:
    status = ConsumerStatus("kafka 1")
    status.up(0)

    def fail() -> None:
        raise ConnectionError

    thread = ConsumerThread(status, fail, (OSError,))
    assert thread._consume_once() == 1
    status.up(0)
    status._up_at = time.monotonic() - 11
    assert thread._consume_once() == 0.5
