"""Batches as other producers write them: compressed, large; and those that cannot be taken apart."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from confluent_kafka import Producer

from tests.brokers.kafka import KafkaBroker
from tests.brokers.kafka_messages import send
from tests.conditions import eventually
from tests.integration.test_transports import Way
from tests.integration.ways import lag, part, sampled, serving
from tests.publishers import KafkaPublisher

CODECS = ("gzip", "snappy", "lz4", "zstd")
_topics = (f"codec-{number}" for number in itertools.count(1))


@pytest.fixture
def publisher(kafka_broker: KafkaBroker) -> Iterator[KafkaPublisher]:
    with closing(KafkaPublisher(kafka_broker, next(_topics), partitions=2)) as made:
        yield made


def messages(way: Way, numbers: Sequence[int]) -> list[bytes]:
    """Of eight records each, so that it pays to compress a batch of them."""
    return [json.dumps({"records": [way.spc(float(number)) for _ in range(8)]}).encode() for number in numbers]


def send_packed(publisher: KafkaPublisher, codec: str, values: Sequence[bytes], partition: int = 0) -> None:
    """By librdkafka: batches of all that is sent at once."""
    address = publisher.environment["KAFKA_BROKERS"]
    sender = Producer(
        {"bootstrap.servers": address, "compression.type": codec, "linger.ms": 200, "batch.size": 4 * 2**20}
    )
    for value in values:
        sender.produce(publisher.topic, value, partition=partition)
    assert sender.flush(20) == 0


def stored(way: Way, numbers: Sequence[int]) -> bool:
    return way.values() == sorted(float(number) for number in numbers for _ in range(8))


@pytest.mark.parametrize("codec", CODECS)
def test_every_codec_of_producers_is_read(publisher: KafkaPublisher, database: str, tmp_path: Path, codec: str) -> None:
    """By librdkafka, in batches of more than a megabyte and of one message, and by kafka-python."""
    with serving(publisher, database, tmp_path) as way:
        send_packed(publisher, codec, messages(way, range(1500)))
        send_packed(publisher, codec, messages(way, [1500]))
        address = publisher.environment["KAFKA_BROKERS"]
        send(address, publisher.topic, messages(way, range(1501, 1600)), compression_type=codec, linger_ms=200)
        eventually(lambda: stored(way, range(1600)), seconds=40)
        assert way.counts()["stored"] == 1600
        assert way.counts()["quarantined"] == 0


def test_a_codec_that_is_missing_is_said_and_holds_up_its_partition_only(
    publisher: KafkaPublisher, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(publisher, database, tmp_path, KAFKA_WORKER_COUNT="1") as way:
        eventually(lambda: part(way, "kafka")[0], seconds=30)
        monkeypatch.setattr("kafka.codec.lz4", None)
        send_packed(publisher, "lz4", messages(way, range(50)), partition=0)
        send_packed(publisher, "zstd", messages(way, range(50, 80)), partition=1)
        eventually(lambda: stored(way, range(50, 80)), seconds=30)
        says = (
            f"messages of {publisher.topic}/0 from offset 0 on cannot be read: UnsupportedCodecError: Libraries for lz4"
        )
        eventually(lambda: says in part(way, "kafka")[1], seconds=20)
        assert not part(way, "kafka")[0]
        eventually(lambda: lag(way) == 50, seconds=20)
        send_packed(publisher, "none", messages(way, range(80, 90)), partition=1)
        eventually(lambda: stored(way, range(50, 90)), seconds=20)
        monkeypatch.undo()
        eventually(lambda: stored(way, range(90)), seconds=30)
        eventually(lambda: part(way, "kafka")[0] and lag(way) == 0, seconds=20)


def test_what_cannot_be_read_is_tried_more_and_more_rarely_within_the_group(
    publisher: KafkaPublisher, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(publisher, database, tmp_path, KAFKA_WORKER_COUNT="1") as way:
        eventually(lambda: part(way, "kafka")[0], seconds=30)
        monkeypatch.setattr("kafka.codec.zstd", None)
        send_packed(publisher, "zstd", messages(way, range(50)))

        def tries() -> float:
            return sampled(way, "scouter_kafka_unreadable_total", topic=publisher.topic)

        eventually(lambda: "cannot be read" in part(way, "kafka")[1], seconds=20)
        began, before = time.monotonic(), tries()
        since = part(way, "kafka")[1].partition("down since ")[2].partition(":")[0]
        eventually(lambda: tries() - before >= 2, seconds=20)
        assert time.monotonic() - began > 2.5, "after one, two and four seconds"
        assert part(way, "kafka")[1].partition("down since ")[2].partition(":")[0] == since, "down all the time"


def test_what_cannot_be_read_is_not_forgotten_while_nothing_can_be_stored(
    publisher: KafkaPublisher, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library meets it behind messages that it hands out, and loses it when the partition is paused."""

    monkeypatch.setattr("kafka.codec.lz4", None)
    with serving(publisher, database, tmp_path, KAFKA_WORKER_COUNT="1") as way:
        eventually(lambda: part(way, "kafka")[0], seconds=30)
        with psycopg.connect(database, options="-c search_path=scouter_py") as blocker:
            blocker.execute("LOCK TABLE batch_receipt IN ACCESS EXCLUSIVE MODE")
            send_packed(publisher, "none", messages(way, range(10)), partition=1)
            send_packed(publisher, "lz4", messages(way, range(10, 20)), partition=1)
            send_packed(publisher, "lz4", messages(way, range(20, 30)), partition=0)
            send_packed(publisher, "none", messages(way, range(30, 40)), partition=0)
            time.sleep(2)
        eventually(lambda: stored(way, range(10)), seconds=40)
        eventually(lambda: f"{publisher.topic}/1 from offset 10 on cannot be read" in part(way, "kafka")[1], seconds=20)
        monkeypatch.undo()
        eventually(lambda: stored(way, range(40)), seconds=40)


def test_damaged_bytes_are_said_and_hold_up_their_partition_only(
    kafka_installed: None, database: str, tmp_path: Path
) -> None:
    with (
        KafkaBroker(tmp_path / "kafka") as broker,
        closing(KafkaPublisher(broker, "damaged", partitions=2)) as publisher,
        serving(publisher, database, tmp_path, KAFKA_WORKER_COUNT="1") as way,
    ):
        send_packed(publisher, "none", messages(way, range(5)), partition=0)
        eventually(lambda: stored(way, range(5)), seconds=30)
        (log,) = (tmp_path / "kafka" / "data" / "damaged-0").glob("*.log")
        size = log.stat().st_size
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("kafka.codec.lz4", None)  # nothing of it is read before it is damaged
            send_packed(publisher, "lz4", messages(way, range(5, 10)), partition=0)
            with log.open("r+b") as file:
                file.seek(size + 100)
                byte = file.read(1)
                file.seek(size + 100)
                file.write(bytes([byte[0] ^ 0xFF]))
        says = "damaged/0 from offset 5 on cannot be read: [Error 2] CorruptRecordError"
        eventually(lambda: says in part(way, "kafka")[1], seconds=40)
        send_packed(publisher, "none", messages(way, range(20, 25)), partition=1)
        eventually(lambda: stored(way, [*range(5), *range(20, 25)]), seconds=30)
        eventually(lambda: lag(way) == 5)
