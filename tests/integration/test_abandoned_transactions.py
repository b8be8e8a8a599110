"""A server that is frozen in the middle of a COPY keeps its locks: others must not wait for it for ever."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.brokers.kafka import KafkaBroker
from tests.brokers.rabbitmq import RabbitBroker
from tests.conditions import eventually
from tests.integration.ways import serving
from tests.publishers import KafkaPublisher, RabbitPublisher

_LOCKS = {
    "kafka": b"SELECT FROM kafka_position FOR UPDATE",
    "rabbitmq": b"SELECT pg_advisory_xact_lock(hashtext('scouter_py.rabbitmq'))",
}


@contextmanager
def frozen_consumer(database: str, transport: str) -> Iterator[None]:
    """What Postgres sees of one: its session, in a COPY for which no data comes."""
    named = {"application_name": f"scouter {transport}-1", "options": "-c search_path=scouter_py"}
    connection = psycopg.connect(database, **named)  # type: ignore[arg-type]  # names of libpq's parameters
    connection.execute("SET statement_timeout TO '11s'; SET idle_in_transaction_session_timeout TO '11s'")
    connection.execute(_LOCKS[transport])
    connection.pgconn.send_query(b"COPY spc_record FROM STDIN")
    try:
        yield
    finally:
        connection.close()


@pytest.mark.parametrize("transport", ["kafka", "rabbitmq"])
def test_a_consumer_that_is_frozen_in_a_transaction_does_not_hold_up_the_others(
    transport: str,
    request: pytest.FixtureRequest,
    database: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    publisher: KafkaPublisher | RabbitPublisher
    if transport == "kafka":
        kafka: KafkaBroker = request.getfixturevalue("kafka_broker")
        publisher = KafkaPublisher(kafka, "abandoned")
    else:
        rabbit: RabbitBroker = request.getfixturevalue("rabbit_broker")
        publisher = RabbitPublisher(rabbit, "abandoned")
    with closing(publisher), serving(publisher, database, tmp_path) as way:
        way.send(way.spc(0.0))
        eventually(lambda: way.values() == [0.0], seconds=30)
        with frozen_consumer(database, transport):
            for number in range(1, 21):
                way.send(way.spc(float(number)))
            eventually(lambda: len(way.values()) == 21, seconds=40)
    assert "ended 1 transactions of consumers that are frozen or gone" in caplog.text
    assert "messages go to the spool" not in caplog.text, "Postgres was well all the time"
