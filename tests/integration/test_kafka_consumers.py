"""What is Kafka's own: users, offsets, groups that change, messages that Kafka itself has deleted."""

from __future__ import annotations

import itertools
import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from kafka import TopicPartition

from tests.brokers.certificates import Certificates
from tests.brokers.kafka import KafkaBroker
from tests.conditions import eventually
from tests.freezing import freeze
from tests.integration.test_transports import Way
from tests.integration.ways import another_process, lag, part, sampled, serving
from tests.publishers import KafkaPublisher

_topics = (f"topic-{number}" for number in itertools.count(1))
_PASSWORD = "open sesame"


@pytest.fixture
def publisher(kafka_broker: KafkaBroker) -> Iterator[KafkaPublisher]:
    with closing(KafkaPublisher(kafka_broker, next(_topics))) as made:
        yield made


@pytest.fixture
def own_broker(kafka_installed: None, tmp_path: Path) -> Iterator[KafkaBroker]:
    """To be stopped and killed."""
    with KafkaBroker(tmp_path / "kafka") as broker:
        yield broker


def messages_of(way: Way, numbers: Sequence[int]) -> list[bytes]:
    return [json.dumps({"records": [way.spc(float(number))]}).encode() for number in numbers]


def send_all(way: Way, numbers: Sequence[int]) -> None:
    for message in messages_of(way, numbers):
        way.publisher.send(message)


def stored(way: Way, numbers: Sequence[int]) -> Callable[[], bool]:
    """Whether each is there, and none of them twice."""
    return lambda: way.values() == [float(number) for number in numbers]


def more_than(way: Way, count: int) -> Callable[[], bool]:
    return lambda: len(way.values()) > count


@pytest.mark.parametrize("protocol", ["SASL_PLAINTEXT", "SASL_SSL"])
@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_a_user_gets_in_by_every_mechanism(
    secured_kafka: KafkaBroker, certificates: Certificates, database: str, tmp_path: Path, protocol: str, mechanism: str
) -> None:
    login = {
        "KAFKA_BROKERS": secured_kafka.address(protocol),
        "KAFKA_USERNAME": "anna",
        "KAFKA_PASSWORD": _PASSWORD,
        "KAFKA_SECURITY_PROTOCOL": protocol,
        "KAFKA_SASL_MECHANISM": mechanism,
    }
    if protocol == "SASL_SSL":
        login["KAFKA_CERT_LOCATION"] = str(certificates.authority)
    publisher = KafkaPublisher(secured_kafka, next(_topics))
    with closing(publisher), serving(publisher, database, tmp_path, **login) as way:
        send_all(way, [1])
        eventually(stored(way, [1]), seconds=30)


def test_a_wrong_password_is_said_without_showing_it(secured_kafka: KafkaBroker, database: str, tmp_path: Path) -> None:
    login = {
        "KAFKA_BROKERS": secured_kafka.address("SASL_PLAINTEXT"),
        "KAFKA_USERNAME": "anna",
        "KAFKA_PASSWORD": "hunter2",
        "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
    }
    publisher = KafkaPublisher(secured_kafka, next(_topics))
    with closing(publisher), another_process(publisher, database, tmp_path, **login) as server:
        eventually(lambda: "kafka 1 cannot read: " in server.log, seconds=30)
        assert "or none lets us in" in server.log
    assert "hunter2" not in server.log


def test_several_topics_are_read(
    kafka_broker: KafkaBroker, publisher: KafkaPublisher, database: str, tmp_path: Path
) -> None:
    other = KafkaPublisher(kafka_broker, next(_topics))
    both = f"{publisher.topic},{other.topic}"
    with closing(other), serving(publisher, database, tmp_path, KAFKA_TOPIC=both) as way:
        send_all(way, [1])
        other.send(messages_of(way, [2])[0])
        eventually(stored(way, [1, 2]), seconds=30)


