"""A consumer of the group, as the settings want it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from traceback import walk_tb
from typing import Any
from uuid import UUID

from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.consumer.fetcher import Fetcher
from kafka.errors import KafkaConnectionError, KafkaTimeoutError, NodeNotReadyError

from scouter.postgres.tables.kafka_positions import KafkaPartition, Position
from scouter.settings.kafka import KafkaSettings

MAX_MESSAGES = 500  # of a poll, and so of a transaction
_PARTITION_BYTES = 2**20
_ANSWER_BYTES = 4 * 2**20
ANSWER_MILLISECONDS = 3_000  # how long a broker may take to answer
NOBODY_ANSWERS = "no broker answers"
_BOOTSTRAP_MILLISECONDS = 10_000
_UNPACKING = Fetcher.PartitionRecords._unpack_records.__code__


def open_consumer(settings: KafkaSettings, client_id: str) -> Any:
    """Raises `ConnectionError` when no broker answers, or none that lets us in."""
    try:
        return _consumer(settings, client_id)
    except KafkaTimeoutError:
        brokers = ", ".join(settings.brokers)
        raise ConnectionError(f"{NOBODY_ANSWERS} at {brokers}, or none lets us in") from None


@contextmanager
def away_in_words() -> Iterator[None]:
    """Raises `ConnectionError`, which says so, where the library names a socket's error or a time that is over."""
    try:
        yield
    except (KafkaConnectionError, KafkaTimeoutError, NodeNotReadyError) as problem:
        raise ConnectionError(f"{NOBODY_ANSWERS}: {problem}") from problem


def _consumer(settings: KafkaSettings, client_id: str) -> Any:
    return KafkaConsumer(
        bootstrap_servers=list(settings.brokers),
        client_id=client_id,
        group_id=settings.consumer_group,
        # Where to begin is in Postgres. What is committed to Kafka is for people who look at the group there.
        enable_auto_commit=False,
        # An offset that is gone is ours to notice: the library would jump without a word.
        auto_offset_reset="none",
        # What a producer has aborted was never sent.
        isolation_level="read_committed",
        max_poll_records=MAX_MESSAGES,
        # Memory has to stay in bounds: an answer waits in it, and is several times its size when it is taken apart. The
        # first message comes whatever its size.
        max_partition_fetch_bytes=_PARTITION_BYTES,
        fetch_max_bytes=_ANSWER_BYTES,
        fetch_max_wait_ms=100,
        # A topic or partition that is new is read within seconds, the partitions of a killed server soon after.
        metadata_max_age_ms=5_000,
        session_timeout_ms=10_000,
        heartbeat_interval_ms=2_000,
        reconnect_backoff_max_ms=2_000,
        bootstrap_timeout_ms=_BOOTSTRAP_MILLISECONDS,
        metrics_enabled=False,
        **_security(settings),
    )


def _security(settings: KafkaSettings) -> dict[str, Any]:
    """Plain text without a user; with one what the settings say."""
    if settings.username is None:
        return {}
    chosen: dict[str, Any] = {"security_protocol": settings.security_protocol}
    if settings.security_protocol.startswith("SASL"):
        chosen["sasl_mechanism"] = settings.sasl_mechanism
        chosen["sasl_plain_username"] = settings.username
        chosen["sasl_plain_password"] = settings.password or ""
    if settings.cert_location is not None:
        chosen["ssl_cafile"] = str(settings.cert_location)
    return chosen


def pattern_of(topics: Iterable[str]) -> str:
    """Matches these topics. To ask for one by its name would make it: that is left to whoever sends to it."""
    return f"^({'|'.join(re.escape(topic) for topic in topics)})$"


def partition_of(named_by_library: TopicPartition) -> KafkaPartition:
    return KafkaPartition(named_by_library.topic, named_by_library.partition)


def topic_id_of(consumer: Any, topic: str) -> UUID | None:
    """Which topic of that name there is, by the last answer of a broker. None: there is none, or it gives no ids."""
    found: UUID | None = consumer._cluster.topic_id(topic)
    return found if found is not None and found.int else None


def leader_epoch_of(consumer: Any, partition: TopicPartition) -> int | None:
    """It grows whenever another broker leads the partition, or the same one again. None: the brokers do not tell."""
    found: int | None = consumer._cluster.leader_epoch_for_partition(partition)
    return found if found is not None and found >= 0 else None


def seek(consumer: Any, positions: Mapping[KafkaPartition, Position]) -> None:
    """Read on from there. If a message before one is not what it was, the next poll raises `LogTruncationError`."""
    for partition, position in positions.items():
        epoch = -1 if position.leader_epoch is None else position.leader_epoch
        consumer._subscription.seek(TopicPartition(*partition), OffsetAndMetadata(position.next, "", epoch))
    consumer._fetcher._cached_log_truncation = None  # it is about positions that are given up now
    for partition in (TopicPartition(*each) for each in positions):
        if leader_epoch_of(consumer, partition) is not None:
            consumer._subscription.request_position_validation(partition)


def is_unsure(consumer: Any) -> bool:
    """Whether the answer is awaited by which it is known that the messages before a position are what they were."""
    state = consumer._subscription.assignment
    return any(state[each].awaiting_validation for each in consumer.assignment() if each in state)


def read_up_to(consumer: Any, partition: TopicPartition) -> OffsetAndMetadata:
    """The offset after the last one that was handed out, and after what follows it that is no message."""
    return consumer._subscription.assignment[partition].position


def given_up(consumer: Any, problem: Exception) -> KafkaPartition | None:
    """The partition whose messages could not be taken apart, if the problem is one of those.

    They are fetched again from where it was read to. What the library holds would yield nothing more, for ever.
    """
    held = consumer._fetcher._next_partition_records
    if not held or not _is_about_messages(problem):
        return None
    held.drain()
    return partition_of(held.topic_partition)


def put_off(consumer: Any) -> Exception | None:
    """What a poll met behind the messages that it handed out. The library forgets it if the partition is paused."""
    met = consumer._fetcher._next_in_line_exception_metadata
    if met is None or not _is_about_messages(met.exception):
        return None
    consumer._fetcher._next_in_line_exception_metadata = None
    problem: Exception = met.exception
    return problem


def _is_about_messages(problem: Exception) -> bool:
    """Every codec has errors of its own; what they have in common is where they come from."""
    return any(frame.f_code is _UNPACKING for frame, _ in walk_tb(problem.__traceback__))


def ask_for_topics(consumer: Any) -> None:
    """Have a broker say anew which topics there are. Raises `KafkaTimeoutError`.

    As `consumer.topics()`, which waits for ever when no broker can be reached.
    """
    rounds = 2 if consumer._cluster.metadata_refresh_in_progress else 1  # what is under way may have been asked before
    for _ in range(rounds):
        consumer._net.run(consumer._manager.wait_for, consumer._cluster.request_update(), ANSWER_MILLISECONDS)
