"""One Kafka consumer in a thread of its own: from a poll to a committed transaction, exactly once.

Where a partition is read on is in Postgres, and is moved in the transaction that stores its messages. Whatever the
group does meanwhile, two consumers that read the same messages cannot both move it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from kafka import ConsumerRebalanceListener, OffsetAndMetadata, TopicPartition
from kafka.errors import KafkaError, KafkaTimeoutError, LogTruncationError, OffsetOutOfRangeError

from scouter.errors import DatabaseAway
from scouter.ingest.consumers.batch_consumer import BatchConsumer
from scouter.ingest.consumers.consumer_thread import ConsumerThread
from scouter.ingest.consumers.kafka.client import (
    ANSWER_MILLISECONDS,
    ask_for_topics,
    away_in_words,
    is_unsure,
    leader_epoch_of,
    open_consumer,
    partition_of,
    pattern_of,
    read_up_to,
    seek,
)
from scouter.ingest.consumers.kafka.lag import ConsumerLag
from scouter.ingest.consumers.kafka.start_offsets import StartOffsets, first_offset, is_made_anew
from scouter.ingest.consumers.kafka.unreadable import UnreadablePartitions
from scouter.ingest.consumers.status import ConsumerStatus
from scouter.ingest.messages.batch import Batch
from scouter.ingest.messages.inbound import InboundMessage
from scouter.ingest.storage.batch_store import NotOurs
from scouter.metrics import KAFKA_MISSED
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.statements import Connection
from scouter.postgres.tables.kafka_positions import KafkaPartition, Move, Position, move_kafka_positions
from scouter.settings.kafka import KafkaSettings

log = logging.getLogger(__name__)

_POLL_SECONDS = 0.2
_OLDEST_STAMP = timedelta(days=30)  # a message without a believable time counts as arriving now


@dataclass(slots=True)
class _Taken:
    """Messages of one poll, until they are stored or somebody else has them."""

    messages: Sequence[InboundMessage]
    moves: Mapping[KafkaPartition, Move]
    batch: Batch | None = None


class KafkaWorker(ConsumerRebalanceListener):  # type: ignore[misc]  # the library has no types
    """Owns the thread `kafka N`. It joins the group, and joins again whatever happens to the brokers."""

    def __init__(
        self,
        number: int,
        settings: KafkaSettings,
        batch_consumer: BatchConsumer,
        connections: ConnectionSource,
        now: Callable[[], datetime],
    ) -> None:
        self.status = ConsumerStatus(f"kafka {number}")
        self._settings = settings
        self._client_id = f"scouter-{number}"
        self._batch_consumer = batch_consumer
        self._connections = connections
        self._now = now
        self._consumer: Any = None
        self._start_offsets = StartOffsets(settings, connections)
        self._positions: dict[KafkaPartition, Position] = {}  # of the partitions that are ours, once they are known
        self._led: dict[KafkaPartition, int | None] = {}  # their leader epochs when these became known
        self._unknown: set[KafkaPartition] = set()
        self._unreadable = UnreadablePartitions()
        self._lag = ConsumerLag(settings, self.status)
        self._taken: _Taken | None = None
        self.thread = ConsumerThread(self.status, self._consume, (KafkaError, OSError))

    def on_partitions_revoked(self, _: Iterable[TopicPartition]) -> None:
        """Part of a poll. What is not stored is no longer ours to store."""
        self._forget_all()

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Part of a poll. Nothing is read before Postgres has said from where on."""
        for each in assigned:
            self._consumer.seek(each, 0)  # anywhere: without a position the library looks for one, and may find none
            self._consumer.pause(each)
            self._unknown.add(partition_of(each))

    def close(self) -> None:
        """Once the thread has ended. What was not stored is delivered to the next consumer."""
        self._batch_consumer.close()

    def _consume(self) -> None:
        """Read until told to stop. Raises what the library raises when the brokers are away."""
        self._forget_all()
        self._lag.begin()
        consumer = self._consumer = open_consumer(self._settings, self._client_id)
        try:
            consumer.subscribe(pattern=pattern_of(self._settings.topics), listener=self)
            with away_in_words():
                while not self.thread.is_stopping:
                    self._turn(consumer)
        finally:
            consumer.close(autocommit=False, timeout_ms=2_000)

    def _forget_all(self) -> None:
        self._taken = None
        self._positions.clear()
        self._led.clear()
        self._unknown.clear()
        self._unreadable.forget_all()

    def _turn(self, consumer: Any) -> None:
        """Poll, store. While nothing can be stored, poll without taking anything: the group throws out the silent."""
        waits = self._taken is not None or self._batch_consumer.must_wait or bool(self._unknown) or is_unsure(consumer)
        (consumer.pause if waits else consumer.resume)(*consumer.assignment())
        try:
            polled = self._polled(consumer, 0.05 if waits else _POLL_SECONDS)
        except OffsetOutOfRangeError:
            self._find_what_is_left(consumer)
            return
        except LogTruncationError as cut:
            self._go_back(consumer, cut.divergent_offsets)
            return
        if polled:
            self._lag.answered()
        if is_made_anew(consumer, self._positions) or self._is_led_anew(consumer):
            self._find_again(consumer)
        elif polled and not self._unknown:  # else assigned within this very poll: they have not begun where they should
            self._taken = self._taking(consumer, polled)
        looked = self._lag.look(consumer, lambda: self._reached(consumer), self._unreadable.problem)
        if self._batch_consumer.must_wait:
            return
        if self._unknown:
            self._find_positions(consumer)
        elif self._taken is not None:
            self._store(consumer, self._taken)
        elif looked:
            self._pass_gaps(consumer)

    def _polled(self, consumer: Any, seconds: float) -> Mapping[TopicPartition, Sequence[Any]]:
        """Messages, without those that cannot be taken apart. Raises everything else that the library raises."""
        consumer.pause(*self._unreadable.resting())
        polled: Mapping[TopicPartition, Sequence[Any]] = {}
        try:
            polled = consumer.poll(timeout_ms=round(seconds * 1000))
        except Exception as problem:
            if not self._unreadable.take(consumer, problem):
                raise
        self._unreadable.take_what_was_put_off(consumer)
        self._unreadable.were_read(map(partition_of, polled))
        return polled

    def _taking(self, consumer: Any, polled: Mapping[TopicPartition, Sequence[Any]]) -> _Taken:
        messages = [self._inbound(record) for records in polled.values() for record in records]
        epochs = {partition_of(each): records[-1].leader_epoch for each, records in polled.items()}
        moves = {each: self._move_up_to(consumer, each, epoch) for each, epoch in epochs.items()}
        return _Taken(messages, moves)

    def _move_up_to(self, consumer: Any, partition: KafkaPartition, epoch: int | None) -> Move:
        """`epoch` is that of the last message; what follows it and is none may have a later one."""
        read = read_up_to(consumer, TopicPartition(*partition))
        latest = max(-1 if epoch is None else epoch, read.leader_epoch)
        return Move(self._positions[partition], read.offset, latest if latest >= 0 else None)

    def _inbound(self, record: Any) -> InboundMessage:
        now = self._now()
        stamped = datetime.fromtimestamp(record.timestamp / 1000, UTC) if record.timestamp > 0 else now
        arrived = stamped if now - _OLDEST_STAMP < stamped <= now else now
        return self._batch_consumer.inbound(record.value or b"", arrived)

    def _store(self, consumer: Any, taken: _Taken) -> None:
        taken.batch = taken.batch or self._batch_consumer.validated(taken.messages)
        if taken.batch is None:
            return

        def claim(connection: Connection) -> bool:
            return move_kafka_positions(connection, self._settings.consumer_group, taken.moves)

        try:
            is_stored = self._batch_consumer.store(taken.batch, claim)
        except NotOurs:
            self._look_again(consumer, taken)
            return
        if is_stored:
            self._stored(consumer, taken)

    def _stored(self, consumer: Any, taken: _Taken) -> None:
        self._taken = None
        self._moved(consumer, taken.moves)

    def _moved(self, consumer: Any, moves: Mapping[KafkaPartition, Move]) -> None:
        self._positions.update({partition: move.position for partition, move in moves.items()})
        offsets = {TopicPartition(*each): OffsetAndMetadata(move.next, "", -1) for each, move in moves.items()}
        consumer.commit_async(offsets, callback=_say_when_not_committed)

    def _pass_gaps(self, consumer: Any) -> None:
        """Offsets behind the last message that are none: aborted, or marks of transactions. There is nothing to store.

        Without that, once Kafka has deleted them, they would be missed like messages.
        """
        known = self._known(consumer)
        moves = {each: self._move_up_to(consumer, each, self._positions[each].leader_epoch) for each in known}
        moves = {each: move for each, move in moves.items() if move.next > move.expected.next}
        if not moves:
            return
        try:
            is_moved = self._move(moves)
        except (psycopg.Error, DatabaseAway):
            return
        if is_moved:
            self._moved(consumer, moves)
        else:
            self._find_again(consumer)

    def _move(self, moves: Mapping[KafkaPartition, Move]) -> bool:
        """Without storing anything."""
        with self._connections.connection() as connection:
            return move_kafka_positions(connection, self._settings.consumer_group, moves)

    def _look_again(self, consumer: Any, taken: _Taken) -> None:
        """Somebody has moved a partition: this consumer, in a commit that nobody confirmed, or another one."""
        try:
            present = self._start_offsets.stored(taken.moves)
        except (psycopg.Error, DatabaseAway):
            return  # the same question comes up with the next turn
        was_ours = taken.batch is not None and taken.batch.outcomes is not None
        if was_ours and all(present.get(each) == move.position for each, move in taken.moves.items()):
            self._batch_consumer.was_stored(taken.batch)
            self._stored(consumer, taken)
            return
        log.warning("Kafka partitions %s were read by another consumer; going on where it is", sorted(taken.moves))
        self._find_again(consumer)

    def _find_again(self, consumer: Any) -> None:
        self._taken = None
        self._unknown.update(map(partition_of, consumer.assignment()))

    def _find_positions(self, consumer: Any) -> None:
        """Go to where Postgres says that each partition is stored."""
        mine = set(map(partition_of, consumer.assignment()))
        try:
            known = self._start_offsets.found(consumer, self._unknown & mine)
        except (psycopg.Error, DatabaseAway, KafkaTimeoutError):
            return  # asked again with the next turn; to leave the group would stop the others, too
        seek(consumer, known)
        self._positions.update(known)
        self._led.update({each: leader_epoch_of(consumer, TopicPartition(*each)) for each in known})
        self._unknown -= known.keys()
        self._unknown &= mine

    def _is_led_anew(self, consumer: Any) -> bool:
        """A broker that leads for the first time, or after it was away, may have less than was read."""
        now = {each: leader_epoch_of(consumer, TopicPartition(*each)) for each in self._led}
        return any(epoch is not None and epoch != self._led[each] for each, epoch in now.items())

    def _go_back(self, consumer: Any, ends: Mapping[TopicPartition, OffsetAndMetadata | None]) -> None:
        """A broker lost messages that were read: what it has written since in their place is read, too."""
        ask_for_topics(consumer)  # a topic that was made anew looks the same
        moves = {}
        for partition, end in ((partition_of(each), end) for each, end in ends.items()):
            offset, epoch = (end.offset, end.leader_epoch) if end else (first_offset(consumer, partition), None)
            position = self._positions.get(partition)
            if position is not None and offset < position.next:
                moves[partition] = Move(position, offset, epoch)
        if not is_made_anew(consumer, self._positions):
            with suppress(psycopg.Error, DatabaseAway):  # the same comes up after the positions are found again
                self._move_back(moves)
        self._find_again(consumer)

    def _move_back(self, moves: Mapping[KafkaPartition, Move]) -> None:
        if self._move(moves):
            for (topic, number), move in moves.items():
                log.error(
                    "Kafka has lost messages of %s/%d that were stored, from offset %d to %d: going on with the first",
                    *(topic, number, move.next, move.expected.next),
                )

    def _find_what_is_left(self, consumer: Any) -> None:
        """Kafka has deleted messages before they were read, or lost others, or the topic was made anew."""
        ask_for_topics(consumer)  # what was said last may be of a topic that is gone
        if is_made_anew(consumer, self._positions) or self._is_led_anew(consumer):
            self._find_again(consumer)
            return
        for partition, (position, *_) in self._positions.items():
            topic_partition = TopicPartition(*partition)
            first = consumer.beginning_offsets([topic_partition], timeout_ms=ANSWER_MILLISECONDS)[topic_partition]
            last = consumer.end_offsets([topic_partition], timeout_ms=ANSWER_MILLISECONDS)[topic_partition]
            if first <= position <= last:
                continue
            KAFKA_MISSED.labels(partition.topic).inc(max(first - position, 0))
            log.error(
                "Kafka has no offset %d of %s/%d any more, it has %d to %d: going on from the first one",
                *(position, partition.topic, partition.partition, first, last),
            )
            consumer.seek(topic_partition, first)

    def _known(self, consumer: Any) -> Collection[KafkaPartition]:
        return self._positions.keys() & set(map(partition_of, consumer.assignment()))

    def _reached(self, consumer: Any) -> dict[KafkaPartition, int]:
        """The next offset to be stored. What was read and is not in hand is no message, or stored."""
        in_hand = {each: move.expected.next for each, move in self._taken.moves.items()} if self._taken else {}
        known = self._known(consumer)
        return {each: read_up_to(consumer, TopicPartition(*each)).offset for each in known} | in_hand


def _say_when_not_committed(_: object, response: object) -> None:
    if isinstance(response, Exception):  # the next commit says more, and Postgres knows better
        log.debug("Kafka did not take the offsets: %s", response)
