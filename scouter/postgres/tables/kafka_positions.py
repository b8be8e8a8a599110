"""How far each partition of each topic is stored, for one group of consumers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("kafka_positions")


class KafkaPartition(NamedTuple):
    topic: str
    partition: int


class Position(NamedTuple):
    """The offset of the first message that is not stored, in the topic with that id. `former`: of topics that are gone.

    The leader epoch is that of the message before it. Without an id or an epoch: the brokers give none, or did not when
    this was written.
    """

    next: int
    topic_id: UUID | None = None
    former: frozenset[UUID] = frozenset()
    leader_epoch: int | None = None


class Move(NamedTuple):
    """From the position that is expected to the next offset that is not stored."""

    expected: Position
    next: int
    leader_epoch: int | None

    @property
    def position(self) -> Position:
        """Where the partition is afterwards."""
        return self.expected._replace(next=self.next, leader_epoch=self.leader_epoch)


@dataclass(frozen=True, slots=True)
class _Topic:
    topic: str


@dataclass(frozen=True, slots=True)
class _Row:
    topic: str
    partition: int
    next: int
    topic_id: UUID | None
    former: list[UUID]
    leader_epoch: int | None


def kafka_positions(
    connection: Connection, group: str, partitions: Collection[KafkaPartition]
) -> dict[KafkaPartition, Position]:
    """None for a partition that was never read."""
    found = _sql["kafka_positions"].all(connection, _Row, group=group, **_lists(partitions))
    return {
        KafkaPartition(each.topic, each.partition): Position(
            each.next, each.topic_id, frozenset(each.former), each.leader_epoch
        )
        for each in found
    }


def begun_kafka_topics(connection: Connection, group: str, topics: Collection[str]) -> set[str]:
    """Those of which at least one partition was read."""
    found = _sql["begun_kafka_topics"].all(connection, _Topic, group=group, topics=list(topics))
    return {each.topic for each in found}


def begin_kafka_positions(connection: Connection, group: str, positions: Mapping[KafkaPartition, Position]) -> None:
    """Where to begin with partitions that were never read. What another consumer has begun stays as it is."""
    _sql["begin_kafka_positions"].run(connection, group=group, **_lists(positions), **_values(positions))


def name_kafka_topics(connection: Connection, group: str, topic_ids: Mapping[KafkaPartition, UUID]) -> None:
    """Positions that were written without the id of their topic belong to the one that is there now."""
    _sql["name_kafka_topics"].run(connection, group=group, **_lists(topic_ids), topic_ids=list(topic_ids.values()))


def begin_kafka_positions_anew(connection: Connection, group: str, positions: Mapping[KafkaPartition, Position]) -> int:
    """Where to begin in topics that have taken the place of others. How many of these nobody else had begun."""
    return _sql["begin_kafka_positions_anew"].run(connection, group=group, **_lists(positions), **_values(positions))


def move_kafka_positions(connection: Connection, group: str, moves: Mapping[KafkaPartition, Move]) -> bool:
    """Whether every one of them was where it was expected, and is moved with the end of this transaction."""
    moved = _sql["move_kafka_positions"].run(
        connection,
        group=group,
        **_lists(moves),
        topic_ids=[move.expected.topic_id for move in moves.values()],
        expected=[move.expected.next for move in moves.values()],
        next=[move.next for move in moves.values()],
        leader_epochs=[move.leader_epoch for move in moves.values()],
    )
    return moved == len(moves)


def _lists(partitions: Collection[KafkaPartition]) -> dict[str, list[str] | list[int]]:
    return {"topics": [each.topic for each in partitions], "partitions": [each.partition for each in partitions]}


def _values(positions: Mapping[KafkaPartition, Position]) -> dict[str, list[int] | list[UUID | None]]:
    values = positions.values()
    return {"next": [each.next for each in values], "topic_ids": [each.topic_id for each in values]}
