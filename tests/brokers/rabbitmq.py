"""A RabbitMQ broker of our own: one private node on loopback.

    with RabbitBroker(tmp_path) as broker:
        pika.BlockingConnection(pika.URLParameters(broker.url()))

With `certificates` it also listens with TLS (`broker.tls_port`).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from tests.brokers.broker_process import BrokerProcess
from tests.brokers.certificates import Certificates
from tests.steady_ports import steady_ports

# Not /usr/sbin/rabbitmq-server: that one changes to an account of its own, which cannot write to our directory.
_DEBIAN = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
_NODE = "scouter_test@localhost"


def missing_for_rabbitmq() -> str | None:
    """Why no broker can be started here; None when one can."""
    if _program() is None:
        return "no RabbitMQ broker: there is no `rabbitmq-server`; scripts/test-services installs it"
    return None


class RabbitBroker:
    """Keeps everything in `directory`: a start after `stop` or `kill` finds what was durable, on the same ports.

    `settings` are lines of rabbitmq.conf besides, or instead of, ours.
    """

    def __init__(
        self,
        directory: Path,
        *,
        username: str = "scouter",
        password: str = "secret",
        certificates: Certificates | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.username = username
        self.password = password
        self.port, self.tls_port, distribution_port, mapper_port = steady_ports(4)
        self._directory = directory
        self._settings = {**self._own_settings(), **self._tls_settings(certificates), **(settings or {})}
        environment = {**_inherited(), **_environment(directory, distribution_port, mapper_port)}
        node = [str(_program() or _DEBIAN)]
        self._process = BrokerProcess(node, environment, directory, ready="Server startup complete")
        self._port_mapper = BrokerProcess(["epmd", "-d"], environment, directory / "epmd", ready="epmd running")

    @property
    def log(self) -> str:
        return self._process.log

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.is_running

    def url(self) -> str:
        """amqp://user:password@127.0.0.1:port/%2F"""
        return f"amqp://{self._login()}@127.0.0.1:{self.port}/%2F"

    def tls_url(self) -> str:
        return f"amqps://{self._login()}@127.0.0.1:{self.tls_port}/%2F"

    def start(self) -> Self:
        (self._directory / "epmd").mkdir(parents=True, exist_ok=True)
        lines = (f"{name} = {value}\n" for name, value in self._settings.items())
        (self._directory / "rabbitmq.conf").write_text("".join(lines))
        (self._directory / "enabled_plugins").write_text("[].\n")
        if not self._port_mapper.is_running:
            self._port_mapper.start()
        with ExitStack() as undo:
            undo.callback(self._port_mapper.stop)
            self._process.start()
            undo.pop_all()
        return self

    def stop(self) -> None:
        self._process.stop()
        self._port_mapper.stop()

    def kill(self) -> None:
        """SIGKILL. Only what was durable, and confirmed, outlives it."""
        self._process.kill()

    def restart(self) -> None:
        """Stopped in order if it runs; started on the same ports with what it had."""
        self.stop()
        self.start()

    def freeze(self) -> None:
        self._process.freeze()

    def thaw(self) -> None:
        self._process.thaw()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _login(self) -> str:
        return f"{quote(self.username, safe='')}:{quote(self.password, safe='')}"

    def _own_settings(self) -> dict[str, str]:
        return {
            "listeners.tcp.local": f"127.0.0.1:{self.port}",
            "default_user": self.username,
            "default_pass": self.password,
            "log.console": "true",
            "log.file": "false",
        }

    def _tls_settings(self, certificates: Certificates | None) -> dict[str, str]:
        if certificates is None:
            return {}
        return {
            "listeners.ssl.local": f"127.0.0.1:{self.tls_port}",
            "ssl_options.cacertfile": str(certificates.authority),
            "ssl_options.certfile": str(certificates.certificate),
            "ssl_options.keyfile": str(certificates.key),
            "ssl_options.verify": "verify_none",  # of clients: they come with a password
        }


def _program() -> Path | None:
    found = shutil.which(_DEBIAN) or shutil.which("rabbitmq-server")
    return Path(found) if found else None


def _inherited() -> dict[str, str]:
    """Nothing of a RabbitMQ or Erlang that is set up here otherwise."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("RABBITMQ_", "ERL_"))}


def _environment(directory: Path, distribution_port: int, mapper_port: int) -> dict[str, str]:
    return {
        "HOME": str(directory),  # the Erlang cookie
        # Erlang's port mapper: every node sees to it that one runs, once a minute, and it outlives them all. Left to
        # themselves they would share one that listens everywhere; so there is one of ours before they look.
        "ERL_EPMD_PORT": str(mapper_port),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_CONF_ENV_FILE": str(directory / "none"),
        "RABBITMQ_NODENAME": _NODE,
        "RABBITMQ_DIST_PORT": str(distribution_port),
        "RABBITMQ_MNESIA_BASE": str(directory / "mnesia"),
        "RABBITMQ_LOG_BASE": str(directory / "log"),
        "RABBITMQ_LOG": "no_color",
        "RABBITMQ_CONFIG_FILE": str(directory / "rabbitmq.conf"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(directory / "advanced.config"),
        "RABBITMQ_GENERATED_CONFIG_DIR": str(directory / "config"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(directory / "enabled_plugins"),
        "RUNNING_UNDER_SYSTEMD": "1",  # the start script becomes the broker: a signal to our child reaches it
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": _distribution(distribution_port),
    }


def _distribution(port: int) -> str:
    """With a name from the beginning the node need not start another Erlang to look for the port mapper: a second."""
    ports = f"-kernel inet_dist_listen_min {port} -kernel inet_dist_listen_max {port}"
    loopback = "-kernel inet_dist_use_interface {127,0,0,1}"
    return f"-start_epmd false -sname {_NODE} {ports} {loopback}"
