"""What is RabbitMQ's own: acknowledgements, redelivery, queues that come and go, brokers that crash."""

from __future__ import annotations

import itertools
import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pika
import psycopg
import pytest

from scouter.ingest.consumers.rabbitmq.client import BROKER_ERRORS, open_channel, open_connection, require_answer
from tests.brokers.certificates import Certificates
from tests.brokers.rabbitmq import RabbitBroker
from tests.brokers.rabbitmq_messages import opened, publish
from tests.conditions import eventually
from tests.freezing import freeze
from tests.integration.conftest import settings_for
from tests.integration.test_transports import Way
from tests.integration.ways import another_process, lag, part, serving
from tests.publishers import RabbitPublisher

_queues = (f"queue-{number}" for number in itertools.count(1))


@pytest.fixture
def publisher(rabbit_broker: RabbitBroker) -> Iterator[RabbitPublisher]:
    with closing(RabbitPublisher(rabbit_broker, next(_queues))) as made:
        yield made


@pytest.fixture
def own_broker(rabbitmq_installed: None, tmp_path: Path) -> Iterator[RabbitBroker]:
    """To be stopped and killed."""
    with RabbitBroker(tmp_path / "rabbitmq") as broker:
        yield broker


def messages_of(way: Way, numbers: Sequence[int]) -> list[bytes]:
    return [json.dumps({"records": [way.spc(float(number))]}).encode() for number in numbers]


def stored(way: Way, numbers: Sequence[int]) -> Callable[[], bool]:
    """Whether each is there, and none of them twice."""
    return lambda: way.values() == [float(number) for number in numbers]


def at_least(way: Way, count: int) -> Callable[[], bool]:
    return lambda: len(way.values()) >= count


def test_amqps_trusts_the_authority_that_is_named(
    secured_rabbit: RabbitBroker, certificates: Certificates, database: str, tmp_path: Path
) -> None:
    tls = {"RABBITMQ_ADDR": secured_rabbit.tls_url(), "RABBITMQ_CERT_LOCATION": str(certificates.authority)}
    publisher = RabbitPublisher(secured_rabbit, next(_queues))
    with closing(publisher), serving(publisher, database, tmp_path, **tls) as way:
        way.send(way.spc(1.0))
        eventually(stored(way, [1]), seconds=20)


def test_amqps_with_a_certificate_of_nobody_known_is_down_and_says_why(
    secured_rabbit: RabbitBroker, database: str, tmp_path: Path
) -> None:
    publisher = RabbitPublisher(secured_rabbit, next(_queues))
    tls = {"RABBITMQ_ADDR": secured_rabbit.tls_url()}
    with closing(publisher), serving(publisher, database, tmp_path, **tls) as way:
        eventually(lambda: "CERTIFICATE_VERIFY_FAILED" in part(way, "rabbitmq")[1])


def test_several_queues_are_read(rabbit_broker: RabbitBroker, database: str, tmp_path: Path) -> None:
    first, second = (RabbitPublisher(rabbit_broker, next(_queues)) for _ in range(2))
    both = f"{first.environment['RABBITMQ_QUEUE']},{second.environment['RABBITMQ_QUEUE']}"
    with closing(first), closing(second), serving(first, database, tmp_path, RABBITMQ_QUEUE=both) as way:
        for number, publisher in enumerate((first, second)):
            publisher.send(messages_of(way, [number])[0])
        eventually(stored(way, [0, 1]), seconds=20)


def test_a_queue_is_made_as_the_published_clients_make_it(
    rabbit_broker: RabbitBroker, publisher: RabbitPublisher, database: str, tmp_path: Path
) -> None:
    queue = next(_queues)
    with serving(publisher, database, tmp_path, RABBITMQ_QUEUE=queue) as way:
        eventually(lambda: part(way, "rabbitmq")[0])
        with opened(rabbit_broker.url()) as connection:
            connection.channel().queue_declare(queue, durable=False)  # 406 if it were another


def test_a_durable_queue_is_read_as_it_is(
    rabbit_broker: RabbitBroker, publisher: RabbitPublisher, database: str, tmp_path: Path
) -> None:
    queue = next(_queues)
    with opened(rabbit_broker.url()) as connection:
        with serving(publisher, database, tmp_path / "first") as way:
            publish(connection, queue, messages_of(way, range(5)))
        with serving(publisher, database, tmp_path / "second", RABBITMQ_QUEUE=queue) as way:
            eventually(stored(way, range(5)), seconds=20)