@pytest.mark.parametrize(("reset", "expected"), [("earliest", [1, 2]), ("latest", [2])])
def test_a_group_that_is_new_begins_where_it_is_told(
    publisher: KafkaPublisher, database: str, tmp_path: Path, reset: str, expected: list[int]
) -> None:
    with serving(publisher, database, tmp_path / "before", KAFKA_GROUP="another") as way:
        send_all(way, [1])
        eventually(stored(way, [1]), seconds=30)
    forget_rows(database)
    with serving(publisher, database, tmp_path / "after", KAFKA_OFFSET_RESET=reset) as way:
        eventually(lambda: positions(database, publisher) == 3, seconds=30)
        send_all(way, [2])
        eventually(stored(way, expected), seconds=30)


def forget_rows(database: str) -> None:
    with psycopg.connect(database, options="-c search_path=scouter_py") as connection:
        connection.execute("TRUNCATE spc_record")


def positions(database: str, publisher: KafkaPublisher) -> int:
    with psycopg.connect(database, options="-c search_path=scouter_py") as connection:
        found = connection.execute(
            "SELECT count(*) FROM kafka_position WHERE consumer_group = %s AND topic = %s",
            (publisher.environment["KAFKA_GROUP"], publisher.topic),
        ).fetchone()
    assert found is not None
    return int(found[0])


def test_a_topic_that_comes_later_is_read_from_its_beginning(
    kafka_broker: KafkaBroker, publisher: KafkaPublisher, database: str, tmp_path: Path
) -> None:
    later = next(_topics)
    with serving(publisher, database, tmp_path, KAFKA_TOPIC=later) as way:
        eventually(lambda: f"there is no topic {later}" in part(way, "kafka")[1], seconds=20)
        with closing(KafkaPublisher(kafka_broker, later)) as sender:
            sender.send(messages_of(way, [1])[0])
            eventually(stored(way, [1]), seconds=40)
            eventually(lambda: part(way, "kafka")[0])


def test_partitions_that_come_later_are_read_from_their_beginning(
    kafka_broker: KafkaBroker, publisher: KafkaPublisher, database: str, tmp_path: Path
) -> None:
    with serving(publisher, database, tmp_path, KAFKA_OFFSET_RESET="latest") as way:
        eventually(lambda: positions(database, publisher) == 3, seconds=30)
        with closing(kafka_broker.admin()) as admin:
            admin.create_partitions({publisher.topic: 6})
        with closing(KafkaPublisher(kafka_broker, next(_topics))) as sender:
            for number in range(60):
                sender.send_to(publisher.topic, messages_of(way, [number])[0], partition=number % 6)
        eventually(stored(way, range(60)), seconds=40)


