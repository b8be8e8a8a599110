"""The first lines of a server: what a person needs to go on, in ten lines. Values in, lines out."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from scouter.api.http_server import on_this_machine
from scouter.assembly import is_loopback
from scouter.logs import LABEL
from scouter.program_name import called_as
from scouter.server import Server
from scouter.settings.alerting import AlertingSettings
from scouter.settings.archive import ArchiveSettings
from scouter.settings.settings import Settings
from scouter.users.first_users import FirstUsers
from scouter.version import VERSION

log = logging.getLogger(__name__)

LONGEST = 10  # lines
_NEEDED = 3  # of the facts, whatever there is to warn of
_DOCUMENTATION = "/scouter/api/v1/docs"
_GUESTS = {"read": "may read", "write": "may read and write"}
_WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Fact:
    """One line: a word for what it is about, and the rest."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Greeting:
    """What there is to say of a server that has started. Nothing in it is secret."""

    host: str
    port: int
    database: str
    spool: Path | None
    """Where messages wait while the database is away; None where none are received."""
    archive: str
    hot_days: int
    archive_days: int | None
    has_http: bool = True
    sends_alerts: bool = True
    first_users: FirstUsers | None = None
    admin: str = "admin"
    is_host_set: bool = False
    is_archive_set: bool = True
    brokers: Sequence[str] = ()
    channels: Sequence[str] = ()
    notices: Sequence[str] = ()

    def shown(self) -> list[Fact]:
        """What everybody should see, without the notices and the last line."""
        facts = self._facts()
        return facts[: max(LONGEST - 1 - len(self.notices), _NEEDED)]

    def details(self) -> list[Fact]:
        """What there is no room for."""
        return self._facts()[len(self.shown()) :]

    def ready(self) -> Fact:
        """The last line: from here on it answers."""
        metrics = self._address(self.host, self.port + 1)
        if not self.has_http:
            return Fact("ready", f"Scouter for Python {VERSION}, listening on {metrics}, for metrics and probes only")
        address = self._address(self.host, self.port)
        return Fact("ready", f"Scouter for Python {VERSION}, listening on {address}, metrics on {metrics}/metrics")

    def _facts(self) -> list[Fact]:
        """In the order in which people need them."""
        if not self.has_http:
            return [self._data(), *self._ways()]
        here = self._address(on_this_machine(self.host), self.port)
        page = Fact("page", f"{here}/ in a browser; every route: {here}{_DOCUMENTATION}")
        clients = Fact("clients", self._clients(here))
        return [page, Fact("log in", self._login()), self._data(), clients, *self._ways()]

    def _clients(self, here: str) -> str:
        if not is_loopback(self.host):
            name = self._address("HOST", self.port) if on_this_machine(self.host) != self.host else here
            return f"set SCOUTER_SERVER_URI={name}" + ("" if name == here else ", HOST being a name of this machine")
        why = "" if self.is_host_set else ": SCOUTER_SERVER_HOST is not set"
        return f"set SCOUTER_SERVER_URI={here}, on this machine alone{why}"

    def _login(self) -> str:
        made = self.first_users
        if made is None:
            return f"as before; a new password: {called_as()} user reset-password {self.admin}"
        guest = f"; or as 'guest' with 'guest', who {_GUESTS[made.guest]}" if made.guest != "off" else ""
        return f"as {made.admin!r} with {self._password(made)}{guest}"

    @staticmethod
    def _password(made: FirstUsers) -> str:
        if made.generated_password is not None:
            return "the password that standard output shows, this once"
        return f"{made.admin!r}" if made.is_known else "the password of SCOUTER_DEFAULT_PASSWORD"

    def _data(self) -> Fact:
        waiting = "" if self.spool is None else f"; messages wait in {self.spool} while it is away"
        return Fact("data", self.database + waiting)

    def _ways(self) -> Iterator[Fact]:
        if self.brokers:
            yield Fact("messages", f"from {' and '.join(self.brokers)}" + (" and over HTTP" if self.has_http else ""))
        if self.sends_alerts:
            yield Fact("alerts", _alerts(self.channels))
        kept = "" if self.archive_days is None else f", where they are deleted after {self.archive_days} days"
        why = "" if self.is_archive_set else ": SCOUTER_STORAGE_URI is not set"
        yield Fact("archive", f"records older than {self.hot_days} days go to {self.archive}{kept}{why}")

    @staticmethod
    def _address(host: str, port: int) -> str:
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def greeting_of(server: Server, settings: Settings, notices: Sequence[str]) -> Greeting:
    """`server` has started."""
    roles = settings.processes.roles
    store = server.store_name
    return Greeting(
        host=server.host,
        port=settings.http.port,
        database=server.database_place,
        spool=(settings.database.data_dir / "spool").resolve() if "http" in roles else None,
        archive=store if "://" in store else str(Path(store).resolve()),
        hot_days=settings.records.retention_days,
        archive_days=settings.retention.archive_days,
        has_http="http" in roles,
        sends_alerts="background" in roles and settings.alerting.workers > 0,
        first_users=server.first_users,
        admin=settings.users.default_username,
        is_host_set=settings.http.host is not None,
        is_archive_set=settings.archive.storage_uri != ArchiveSettings().storage_uri,
        brokers=brokers_of(settings) if "consumers" in roles else (),
        channels=channels_of(settings.alerting),
        notices=notices,
    )


def greet(greeting: Greeting) -> None:
    for fact in greeting.shown():
        _say(logging.INFO, fact)
    for fact in greeting.details():
        _say(logging.DEBUG, fact)
    warn(greeting.notices)
    _say(logging.INFO, greeting.ready())


def warn(notices: Sequence[str]) -> None:
    for notice in notices:
        log.warning("%s", notice, extra={LABEL: _WARNING})


def brokers_of(settings: Settings) -> list[str]:
    """Where messages come from beside HTTP, without users and passwords."""
    kafka, rabbitmq = settings.kafka, settings.rabbitmq
    found = [f"Kafka at {', '.join(kafka.brokers)}"] if kafka.brokers else []
    if rabbitmq.address:
        parts = urlsplit(rabbitmq.address)
        found.append(f"RabbitMQ at {parts.hostname}:{parts.port or 5672}")
    return found


def channels_of(settings: AlertingSettings) -> list[str]:
    """Which services alerts can go to."""
    there = {
        "the webhook": bool(settings.webhook_url),
        "Slack": bool(settings.slack_app_token and settings.slack_api_url),
        "OpsGenie": bool(settings.opsgenie_api_key and settings.opsgenie_api_url),
    }
    return [name for name, is_there in there.items() if is_there]


def _alerts(channels: Sequence[str]) -> str:
    if channels:
        return f"to {', '.join(channels)} as profiles say, else to standard output"
    return (
        "to standard output alone: neither SCOUTER_WEBHOOK_URL, SLACK_APP_TOKEN and SLACK_API_URL, nor "
        "OPSGENIE_API_KEY and OPSGENIE_API_URL are set"
    )


def _say(level: int, fact: Fact) -> None:
    log.log(level, "%s: %s", fact.label, fact.text, extra={LABEL: fact.label})
