"""What the published clients send to Kafka and RabbitMQ, and what they do when the broker is not as they wish.

The way in from a broker is built on this: bytes, keys, queues, and who loses what.
"""

from __future__ import annotations

import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pika.exceptions import ChannelClosedByBroker

from scouter.wire.messages import Message
from tests.brokers.certificates import Certificates
from tests.brokers.kafka import KafkaBroker
from tests.brokers.kafka_messages import received, records
from tests.brokers.rabbitmq import RabbitBroker
from tests.brokers.rabbitmq_messages import fetched, opened, publish, waited_for
from tests.client.application import PSI_BATCH, psi_items, training_colors, training_columns
from tests.client.client_session import ClientRaised, ClientSession
from tests.client.environments import VERSIONS

SPACE, NAME = "s", "m"
ITEMS = [{"f0": 1.0, "f1": 2.0}, {"f0": 3.0, "f1": 4.0}]  # one sample
MEANS = {"f0": 2.0, "f1": 3.0}
OLDEST_AND_NEWEST = (VERSIONS[0], VERSIONS[-1])


@pytest.fixture
def application(client: ClientSession) -> ClientSession:
    """A client that monitors one SPC profile, two items a sample."""
    client.ask("make", profile="Spc", type="Spc", columns=training_columns(), sample_size=2, space=SPACE, name=NAME)
    return client


def test_kafka_gets_the_json_that_http_gets_without_key_or_headers(
    kafka_broker: KafkaBroker, application: ClientSession, version: str
) -> None:
    topic = f"json-{version}"  # made by being sent to
    open_kafka(application, kafka_broker, topic)
    application.ask("insert", profile="Spc", features=ITEMS)
    (record,) = records_once_there(kafka_broker, topic, 1)
    assert (record.key, record.headers) == (None, [])
    assert means(record.value) == MEANS
    assert identity(record.value) == legacy_or_uid(version)


def test_every_kind_of_record_arrives_as_one_message_a_sample(
    kafka_broker: KafkaBroker, client: ClientSession, version: str
) -> None:
    of: dict[str, Any] = {"space": SPACE, "name": NAME}
    columns = {**training_columns(), "color": training_colors()}
    client.ask("make", profile="Psi", type="Psi", columns=columns, categorical=["color"], **of)
    client.ask("make", profile="Custom", type="Custom", columns={"mae": 1.0}, sample_size=2, **of)
    topic = f"kinds-{version}"
    open_kafka(client, kafka_broker, topic, "Psi", "Custom")
    client.ask("insert", profile="Psi", features=psi_items()[:PSI_BATCH])
    client.ask("insert", profile="Custom", metrics=[{"mae": 1.0}, {"mae": 2.0}])
    psi, custom = sorted((entries(record.value) for record in records_once_there(kafka_broker, topic, 2)), key=len)[
        ::-1
    ]
    assert sum(entry.psi.bin_count for entry in psi) == PSI_BATCH * len(columns)
    assert [(entry.custom.metric, entry.custom.value) for entry in custom] == [("mae", 1.5)]


def test_messages_are_spread_over_the_partitions(
    kafka_broker: KafkaBroker, application: ClientSession, version: str
) -> None:
    topic = f"spread-{version}"
    kafka_broker.create_topic(topic, partitions=2)
    open_kafka(application, kafka_broker, topic)
    for _ in range(24):
        application.ask("insert", profile="Spc", features=ITEMS)
        time.sleep(0.05)  # what is sent at once goes to one partition
    found = records_once_there(kafka_broker, topic, 24)
    assert {record.partition for record in found} == {0, 1}


def test_a_client_logs_in_to_kafka_with_scram_over_tls(
    secured_kafka: KafkaBroker, certificates: Certificates, application: ClientSession, version: str
) -> None:
    topic = f"secured-{version}"
    login = {"sasl.mechanism": "SCRAM-SHA-512", "sasl.username": "anna", "sasl.password": "open sesame"}
    tls = {"security.protocol": "SASL_SSL", "ssl.ca.location": str(certificates.authority)}
    brokers = secured_kafka.address("SASL_SSL")
    application.ask(
        "open_queue", profiles=["Spc"], kafka={"brokers": brokers, "topic": topic, "config": {**tls, **login}}
    )
    application.ask("insert", profile="Spc", features=ITEMS)
    assert [means(record.value) for record in records_once_there(secured_kafka, topic, 1)] == [MEANS]


