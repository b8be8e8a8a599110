"""What there is in Kafka that Postgres does not have yet, and whether anybody answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from kafka import TopicPartition
from kafka.errors import KafkaTimeoutError

from scouter.ingest.consumers.kafka.client import ANSWER_MILLISECONDS, NOBODY_ANSWERS, partition_of
from scouter.ingest.consumers.status import ConsumerStatus
from scouter.postgres.tables.kafka_positions import KafkaPartition
from scouter.settings.kafka import KafkaSettings

_LOOK_SECONDS = 5.0
_SAY_SECONDS = 0.5

Reached = Mapping[KafkaPartition, int]


class ConsumerLag:
    """Belongs to one consumer's thread, and keeps what others may read of it in its state."""

    def __init__(self, settings: KafkaSettings, status: ConsumerStatus) -> None:
        self._topics = settings.topics
        self._status = status
        self._ends: dict[KafkaPartition, int] = {}  # what Kafka had when it was last asked
        self._problem = ""
        self._looked_at = self._said_at = 0.0  # on time.monotonic()

    def begin(self) -> None:
        """With a new connection."""
        self._looked_at = 0.0

    def answered(self) -> None:
        """Messages have come: a broker is there."""
        self._problem = ""

    def look(self, consumer: Any, reached: Callable[[], Reached], unreadable: str) -> bool:
        """Whether a broker was asked, which is every few seconds. `reached`: the next offset to be read or stored.
        `unreadable`: what keeps the consumer from reading though a broker answers; empty when nothing does.

        A poll tells nothing while nothing comes, nor that no broker answers.
        """
        is_due = time.monotonic() - self._looked_at > _LOOK_SECONDS
        if is_due:
            self._looked_at = time.monotonic()
            self._problem = self._ask_for_ends(consumer)
        if self._problem:
            self._status.down(self._problem)
        elif unreadable:
            self._status.down(unreadable, self._lag(consumer, reached()))
        elif not self._status.is_up or time.monotonic() - self._said_at > _SAY_SECONDS:
            self._said_at = time.monotonic()
            self._status.up(self._lag(consumer, reached()))
        return is_due

    def _ask_for_ends(self, consumer: Any) -> str:
        """What is wrong; empty when nothing is."""
        try:
            partitions = consumer.assignment() or self._all_partitions(consumer)
            ends = consumer.end_offsets(partitions, timeout_ms=ANSWER_MILLISECONDS) if partitions else {}
        except KafkaTimeoutError:
            return NOBODY_ANSWERS
        if not partitions:
            return f"there is no topic {' or '.join(self._topics)}"
        self._ends = {partition_of(each): end for each, end in ends.items()}
        return ""

    def _all_partitions(self, consumer: Any) -> set[TopicPartition]:
        numbers = {topic: consumer.partitions_for_topic(topic) for topic in self._topics}
        return {TopicPartition(topic, number) for topic, of_it in numbers.items() for number in of_it}

    def _lag(self, consumer: Any, reached: Reached) -> int:
        """As far as the last answers tell."""
        highest = {each: consumer.highwater(TopicPartition(*each)) or 0 for each in reached}
        ends = {each: max(high, self._ends.get(each, 0)) for each, high in highest.items()}
        return sum(max(ends[each] - at, 0) for each, at in reached.items())
