"""Producers with transactions: what they abort is never stored, and the marks they leave are no messages."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from kafka import KafkaProducer, TopicPartition

from tests.brokers.kafka import KafkaBroker
from tests.brokers.kafka_messages import producer
from tests.conditions import eventually
from tests.integration.test_transports import Way
from tests.integration.ways import lag, sampled, serving
from tests.publishers import KafkaPublisher

_topics = (f"transactions-{number}" for number in itertools.count(1))
_BRIEF = 5  # messages in each transaction


@pytest.fixture
def publisher(kafka_broker: KafkaBroker) -> Iterator[KafkaPublisher]:
    with closing(KafkaPublisher(kafka_broker, next(_topics), partitions=1)) as made:
        yield made


@pytest.fixture
def transactional(kafka_broker: KafkaBroker, publisher: KafkaPublisher) -> Iterator[KafkaProducer]:
    with closing(producer(kafka_broker.address(), transactional_id=f"of {publisher.topic}")) as made:
        made.init_transactions()
        yield made


def send(sender: KafkaProducer, topic: str, way: Way, numbers: Sequence[int]) -> None:
    """Within a transaction that is left open."""
    sender.begin_transaction()
    for number in numbers:
        sender.send(topic, json.dumps({"records": [way.spc(float(number))]}).encode())
    sender.flush()


def stored(way: Way, numbers: Sequence[int]) -> Callable[[], bool]:
    return lambda: way.values() == [float(number) for number in numbers]


def test_what_was_aborted_is_never_stored(
    publisher: KafkaPublisher, transactional: KafkaProducer, database: str, tmp_path: Path
) -> None:
    expected: list[int] = []
    with serving(publisher, database, tmp_path) as way:
        for beginning in range(0, 40, _BRIEF):
            numbers = range(beginning, beginning + _BRIEF)
            send(transactional, publisher.topic, way, numbers)
            if beginning % 2:
                transactional.abort_transaction()
            else:
                transactional.commit_transaction()
                expected += numbers
        eventually(stored(way, expected), seconds=30)
        eventually(lambda: lag(way) == 0)
        assert stored(way, expected)()


def test_an_open_transaction_is_waited_for(
    publisher: KafkaPublisher, transactional: KafkaProducer, database: str, tmp_path: Path
) -> None:
    with serving(publisher, database, tmp_path) as way:
        send(transactional, publisher.topic, way, [1, 2])
        way.send(way.spc(3.0))
        eventually(lambda: lag(way) >= 3, seconds=30)
        assert way.values() == []
        transactional.commit_transaction()
        eventually(stored(way, [1, 2, 3]), seconds=30)
        eventually(lambda: lag(way) == 0)


def test_offsets_without_messages_are_passed_in_postgres_and_in_kafka(
    kafka_broker: KafkaBroker, publisher: KafkaPublisher, transactional: KafkaProducer, database: str, tmp_path: Path
) -> None:
    """Else what Kafka deletes behind the last message would be said to be missed."""
    with serving(publisher, database, tmp_path) as way:
        send(transactional, publisher.topic, way, [1])
        transactional.commit_transaction()
        send(transactional, publisher.topic, way, [2, 3])
        transactional.abort_transaction()
        end = 5  # three messages and two marks
        eventually(lambda: position(database, publisher) == end, seconds=30)
        eventually(lambda: committed(kafka_broker, publisher) == end)
    with closing(kafka_broker.admin()) as admin:
        admin.delete_records({TopicPartition(publisher.topic, 0): end})
    with serving(publisher, database, tmp_path) as way:
        send(transactional, publisher.topic, way, [4])
        transactional.commit_transaction()
        eventually(stored(way, [1, 4]), seconds=30)
        eventually(lambda: lag(way) == 0)
        assert sampled(way, "scouter_kafka_missed_total", topic=publisher.topic) == 0


def position(database: str, publisher: KafkaPublisher) -> int:
    with psycopg.connect(database, options="-c search_path=scouter_py") as connection:
        found = connection.execute("SELECT next FROM kafka_position WHERE topic = %s", (publisher.topic,)).fetchone()
    return -1 if found is None else int(found[0])


def committed(broker: KafkaBroker, publisher: KafkaPublisher) -> int:
    """What people see who look at the group in Kafka."""
    group = publisher.environment["KAFKA_GROUP"]
    with closing(broker.admin()) as admin:
        offsets = admin.list_group_offsets({group: [TopicPartition(publisher.topic, 0)]})
    return int(offsets[group][TopicPartition(publisher.topic, 0)].offset)
