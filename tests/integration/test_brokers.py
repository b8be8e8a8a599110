"""The brokers that tests run against keep what brokers promise: what gets lost elsewhere is not their fault."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pika
import pytest
from kafka.errors import KafkaTimeoutError
from pika.adapters.utils.connection_workflow import AMQPConnectorStackTimeout
from pika.exceptions import ProbableAuthenticationError

from tests.availability import cannot_run
from tests.brokers import kafka_jars
from tests.brokers.certificates import Certificates
from tests.brokers.kafka import KafkaBroker, missing_for_kafka
from tests.brokers.kafka_messages import producer, received, send
from tests.brokers.rabbitmq import RabbitBroker
from tests.brokers.rabbitmq_messages import fetched, opened, publish

USERNAME, PASSWORD = "anna", "open sesame"
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


def test_kafka_hands_out_what_was_sent(kafka_broker: KafkaBroker) -> None:
    kafka_broker.create_topic("sent", partitions=3)
    send(kafka_broker.address(), "sent", [b"one", b"two", b"three"])
    assert sorted(received(kafka_broker.address(), "sent", 3)) == [b"one", b"three", b"two"]


def test_kafka_takes_a_message_of_16_megabytes(kafka_broker: KafkaBroker) -> None:
    kafka_broker.create_topic("large")
    large = bytes(16 * 1000 * 1000)
    send(kafka_broker.address(), "large", [large], max_request_size=2 * len(large))
    assert received(kafka_broker.address(), "large", 1) == [large]


def test_kafka_keeps_what_it_acknowledged_across_a_kill_and_a_stop(kafka_installed: None, tmp_path: Path) -> None:
    with KafkaBroker(tmp_path) as broker:
        broker.create_topic("kept", partitions=2)
        sent = [b"%d" % number for number in range(100)]
        send(broker.address(), "kept", sent)
        broker.kill()
        assert not broker.is_running
        broker.start()
        assert sorted(received(broker.address(), "kept", 100)) == sorted(sent)
        broker.restart()
        assert sorted(received(broker.address(), "kept", 100)) == sorted(sent)


def test_kafka_is_silent_while_frozen_and_goes_on_when_thawed(kafka_installed: None, tmp_path: Path) -> None:
    with KafkaBroker(tmp_path) as broker, closing(producer(broker.address())) as sender:
        broker.create_topic("frozen")
        sender.send("frozen", b"before").get(timeout=20)  # it knows the topic now: the next one does not ask
        broker.freeze()
        waiting = sender.send("frozen", b"patience")
        with pytest.raises(KafkaTimeoutError):
            waiting.get(timeout=1)
        broker.thaw()
        waiting.get(timeout=20)
        assert received(broker.address(), "frozen", 2) == [b"before", b"patience"]


def test_a_frozen_broker_can_be_stopped(kafka_installed: None, tmp_path: Path) -> None:
    with KafkaBroker(tmp_path) as broker:
        broker.freeze()
        begun = time.monotonic()
        broker.stop()
        assert time.monotonic() - begun < 15
        assert not broker.is_running


@pytest.mark.parametrize("protocol", ["SASL_PLAINTEXT", "SASL_SSL"])
@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_kafka_user_comes_in_with_each_mechanism(secured_kafka: KafkaBroker, protocol: str, mechanism: str) -> None:
    login = sasl(secured_kafka, protocol, mechanism, PASSWORD)
    text, topic = f"{protocol} {mechanism}".encode(), f"{protocol}.{mechanism}"
    secured_kafka.create_topic(topic)
    send(secured_kafka.address(protocol), topic, [text], **login)
    assert received(secured_kafka.address(protocol), topic, 1, **login) == [text]


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_wrong_kafka_password_stays_outside(secured_kafka: KafkaBroker, mechanism: str) -> None:
    login = sasl(secured_kafka, "SASL_PLAINTEXT", mechanism, "wrong")
    with pytest.raises(KafkaTimeoutError):
        producer(secured_kafka.address("SASL_PLAINTEXT"), bootstrap_timeout_ms=1000, **login)


def test_kafka_with_tls_and_no_user(secured_kafka: KafkaBroker, certificates: Certificates) -> None:
    tls = {"security_protocol": "SSL", "ssl_cafile": str(certificates.authority)}
    secured_kafka.create_topic("tls")
    send(secured_kafka.address("SSL"), "tls", [b"tls"], **tls)
    assert received(secured_kafka.address("SSL"), "tls", 1, **tls) == [b"tls"]


def test_kafka_users_are_still_there_after_a_restart(kafka_installed: None, tmp_path: Path) -> None:
    with KafkaBroker(tmp_path, users={USERNAME: PASSWORD}) as broker:
        broker.restart()
        broker.create_topic("secured")
        login = sasl(broker, "SASL_PLAINTEXT", "SCRAM-SHA-512", PASSWORD)
        send(broker.address("SASL_PLAINTEXT"), "secured", [b"in"], **login)


def test_rabbitmq_hands_out_what_was_published(rabbit_broker: RabbitBroker) -> None:
    with opened(rabbit_broker.url()) as connection:
        publish(connection, "sent", [b"one", b"two"])
        assert fetched(connection, "sent") == [b"one", b"two"]


# Confirmed messages are on the disk at once. That there is such a queue is in a log that the broker writes out every
# two seconds: killed before, it comes back without the queue, and without the messages.
_QUEUES_KEPT_SECONDS = 3


def test_rabbitmq_keeps_what_it_confirmed_across_a_kill_and_a_stop(rabbitmq_installed: None, tmp_path: Path) -> None:
    with RabbitBroker(tmp_path) as broker:
        sent = [b"%d" % number for number in range(100)]
        with opened(broker.url()) as connection:
            publish(connection, "kept", sent)
        time.sleep(_QUEUES_KEPT_SECONDS)
        broker.kill()
        assert not broker.is_running
        broker.start()
        broker.restart()
        with opened(broker.url()) as connection:
            assert fetched(connection, "kept") == sent


def test_rabbitmq_is_silent_while_frozen_and_goes_on_when_thawed(rabbitmq_installed: None, tmp_path: Path) -> None:
    with RabbitBroker(tmp_path) as broker:
        broker.freeze()
        with pytest.raises(AMQPConnectorStackTimeout):  # which is no AMQPError
            opened(broker.url(), socket_timeout=0.5, stack_timeout=1)
        broker.thaw()
        opened(broker.url()).close()


def test_rabbitmq_over_tls_shows_a_certificate_of_ours(
    secured_rabbit: RabbitBroker, certificates: Certificates
) -> None:
    tls = pika.SSLOptions(certificates.client_context(), "127.0.0.1")
    with opened(secured_rabbit.tls_url(), ssl_options=tls) as connection:
        publish(connection, "tls", [b"tls"])
        assert fetched(connection, "tls") == [b"tls"]


def test_a_wrong_rabbitmq_password_stays_outside(secured_rabbit: RabbitBroker) -> None:
    with pytest.raises(ProbableAuthenticationError):
        opened(f"amqp://{secured_rabbit.username}:wrong@127.0.0.1:{secured_rabbit.port}/%2F")


def test_rabbitmq_leaves_no_process_behind(rabbitmq_installed: None, tmp_path: Path) -> None:
    with RabbitBroker(tmp_path) as broker:
        assert broker.pid in processes_of(tmp_path)
    deadline = time.monotonic() + 5
    while processes_of(tmp_path):
        assert time.monotonic() < deadline, f"still running: {processes_of(tmp_path)}"
        time.sleep(0.05)


def test_a_missing_broker_skips_at_home_and_fails_in_ci(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(kafka_jars, "CACHE", tmp_path)
    reason = missing_for_kafka()
    assert reason is not None and "scripts/" in reason
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no Kafka broker"):
        cannot_run(reason)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no Kafka broker"):
        cannot_run(reason)


def sasl(broker: KafkaBroker, protocol: str, mechanism: str, password: str) -> dict[str, Any]:
    login = {
        "security_protocol": protocol,
        "sasl_mechanism": mechanism,
        "sasl_plain_username": USERNAME,
        "sasl_plain_password": password,
    }
    assert broker.certificates is not None or protocol != "SASL_SSL"
    return login | ({"ssl_cafile": str(broker.certificates.authority)} if broker.certificates else {})


def processes_of(directory: Path) -> list[int]:
    """Those that have it for their home."""
    home = f"HOME={directory}\0".encode()
    return [int(file.parent.name) for file in Path("/proc").glob("[0-9]*/environ") if home in environment(file)]


def environment(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:  # it has ended meanwhile, or is not ours
        return b""
