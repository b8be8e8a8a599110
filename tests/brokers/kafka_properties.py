"""The settings of the test broker, and its listeners."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.brokers.certificates import Certificates

CONTROLLER = "CONTROLLER"
PLAINTEXT = "PLAINTEXT"
SCRAM_MECHANISMS = ("SCRAM-SHA-256", "SCRAM-SHA-512")

_LARGEST_MESSAGE = 16 * 1024 * 1024
_SECURITY = "org.apache.kafka.common.security"

_FIXED = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": CONTROLLER,
    "inter.broker.listener.name": PLAINTEXT,
    # One broker cannot hold three copies of anything, and fifty partitions of bookkeeping take a second to make.
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # A first member need not wait for others; a member that died is missed soon.
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "500",
    # After SIGKILL the broker is taken back when the session of its former life has run out: 9 s by default.
    "broker.session.timeout.ms": "2000",
    "broker.heartbeat.interval.ms": "250",
    "message.max.bytes": str(_LARGEST_MESSAGE),
    "replica.fetch.max.bytes": str(_LARGEST_MESSAGE),
}


@dataclass(frozen=True)
class Listener:
    """`name` is its security protocol, save for the controller's."""

    name: str
    port: int

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.name}://{self.address}"

    @property
    def protocol(self) -> str:
        return PLAINTEXT if self.name == CONTROLLER else self.name


def listener_names(sasl: bool, tls: bool) -> list[str]:
    """Those for clients."""
    wanted = {PLAINTEXT: True, "SASL_PLAINTEXT": sasl, "SSL": tls, "SASL_SSL": sasl and tls}
    return [name for name, open_it in wanted.items() if open_it]


def properties(
    directory: Path, listeners: Iterable[Listener], users: Mapping[str, str], certificates: Certificates | None
) -> dict[str, str]:
    """What goes into server.properties."""
    found = {**_FIXED, "log.dirs": str(directory / "data"), **_addresses(list(listeners))}
    if certificates is not None:
        found |= _tls(certificates)
    for listener in listeners:
        if listener.name.startswith("SASL_"):
            found |= _sasl(f"listener.name.{listener.name.lower()}", users)
    return found


def _addresses(listeners: list[Listener]) -> dict[str, str]:
    controller = next(listener for listener in listeners if listener.name == CONTROLLER)
    return {
        "listeners": ",".join(listener.url for listener in listeners),
        "advertised.listeners": ",".join(listener.url for listener in listeners if listener is not controller),
        "listener.security.protocol.map": ",".join(f"{each.name}:{each.protocol}" for each in listeners),
        "controller.quorum.voters": f"1@{controller.address}",
    }


def _tls(certificates: Certificates) -> dict[str, str]:
    return {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(certificates.key_and_certificate),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(certificates.authority),
    }


def _sasl(listener: str, users: Mapping[str, str]) -> dict[str, str]:
    """PLAIN knows its users from here; those of SCRAM are kept by the broker."""
    plain = " ".join(f'user_{user}="{password}"' for user, password in users.items())
    scram = {f"{listener}.{one.lower()}.sasl.jaas.config": f"{_SECURITY}.scram.ScramLoginModule required;"
             for one in SCRAM_MECHANISMS}  # fmt: skip
    return {
        f"{listener}.sasl.enabled.mechanisms": ",".join(("PLAIN", *SCRAM_MECHANISMS)),
        f"{listener}.plain.sasl.jaas.config": f"{_SECURITY}.plain.PlainLoginModule required {plain};",
        **scram,
    }
