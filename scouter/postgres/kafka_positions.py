"""How far each partition of each topic is stored, for one group of consumers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("kafka_positions")


class Partition(NamedTuple):
    topic: str
    partition: int


class Move(NamedTuple):
    """From the offset that is expected to the next one that is not stored."""

    expected: int
    next: int


@dataclass(frozen=True, slots=True)
class _Topic:
    topic: str


@dataclass(frozen=True, slots=True)
class _Position:
    topic: str
    partition: int
    next: int


def kafka_positions(connection: Connection, group: str, partitions: Collection[Partition]) -> dict[Partition, int]:
    """The offset of the first message that is not stored; none for a partition that was never read."""
    found = _sql["kafka_positions"].all(
        connection,
        _Position,
        group=group,
        topics=[each.topic for each in partitions],
        partitions=[each.partition for each in partitions],
    )
    return {Partition(each.topic, each.partition): each.next for each in found}


def begun_kafka_topics(connection: Connection, group: str, topics: Collection[str]) -> set[str]:
    """Those of which at least one partition was read."""
    found = _sql["begun_kafka_topics"].all(connection, _Topic, group=group, topics=list(topics))
    return {each.topic for each in found}


def begin_kafka_positions(connection: Connection, group: str, positions: Mapping[Partition, int]) -> None:
    """Where to begin with partitions that were never read. What another consumer has begun stays as it is."""
    _sql["begin_kafka_positions"].run(
        connection,
        group=group,
        topics=[each.topic for each in positions],
        partitions=[each.partition for each in positions],
        next=list(positions.values()),
    )


def move_kafka_positions(connection: Connection, group: str, moves: Mapping[Partition, Move]) -> bool:
    """Whether every one of them was where it was expected, and is moved with the end of this transaction."""
    moved = _sql["move_kafka_positions"].run(
        connection,
        group=group,
        topics=[each.topic for each in moves],
        partitions=[each.partition for each in moves],
        expected=[move.expected for move in moves.values()],
        next=[move.next for move in moves.values()],
    )
    return moved == len(moves)
