"""The classes of a Kafka broker as Java has them in memory, in a file: a start takes half the time.

    python -m tests.brokers.kafka_classes

makes it, unless it is there already, of what one broker has loaded from its start to its end.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.brokers.kafka import KafkaBroker, missing_for_kafka
from tests.brokers.kafka_jars import class_archive
from tests.brokers.kafka_messages import received, send


def make_class_archive() -> None:
    half = class_archive().with_suffix(".half")
    half.unlink(missing_ok=True)
    with TemporaryDirectory(prefix="scouter-kafka-") as folder:
        options = [f"-XX:ArchiveClassesAtExit={half}", "-Xlog:disable"]
        with KafkaBroker(Path(folder), users={"anna": "secret"}, java_options=options) as broker:
            broker.create_topic("any")
            send(broker.address(), "any", [b"message"])
            received(broker.address(), "any", 1)
    half.rename(class_archive())  # last: what bears the name is whole


def main() -> int:
    if missing := missing_for_kafka():
        print(missing, file=sys.stderr)
        return 1
    if not class_archive().exists():
        make_class_archive()
    return 0


if __name__ == "__main__":
    sys.exit(main())