def test_a_queue_that_is_deleted_is_made_again(
    rabbit_broker: RabbitBroker, publisher: RabbitPublisher, database: str, tmp_path: Path
) -> None:
    with serving(publisher, database, tmp_path) as way, opened(rabbit_broker.url()) as connection:
        way.send(way.spc(1.0))
        eventually(stored(way, [1]), seconds=20)
        connection.channel().queue_delete(publisher.queue)
        eventually(lambda: "the queue was deleted" in part(way, "rabbitmq")[1])
        eventually(lambda: part(way, "rabbitmq")[0])
        way.send(way.spc(2.0))
        eventually(stored(way, [1, 2]), seconds=20)


def test_a_broker_that_is_away_at_the_start_and_later_is_said_and_come_back_to(
    own_broker: RabbitBroker, database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(RabbitPublisher(own_broker, "away")) as publisher:
        own_broker.kill()
        with serving(publisher, database, tmp_path) as way:
            is_up, says = part(way, "rabbitmq")
            assert not is_up
            assert "0 of 2 consumers read" in says and "down since 20" in says
            own_broker.start()
            eventually(lambda: part(way, "rabbitmq")[0], seconds=30)
            with opened(own_broker.url()) as connection:
                connection.channel().basic_publish("", "away", messages_of(way, [1])[0])
            eventually(stored(way, [1]), seconds=20)
            own_broker.kill()
            eventually(lambda: not part(way, "rabbitmq")[0])
            own_broker.start()
            eventually(lambda: part(way, "rabbitmq")[0], seconds=30)
            with opened(own_broker.url()) as connection:
                connection.channel().basic_publish("", "away", messages_of(way, [2])[0])
            eventually(stored(way, [1, 2]), seconds=20)
    assert "cannot read" in caplog.text
    assert own_broker.password not in caplog.text


def test_a_wrong_password_is_said_without_showing_it(
    rabbit_broker: RabbitBroker, publisher: RabbitPublisher, database: str, tmp_path: Path
) -> None:
    address = f"amqp://{rabbit_broker.username}:hunter2@127.0.0.1:{rabbit_broker.port}/%2F"
    with another_process(publisher, database, tmp_path, RABBITMQ_ADDR=address) as server:
        eventually(lambda: "rabbitmq 1 cannot read: " in server.log)
        assert "ACCESS_REFUSED" in server.log
    assert "hunter2" not in server.log


def test_equal_messages_that_are_persistent_are_different_messages(
    rabbit_broker: RabbitBroker, publisher: RabbitPublisher, database: str, tmp_path: Path
) -> None:
    queue = next(_queues)
    with opened(rabbit_broker.url()) as connection:
        with serving(publisher, database, tmp_path / "first") as way:
            publish(connection, queue, messages_of(way, [1]) * 50)
        with serving(publisher, database, tmp_path / "second", RABBITMQ_QUEUE=queue) as way:
            publish(connection, queue, messages_of(way, [1]) * 50)
            eventually(stored(way, [1] * 100), seconds=20)


def test_what_was_committed_and_not_acknowledged_comes_again_and_is_stored_once(
    own_broker: RabbitBroker, database: str, tmp_path: Path
) -> None:
    """Killed between COMMIT and acknowledgement: the database is held up until the broker hears nothing any more."""
    with closing(RabbitPublisher(own_broker, "unheard")) as publisher:
        server = another_process(publisher, database, tmp_path, RABBITMQ_PREFETCH_COUNT="100")
        with server, psycopg.connect(database, options="-c search_path=scouter_py") as blocker:
            way = Way(publisher, server.url, database)
            way.send(way.spc(0.0))
            eventually(stored(way, [0]), seconds=20)
            blocker.execute("LOCK TABLE batch_receipt IN ACCESS EXCLUSIVE MODE")
            for number in range(1, 21):
                way.send(way.spc(float(number)))
            time.sleep(0.3)  # it has them, and waits for the database
            own_broker.freeze()
            blocker.rollback()
            eventually(lambda: len(way.values()) > 1)
            server.kill()
            own_broker.thaw()
            server.start()
            way = Way(publisher, server.url, database)
            eventually(lambda: way.counts()["received"] >= 21 and len(way.values()) >= 21, seconds=30)
            time.sleep(1)
            assert stored(way, range(21))()


def test_a_broker_that_crashes_forgets_acknowledgements_and_its_messages_are_stored_once(
    own_broker: RabbitBroker, database: str, tmp_path: Path
) -> None:
    """Persistent messages of a durable queue, while nobody publishes: then it writes acknowledgements down late."""
    publisher = RabbitPublisher(own_broker, "other")
    with (
        closing(publisher),
        serving(publisher, database, tmp_path / "first") as way,
        opened(own_broker.url()) as sender,
    ):
        publish(sender, "durable", messages_of(way, range(6000)))
    durable = {"RABBITMQ_ADDR": own_broker.url(), "RABBITMQ_QUEUE": "durable"}
    with serving(publisher, database, tmp_path / "second", **durable) as way:
        for least in (1000, 3000):
            eventually(at_least(way, least), seconds=30)
            wait_until_forgotten(database)
            own_broker.kill()
            own_broker.start()
        eventually(at_least(way, 6000), seconds=60)
        eventually(lambda: drained(own_broker, "durable"), seconds=20)
        assert stored(way, range(6000))()
        assert way.counts()["duplicate"] > 0, "the broker delivered nothing again this time"


def wait_until_forgotten(database: str) -> None:
    """Until the server believes that the broker knows all, which it should not soon: the worst moment for a crash."""
    deadline = time.monotonic() + 1.5
    with psycopg.connect(database, autocommit=True, options="-c search_path=scouter_py") as connection:
        while time.monotonic() < deadline:
            left = connection.execute("SELECT count(*) FROM rabbitmq_delivery").fetchone()
            if left is not None and left[0] < 50:
                return
            time.sleep(0.005)


def drained(broker: RabbitBroker, queue: str) -> bool:
    with opened(broker.url()) as connection:
        return bool(connection.channel().queue_declare(queue, passive=True).method.message_count == 0)


def test_a_server_that_was_frozen_stores_nothing_that_another_has_stored_meanwhile(
    own_broker: RabbitBroker, publisher: RabbitPublisher, database: str, tmp_path: Path
) -> None:
    """Its connection is lost behind its back while it has messages in hand."""
    with opened(own_broker.url()) as connection:
        publish(connection, "durable", [])
    reading = {"RABBITMQ_ADDR": own_broker.url(), "RABBITMQ_QUEUE": "durable", "RABBITMQ_PREFETCH_COUNT": "5"}
    first, second = (another_process(publisher, database, tmp_path / name, **reading) for name in ("1st", "2nd"))
    with first:
        way = Way(publisher, first.url, database)
        for round_ in range(3):
            numbers = range(round_ * 300, round_ * 300 + 300)
            with opened(own_broker.url()) as connection:
                sending = publishing(connection, messages_of(way, numbers))
                for _ in itertools.islice(sending, 100):
                    pass
                freeze(first.pid)
                for _ in sending:
                    pass
            own_broker.kill()
            own_broker.start()
            with second:
                try:
                    eventually(lambda: drained(own_broker, "durable"), seconds=40)
                finally:  # what is frozen cannot be stopped
                    os.kill(first.pid, signal.SIGCONT)
                eventually(at_least(way, numbers.stop), seconds=40)
                time.sleep(1)
            assert stored(way, range(numbers.stop))()


def publishing(connection: pika.BlockingConnection, bodies: Sequence[bytes]) -> Iterator[None]:
    for body in bodies:
        publish(connection, "durable", [body])
        yield


def test_messages_that_wait_are_a_metric(publisher: RabbitPublisher, database: str, tmp_path: Path) -> None:
    with serving(publisher, database, tmp_path, RABBITMQ_PREFETCH_COUNT="5") as way:
        with psycopg.connect(database, options="-c search_path=scouter_py") as blocker:
            blocker.execute("LOCK TABLE batch_receipt IN ACCESS EXCLUSIVE MODE")
            for number in range(40):
                way.send(way.spc(float(number)))
            eventually(lambda: 38 <= lag(way) <= 44, seconds=20)
        eventually(stored(way, range(40)), seconds=30)
        eventually(lambda: lag(way) == 0)


def test_a_connection_that_was_lost_behind_messages_is_known_to_be_lost(
    own_broker: RabbitBroker, database: str, tmp_path: Path
) -> None:
    """They wait to be read, as in a process that was frozen: what was delivered may be somebody else's by now."""
    environment = {"RABBITMQ_ADDR": own_broker.url(), "RABBITMQ_QUEUE": "lost", "RABBITMQ_PREFETCH_COUNT": "200"}
    settings = settings_for(database, tmp_path, **environment).rabbitmq
    connection = open_connection(settings)
    channel = open_channel(connection, settings, "tag", lambda *_: None)
    require_answer(channel, settings)
    with opened(own_broker.url()) as sender:
        publishing_channel = sender.channel()
        for _ in range(200):
            publishing_channel.basic_publish("", "lost", b"x" * 1000)
        time.sleep(0.5)  # they have arrived
    own_broker.kill()
    with pytest.raises(BROKER_ERRORS):
        require_answer(channel, settings)
