"""Partitions whose next messages cannot be taken apart: their codec is not installed here, or their bytes are damaged.

Each rests, longer every time, while the others are read. To leave the group would stop all of them for nothing: the
next consumer has the same messages before it.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from kafka import TopicPartition

from scouter.ingest.consumers.kafka.client import given_up, put_off, read_up_to
from scouter.metrics import KAFKA_UNREADABLE
from scouter.postgres.tables.kafka_positions import KafkaPartition

_FIRST_REST_SECONDS = 1.0
_LONGEST_REST_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class _Failure:
    offset: int
    problem: str
    rest_seconds: float
    until: float  # on time.monotonic()


class UnreadablePartitions:
    """Belongs to one consumer's thread."""

    def __init__(self) -> None:
        self._failures: dict[KafkaPartition, _Failure] = {}

    def take(self, consumer: Any, problem: Exception) -> bool:
        """Whether that is what a poll was stopped by; the partition then rests."""
        partition = given_up(consumer, problem)
        if partition is None:
            return False
        before = self._failures.get(partition)
        rest = min(2 * before.rest_seconds, _LONGEST_REST_SECONDS) if before else _FIRST_REST_SECONDS
        offset = read_up_to(consumer, TopicPartition(*partition)).offset
        self._failures[partition] = _Failure(offset, _in_words(problem), rest, time.monotonic() + rest)
        KAFKA_UNREADABLE.labels(partition.topic).inc()
        return True

    def take_what_was_put_off(self, consumer: Any) -> None:
        """After a poll that brought messages: it may have met others that cannot be read."""
        problem = put_off(consumer)
        if problem is not None:
            self.take(consumer, problem)

    def were_read(self, partitions: Iterable[KafkaPartition]) -> None:
        for partition in partitions:
            self._failures.pop(partition, None)

    def forget_all(self) -> None:
        self._failures.clear()

    def resting(self) -> Collection[TopicPartition]:
        """Those that are not to be tried yet."""
        now = time.monotonic()
        return [TopicPartition(*each) for each, failure in self._failures.items() if failure.until > now]

    @property
    def problem(self) -> str:
        """Empty when there is none."""
        return "; ".join(
            f"messages of {topic}/{number} from offset {failure.offset} on cannot be read: {failure.problem}"
            for (topic, number), failure in sorted(self._failures.items())
        )


def _in_words(problem: Exception) -> str:
    """Errors of codecs say little without their name, which those of Kafka's begin with."""
    text, name = str(problem), type(problem).__name__
    return (text if name in text else f"{name}: {text}").partition("\n")[0][:300]