def test_what_kafka_has_deleted_before_it_was_read_is_said_and_counted(
    kafka_broker: KafkaBroker, database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    publisher = KafkaPublisher(kafka_broker, next(_topics), partitions=1)
    with closing(publisher):
        with serving(publisher, database, tmp_path) as way:
            send_all(way, range(10))
            eventually(stored(way, range(10)), seconds=30)
        send_all(way, range(10, 30))
        with closing(kafka_broker.admin()) as admin:
            admin.delete_records({TopicPartition(publisher.topic, 0): 15})
        with serving(publisher, database, tmp_path) as way:
            left = [*range(10), *range(15, 30)]
            eventually(stored(way, left), seconds=30)
            assert sampled(way, "scouter_kafka_missed_total", topic=publisher.topic) == 5
    assert f"Kafka has no offset 10 of {publisher.topic}/0 any more, it has 15 to 30" in caplog.text


@pytest.mark.parametrize("count", [3, 30])
def test_a_topic_that_is_made_anew_while_no_server_runs_is_read_from_its_beginning(
    kafka_broker: KafkaBroker, database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, count: int
) -> None:
    """Fewer messages than the former one had, and more: then its offset is there, and means something else."""
    publisher = KafkaPublisher(kafka_broker, next(_topics), partitions=1)
    with closing(publisher):
        with serving(publisher, database, tmp_path) as way:
            send_all(way, range(10))
            eventually(stored(way, range(10)), seconds=30)
        make_anew(kafka_broker, publisher.topic)
        send_all(way, range(10, 10 + count))
        for _ in range(2):  # the second time it is known
            with serving(publisher, database, tmp_path) as way:
                eventually(stored(way, range(10 + count)), seconds=30)
                eventually(lambda: lag(way) == 0)
        assert caplog.text.count(f"Kafka topic {publisher.topic} was deleted and made anew: partition 0") == 1
    assert "from offset 10 on is gone unread" in caplog.text


def test_a_topic_that_is_made_anew_while_servers_run_is_read_from_its_beginning(
    kafka_broker: KafkaBroker, database: str, tmp_path: Path
) -> None:
    publisher = KafkaPublisher(kafka_broker, next(_topics), partitions=2)
    numbers = itertools.count()
    with (
        closing(publisher),
        another_process(publisher, database, tmp_path / "2nd"),
        serving(publisher, database, tmp_path / "1st") as way,
    ):
        for _ in range(3):
            send_all(way, list(itertools.islice(numbers, 20)))
            count = next(numbers)
            send_all(way, [count])
            eventually(more_than(way, count), seconds=30)
            make_anew(kafka_broker, publisher.topic, partitions=2)
        send_all(way, list(itertools.islice(numbers, 20)))
        count = next(numbers)
        eventually(lambda: len(way.values()) >= count, seconds=30)
        time.sleep(6)  # longer than what is known of topics may be out of date
        assert stored(way, range(count))()


def test_a_position_of_a_topic_without_an_id_is_kept(kafka_broker: KafkaBroker, database: str, tmp_path: Path) -> None:
    """It was written before ids were."""
    publisher = KafkaPublisher(kafka_broker, next(_topics), partitions=1)
    with closing(publisher):
        with serving(publisher, database, tmp_path) as way:
            send_all(way, range(5))
            eventually(stored(way, range(5)), seconds=30)
        with psycopg.connect(database, options="-c search_path=scouter_py") as connection:
            connection.execute("UPDATE kafka_position SET topic_id = NULL")
        send_all(way, range(5, 8))
        with serving(publisher, database, tmp_path) as way:
            eventually(stored(way, range(8)), seconds=30)
        with psycopg.connect(database, options="-c search_path=scouter_py") as connection:
            found = connection.execute("SELECT topic_id IS NOT NULL, next FROM kafka_position").fetchall()
    assert found == [(True, 8)]


def make_anew(broker: KafkaBroker, topic: str, partitions: int = 1) -> None:
    with closing(broker.admin()) as admin:
        admin.delete_topics([topic])
        eventually(lambda: topic not in admin.list_topics())
    broker.create_topic(topic, partitions)


def test_a_broker_that_is_away_at_the_start_and_later_is_said_and_come_back_to(
    own_broker: KafkaBroker, database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(KafkaPublisher(own_broker, "away")) as publisher:
        own_broker.kill()
        with serving(publisher, database, tmp_path) as way:
            is_up, says = part(way, "kafka")
            assert not is_up
            assert "0 of 2 consumers read" in says and "down since 20" in says
            own_broker.start()
            eventually(lambda: part(way, "kafka")[0], seconds=60)
            send_all(way, [1])
            eventually(stored(way, [1]), seconds=30)
            own_broker.kill()
            eventually(lambda: "no broker answers" in part(way, "kafka")[1], seconds=20)
            own_broker.start()
            send_all(way, [2])
            eventually(stored(way, [1, 2]), seconds=60)
            eventually(lambda: part(way, "kafka")[0], seconds=20)
    assert "cannot read" in caplog.text


def test_a_second_server_joins_and_leaves(publisher: KafkaPublisher, database: str, tmp_path: Path) -> None:
    second = another_process(publisher, database, tmp_path / "2nd")
    with another_process(publisher, database, tmp_path / "1st") as first:
        way = Way(publisher, first.url, database)
        numbers = itertools.count()
        for leave in (second.stop, second.kill, second.stop):
            second.start()
            deadline = time.monotonic() + 5
            while time.monotonic() < deadline:
                send_all(way, [next(numbers)])
            leave()
        count = next(numbers)
        eventually(lambda: len(way.values()) >= count, seconds=40)
        assert stored(way, range(count))()
        assert second.log.count("kafka 1 reads") == 3


def test_a_server_that_was_frozen_stores_nothing_that_another_has_stored_meanwhile(
    publisher: KafkaPublisher, database: str, tmp_path: Path
) -> None:
    """For longer than its session in the group lasts."""
    first, second = (another_process(publisher, database, tmp_path / name) for name in ("1st", "2nd"))
    with first:
        way = Way(publisher, first.url, database)
        numbers = itertools.count()
        for _ in range(2):
            send_all(way, list(itertools.islice(numbers, 100)))
            freeze(first.pid)
            with second:
                send_all(way, list(itertools.islice(numbers, 100)))
                count = next(numbers)
                send_all(way, [count])
                eventually(more_than(way, count), seconds=40)
                os.kill(first.pid, signal.SIGCONT)
                send_all(way, list(itertools.islice(numbers, 100)))
        count = next(numbers)
        eventually(lambda: len(way.values()) >= count, seconds=40)
        assert stored(way, range(count))()


def test_a_server_that_is_killed_right_after_a_commit_stores_nothing_twice(
    publisher: KafkaPublisher, database: str, tmp_path: Path
) -> None:
    with another_process(publisher, database, tmp_path) as server:
        way = Way(publisher, server.url, database)
        count = 0
        for _ in range(4):
            send_all(way, range(count, count + 50))
            count += 50
            eventually(more_than(way, count - 50), seconds=40)
            server.kill()
            server.start()
        eventually(lambda: len(way.values()) >= count, seconds=40)
        time.sleep(1)
        assert stored(way, range(count))()


def test_messages_that_wait_are_a_metric(publisher: KafkaPublisher, database: str, tmp_path: Path) -> None:
    with serving(publisher, database, tmp_path) as way:
        send_all(way, [0])
        eventually(stored(way, [0]), seconds=30)
        with psycopg.connect(database, options="-c search_path=scouter_py") as blocker:
            blocker.execute("LOCK TABLE batch_receipt IN ACCESS EXCLUSIVE MODE")
            send_all(way, range(1, 41))
            eventually(lambda: lag(way) == 40, seconds=30)
        eventually(stored(way, range(41)), seconds=30)
        eventually(lambda: lag(way) == 0)


@pytest.mark.parametrize("again", [3, 60])
def test_a_log_that_lost_its_end_is_read_on_from_where_it_was_cut(
    own_broker: KafkaBroker, database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, again: int
) -> None:
    """As by a power cut. With fewer new messages than were lost, and with more: then the old offset is there again."""
    with closing(KafkaPublisher(own_broker, "cut", partitions=1)) as publisher:
        with serving(publisher, database, tmp_path) as way:
            send_all(way, range(50))
            eventually(stored(way, range(50)), seconds=30)
        cut_power(own_broker, tmp_path / "kafka" / "data" / "cut-0")
        with closing(KafkaPublisher(own_broker, "other", partitions=1)) as sender:
            for message in messages_of(way, range(50, 50 + again)):
                sender.send_to("cut", message, partition=0)
        with serving(publisher, database, tmp_path) as way:
            eventually(stored(way, range(50 + again)), seconds=40)
            eventually(lambda: lag(way) == 0)
            assert stored(way, range(50 + again))()
    assert "Kafka has lost messages of cut/0 that were stored" in caplog.text


def test_a_log_that_lost_its_end_while_it_was_read_is_read_on_from_there(
    own_broker: KafkaBroker, database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    publisher = KafkaPublisher(own_broker, "cut", partitions=1)
    with closing(publisher), serving(publisher, database, tmp_path) as way:
        send_all(way, range(50))
        eventually(stored(way, range(50)), seconds=30)
        cut_power(own_broker, tmp_path / "kafka" / "data" / "cut-0")
        with closing(KafkaPublisher(own_broker, "other", partitions=1)) as sender:  # the first one counts messages
            for message in messages_of(way, range(50, 110)):
                sender.send_to("cut", message, partition=0)
        eventually(stored(way, range(110)), seconds=40)
        time.sleep(1)
        assert stored(way, range(110))()
    assert "Kafka has lost messages of cut/0 that were stored" in caplog.text


def cut_power(broker: KafkaBroker, partition: Path) -> None:
    """A kill takes nothing from the system's file cache: half of the log goes by our hand. The broker is up again."""
    broker.kill()
    (log,) = partition.glob("*.log")
    os.truncate(log, log.stat().st_size // 2)
    broker.start()
