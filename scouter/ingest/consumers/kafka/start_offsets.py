"""From where on a partition is read: where Postgres says, or where its topic is to be begun.

A topic that is deleted and made anew has the same name, and offsets that start again. Its id tells: a position of
another topic is none, and the new one is read from its beginning.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from kafka import TopicPartition

from scouter.ingest.consumers.kafka.client import ANSWER_MILLISECONDS, ask_for_topics, topic_id_of
from scouter.metrics import KAFKA_MADE_ANEW
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.tables.kafka_positions import (
    KafkaPartition,
    Position,
    begin_kafka_positions,
    begin_kafka_positions_anew,
    begun_kafka_topics,
    kafka_positions,
    name_kafka_topics,
)
from scouter.settings.kafka import KafkaSettings

log = logging.getLogger(__name__)

TopicIds = Mapping[KafkaPartition, UUID | None]


class StartOffsets:
    """Belongs to one consumer's thread. Its methods raise psycopg's errors, `DatabaseAway`, and the library's."""

    def __init__(self, settings: KafkaSettings, connections: ConnectionSource) -> None:
        self._settings = settings
        self._group = settings.consumer_group
        self._connections = connections

    def found(self, consumer: Any, wanted: Collection[KafkaPartition]) -> dict[KafkaPartition, Position]:
        """Those that are known or could be begun. The others: ask again, the broker's answer was out of date."""
        ask_for_topics(consumer)  # what was said last may be of a topic that is gone
        ids = {each: topic_id_of(consumer, each.topic) for each in wanted}
        kept = self.stored(wanted)
        if new := wanted - kept.keys():
            self._begin(consumer, new)
        self._name({each: now for each, now in ids.items() if now and each in kept and not kept[each].topic_id})
        self._begin_anew(consumer, kept, ids)
        kept = self.stored(wanted)
        return {each: position for each, position in kept.items() if ids[each] not in position.former}

    def stored(self, partitions: Iterable[KafkaPartition]) -> dict[KafkaPartition, Position]:
        with self._connections.connection() as connection:
            return kafka_positions(connection, self._group, list(partitions))

    def _begin(self, consumer: Any, new: Collection[KafkaPartition]) -> None:
        """Partitions that were never read: from what the group had committed in Kafka, else as the settings say.

        A topic is begun with all its partitions at once, so that one that is added later is known as such: it is read
        from its beginning.
        """
        topics = {partition.topic for partition in new}
        with self._connections.connection() as connection:
            begun = begun_kafka_topics(connection, self._group, topics)
        whole = {
            KafkaPartition(topic, number)
            for topic in topics - begun
            for number in consumer.partitions_for_topic(topic) or ()
        }
        begins = {each: self._beginning(consumer, each, later=each.topic in begun) for each in whole.union(new)}
        with self._connections.connection() as connection:
            begin_kafka_positions(connection, self._group, begins)

    def _beginning(self, consumer: Any, partition: KafkaPartition, *, later: bool) -> Position:
        topic_id = topic_id_of(consumer, partition.topic)
        committed: int | None = consumer.committed(TopicPartition(*partition), timeout_ms=ANSWER_MILLISECONDS)
        if committed is not None:
            return Position(committed, topic_id)
        is_first = later or self._settings.offset_reset == "earliest"
        return Position((first_offset if is_first else _end_offset)(consumer, partition), topic_id)

    def _name(self, topic_ids: Mapping[KafkaPartition, UUID]) -> None:
        if topic_ids:
            with self._connections.connection() as connection:
                name_kafka_topics(connection, self._group, topic_ids)

    def _begin_anew(self, consumer: Any, kept: Mapping[KafkaPartition, Position], ids: TopicIds) -> None:
        anew = {
            each: Position(first_offset(consumer, each), now)
            for each, now in ids.items()
            if each in kept and _is_another(kept[each], now)
        }
        if not anew:
            return
        with self._connections.connection() as connection:
            begun = begin_kafka_positions_anew(connection, self._group, anew)
        if begun:
            _say_what_is_gone(kept, anew)


def is_made_anew(consumer: Any, positions: Mapping[KafkaPartition, Position]) -> bool:
    """Whether a topic is by now another one than when these were found, as far as the broker's last answer tells."""
    ids = {topic: topic_id_of(consumer, topic) for topic in {each.topic for each in positions}}
    return any(_is_another(position, ids[each.topic]) for each, position in positions.items())


def _is_another(position: Position, now: UUID | None) -> bool:
    known = position.topic_id
    return None not in (known, now) and known != now and now not in position.former


def first_offset(consumer: Any, partition: KafkaPartition) -> int:
    asked = TopicPartition(*partition)
    offset: int = consumer.beginning_offsets([asked], timeout_ms=ANSWER_MILLISECONDS)[asked]
    return offset


def _end_offset(consumer: Any, partition: KafkaPartition) -> int:
    asked = TopicPartition(*partition)
    offset: int = consumer.end_offsets([asked], timeout_ms=ANSWER_MILLISECONDS)[asked]
    return offset


def _say_what_is_gone(kept: Mapping[KafkaPartition, Position], anew: Mapping[KafkaPartition, Position]) -> None:
    for partition, begun in sorted(anew.items()):
        KAFKA_MADE_ANEW.labels(partition.topic).inc()
        log.error(
            "Kafka topic %s was deleted and made anew: partition %d is read from its beginning, offset %d. What the "
            "former one may have had from offset %d on is gone unread",
            *(partition.topic, partition.partition, begun.next, kept[partition].next),
        )
