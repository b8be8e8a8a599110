"""A Kafka broker of our own: one process, KRaft, on loopback.

    with KafkaBroker(tmp_path) as broker:
        broker.create_topic("records", partitions=3)
        KafkaProducer(bootstrap_servers=broker.address())

It has a PLAINTEXT listener always; with `users` also SASL_PLAINTEXT, with `certificates` also SSL, with both also
SASL_SSL. Every user may come with PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self

from kafka.admin import KafkaAdminClient, UserScramCredentialUpsertion

from tests.brokers.broker_process import BrokerProcess
from tests.brokers.certificates import Certificates
from tests.brokers.kafka_jars import class_archive, jar_files
from tests.brokers.kafka_properties import CONTROLLER, PLAINTEXT, SCRAM_MECHANISMS, Listener, listener_names, properties
from tests.steady_ports import steady_ports

_LOGGING = Path(__file__).with_name("kafka_log4j2.xml")
# Small and quick to start; it lives for minutes.
_JAVA_OPTIONS = ("-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


def missing_for_kafka() -> str | None:
    """Why no broker can be started here; None when one can."""
    if shutil.which("java") is None:
        return "no Kafka broker: there is no `java`; scripts/test-services installs one"
    absent = [file.name for file in jar_files() if not file.exists()]
    if absent:
        return f"no Kafka broker: {len(absent)} of its jars are missing ({absent[0]}); scripts/kafka-jars fetches them"
    return None


class KafkaBroker:
    """Keeps everything in `directory`: a start after `stop` or `kill` finds the topics again, on the same ports.

    `settings` are broker properties besides, or instead of, those of `kafka_properties`; `java_options` are for the
    virtual machine, besides ours, instead of the archive of classes.
    """

    def __init__(
        self,
        directory: Path,
        *,
        users: Mapping[str, str] | None = None,
        certificates: Certificates | None = None,
        settings: Mapping[str, str] | None = None,
        java_options: Sequence[str] | None = None,
    ) -> None:
        self.certificates = certificates
        self._users = users or {}
        names = (CONTROLLER, *listener_names(bool(self._users), certificates is not None))
        ports = steady_ports(len(names))
        self._listeners = {name: Listener(name, port) for name, port in zip(names, ports, strict=True)}
        self._directory = directory
        self._properties = {
            **properties(directory, self._listeners.values(), self._users, certificates),
            **(settings or {}),
        }
        self._process = BrokerProcess(
            _command(directory, java_options), os.environ, directory, ready="Kafka Server started"
        )

    @property
    def log(self) -> str:
        return self._process.log

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.is_running

    def address(self, listener: str = PLAINTEXT) -> str:
        """`host:port` of a listener, named by its security protocol, for `bootstrap_servers`."""
        return self._listeners[listener].address

    def start(self) -> Self:
        new = not (self._directory / "data").exists()
        if new:
            _prepare(self._directory, self._properties)
        self._process.start()
        if new:
            self._add_scram_users()
        return self

    def stop(self) -> None:
        self._process.stop()

    def kill(self) -> None:
        """SIGKILL. What it has acknowledged is in the system's file cache, and outlives it."""
        self._process.kill()

    def restart(self) -> None:
        """Stopped in order if it runs; started on the same ports with what it had."""
        self.stop()
        self.start()

    def freeze(self) -> None:
        self._process.freeze()

    def thaw(self) -> None:
        self._process.thaw()

    def create_topic(self, name: str, partitions: int = 1) -> None:
        """Returns when every partition has its leader."""
        with closing(self.admin()) as admin:
            admin.create_topics({name: {"num_partitions": partitions}}, wait_for_metadata=True)

    def admin(self) -> KafkaAdminClient:
        """For what else a test wants to do to the broker. The caller closes it."""
        return KafkaAdminClient(bootstrap_servers=self.address())

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _add_scram_users(self) -> None:
        for mechanism in SCRAM_MECHANISMS if self._users else ():
            wanted = [UserScramCredentialUpsertion(user, mechanism, word) for user, word in self._users.items()]
            with closing(self.admin()) as admin:  # one request a mechanism: a user may occur in it once
                refused = admin.alter_user_scram_credentials(wanted)
            assert not any(refused.values()), refused


def _command(directory: Path, java_options: Sequence[str] | None) -> list[str]:
    classpath = ":".join(str(jar) for jar in jar_files())
    logging = f"-Dlog4j2.configurationFile={_LOGGING}"
    options = (*_JAVA_OPTIONS, *(_prepared_classes() if java_options is None else java_options), logging)
    return ["java", *options, "-cp", classpath, "kafka.Kafka", str(directory / "server.properties")]


def _prepared_classes() -> list[str]:
    """Java goes without an archive that does not fit it. Silently: it would print to our log."""
    archive = class_archive()
    return [f"-XX:SharedArchiveFile={archive}", "-Xlog:disable"] if archive.exists() else []


def _prepare(directory: Path, settings: Mapping[str, str]) -> None:
    """What `kafka-storage format` would do, without the seconds that another Java takes."""
    data = directory / "data"
    data.mkdir(parents=True)
    cluster = {"version": "1", "cluster.id": "scouter-test-cluster00", "node.id": settings["node.id"]}
    (data / "meta.properties").write_text(_text(cluster))
    (directory / "server.properties").write_text(_text(settings))


def _text(settings: Mapping[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in settings.items())