@pytest.mark.parametrize("version", OLDEST_AND_NEWEST)
def test_a_client_keeps_its_messages_while_kafka_is_away(
    kafka_installed: None, application: ClientSession, tmp_path: Path
) -> None:
    with KafkaBroker(tmp_path / "kafka") as broker:
        broker.create_topic("kept")
        open_kafka(application, broker, "kept")
        application.ask("insert", profile="Spc", features=ITEMS)
        assert len(received(broker.address(), "kept", 1)) == 1
        broker.kill()
        application.ask("insert", profile="Spc", features=ITEMS)
        broker.start()
        application.ask("insert", profile="Spc", features=ITEMS)
        assert len(received(broker.address(), "kept", 3)) == 3


def test_rabbitmq_gets_the_same_json_transient_by_the_default_exchange(
    rabbit_broker: RabbitBroker, application: ClientSession, version: str
) -> None:
    queue = f"json-{version}"
    open_rabbit(application, rabbit_broker, queue)
    application.ask("insert", profile="Spc", features=ITEMS)
    with opened(rabbit_broker.url()) as connection:
        ((delivery, properties, body),) = waited_for(connection, queue, 1)
    assert (delivery.exchange, delivery.routing_key) == ("", queue)
    assert {name: value for name, value in vars(properties).items() if value is not None} == {}
    assert means(body) == MEANS
    assert identity(body) == legacy_or_uid(version)


def test_every_version_declares_its_queue_non_durable(
    rabbit_broker: RabbitBroker, application: ClientSession, version: str
) -> None:
    queue = f"declared-{version}"
    open_rabbit(application, rabbit_broker, queue)
    with opened(rabbit_broker.url()) as connection:
        connection.channel().queue_declare(queue, durable=False)
        with pytest.raises(ChannelClosedByBroker, match="inequivalent arg 'durable'"):
            connection.channel().queue_declare(queue, durable=True)


def test_no_version_can_publish_to_a_durable_queue(
    rabbit_broker: RabbitBroker, application: ClientSession, version: str
) -> None:
    queue = f"durable-{version}"
    with opened(rabbit_broker.url()) as connection:
        publish(connection, queue, [b"here already"])
        with suppress(ClientRaised):  # 0.9.0 says nothing
            open_rabbit(application, rabbit_broker, queue)
            application.ask("insert", profile="Spc", features=ITEMS)
        time.sleep(1)
        assert fetched(connection, queue) == [b"here already"]


@pytest.mark.parametrize("version", OLDEST_AND_NEWEST)
def test_a_client_does_not_come_back_to_a_rabbitmq_that_was_away(
    rabbitmq_installed: None, application: ClientSession, tmp_path: Path
) -> None:
    with RabbitBroker(tmp_path / "rabbitmq") as broker:
        open_rabbit(application, broker, "lost")
        application.ask("insert", profile="Spc", features=ITEMS)
        with opened(broker.url()) as connection:
            waited_for(connection, "lost", 1)
        broker.kill()
        broker.start()
        with opened(broker.url()) as connection:
            connection.channel().queue_declare("lost")  # it was not durable
            application.ask("insert", profile="Spc", features=ITEMS)
            with pytest.raises(AssertionError, match="0 messages came"):
                waited_for(connection, "lost", 1, seconds=3)


def open_kafka(client: ClientSession, broker: KafkaBroker, topic: str, *profiles: str) -> None:
    client.ask("open_queue", profiles=profiles or ["Spc"], kafka={"brokers": broker.address(), "topic": topic})


def open_rabbit(client: ClientSession, broker: RabbitBroker, queue: str) -> None:
    login = {"username": broker.username, "password": broker.password}
    client.ask(
        "open_queue", profiles=["Spc"], rabbitmq={"host": "127.0.0.1", "port": broker.port, "queue": queue, **login}
    )


def records_once_there(broker: KafkaBroker, topic: str, count: int) -> list[Any]:
    """Waits for the topic too, if a client is about to make it."""
    deadline = time.monotonic() + 20
    with closing(broker.admin()) as admin:
        while topic not in admin.list_topics():
            assert time.monotonic() < deadline, f"there is no topic {topic}"
            time.sleep(0.05)
    found = records(broker.address(), topic, count)
    assert len(found) == count
    return found


def entries(body: bytes) -> list[Any]:
    decoded = msgspec.json.decode(body, type=Message).records
    assert isinstance(decoded, list)
    return decoded


def means(body: bytes) -> dict[str, float]:
    return {entry.spc.feature: entry.spc.value for entry in entries(body)}


def identity(body: bytes) -> tuple[Any, ...]:
    """Space, name and version on the legacy wire; of the current one only that there is a uid."""
    spc = entries(body)[0].spc
    return (spc.space, spc.name, spc.version, spc.uid is not None)


def legacy_or_uid(version: str) -> tuple[Any, ...]:
    return (None, None, None, True) if version == "0.25.0" else (SPACE, NAME, "0.1.0", False)
