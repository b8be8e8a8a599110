"""The composition root: builds every part, starts them in order, stops them in reverse."""

from __future__ import annotations

import logging
import secrets
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

from scouter.api.alert_test import AlertTest
from scouter.api.application import Application, application
from scouter.api.authentication import Authentication
from scouter.api.deliveries import Deliveries
from scouter.api.drift import Drift
from scouter.api.health import Health
from scouter.api.http_server import HttpServer, bind
from scouter.api.login import Login
from scouter.api.messages import Messages
from scouter.api.profiles import Profiles
from scouter.auth.tokens import Tokens
from scouter.errors import StartRefused
from scouter.events.inlet import Inlet
from scouter.events.rows import RowMaker
from scouter.events.writer import Writer
from scouter.monitoring.channels.selection import Channels
from scouter.monitoring.delivery import Deliverer, lease_of, policy_of
from scouter.monitoring.upkeep import Upkeep
from scouter.postgres.database import EMBEDDED, Database, chosen_uri, open_database
from scouter.postgres.entities import Entities
from scouter.postgres.features import Features
from scouter.postgres.first_users import FirstUsers, known_defaults_in_use, make_first_users
from scouter.postgres.migrations import migrate
from scouter.postgres.partitions import Partitions
from scouter.postgres.pool import Pool, connect, open_pool
from scouter.postgres.users import shared_secret
from scouter.settings import Settings

log = logging.getLogger(__name__)


def utc_now() -> datetime:
    return datetime.now(UTC)


class Server:
    """One server process. `start` returns when it answers; `stop` returns when nothing of it is left."""

    def __init__(self, settings: Settings, now: Callable[[], datetime] = utc_now) -> None:
        self._settings = settings
        self._now = now
        self._stops = ExitStack()  # in reverse order of starting
        self._deadline = 0.0
        self._database: Database | None = None
        self.first_users: FirstUsers | None = None
        self.address = ""

    def start(self) -> None:
        """Raises `StartRefused`, with nothing left running, when the server cannot start."""
        with self._stops as undo:
            self._start()
            self._stops = undo.pop_all()

    def tend(self) -> None:
        """Start the embedded database again when it has died. Call it now and then, from the main thread."""
        embedded = self._database.embedded if self._database else None
        if embedded is None or self._database is None or embedded.running:
            return
        log.error("the embedded database has ended; starting it again")
        try:
            conninfo = embedded.start()
        except StartRefused as refused:
            log.error("it did not start: %s", refused)
            return
        if conninfo != self._database.conninfo:
            raise StartRefused(["the embedded database came back under another address: start the server again"])

    def stop(self) -> None:
        """Answer what was accepted, store it, stop everything; within SCOUTER_SHUTDOWN_SECONDS."""
        self._deadline = time.monotonic() + self._settings.shutdown_seconds
        self._stops.close()
        log.info("stopped")

    def _start(self) -> None:
        settings = self._settings
        uri = chosen_uri(settings)
        host = settings.server_host or ("127.0.0.1" if uri == EMBEDDED else "0.0.0.0")  # noqa: S104  # documented
        listener = bind(host, settings.server_port)
        self._stops.callback(listener.close)
        database = open_database(uri, settings)
        self._stops.callback(database.stop)
        self._database = database
        migrate(database.conninfo)
        tokens = self._prepare_users(database, host)
        self._start_parts(database, tokens, listener)
        self.address = f"http://{host}:{settings.server_port}"
        log.info("listening on %s", self.address)

    def _prepare_users(self, database: Database, host: str) -> Tokens:
        with connect(database.conninfo) as connection:
            self.first_users = make_first_users(connection, self._settings, trying_out=database.is_embedded)
            kept = shared_secret(connection, "access_token_key", secrets.token_urlsafe(48))
            if not _is_loopback(host):
                _warn_of(known_defaults_in_use(connection), host)
        return Tokens(self._settings.encrypt_secret or kept)

    def _start_parts(self, database: Database, tokens: Tokens, listener: socket.socket) -> None:
        settings = self._settings
        pool = self._pool(database, "requests", settings.min_pool_size, settings.max_pool_size)
        # The writer's connections are its own: requests that wait for it must not hold what it needs.
        writer_pool = self._pool(database, "writer", 1, 2)
        partitions = Partitions(writer_pool)
        partitions.ensure_ahead(self._now(), settings.partition_days_ahead)
        inlet = Inlet(most_messages=settings.queue_messages, store_seconds=settings.store_seconds)
        writer = Writer(inlet, writer_pool, partitions, batch_rows=settings.batch_rows)
        upkeep = Upkeep(pool, partitions, settings.partition_days_ahead, self._now)
        channels = Channels(settings)
        self._start_deliverer(pool, channels)
        http = HttpServer(
            self._application(pool, tokens, inlet, channels),
            listener,
            threads=settings.http_threads,
            connection_limit=settings.connection_limit,
            max_message_bytes=settings.max_message_bytes,
        )
        for part in (upkeep, writer):
            part.start()
            self._stops.callback(part.stop)
        http.start()
        self._stops.callback(self._stop_http, http)

    def _start_deliverer(self, pool: Pool, channels: Channels) -> None:
        settings = self._settings
        deliverer = Deliverer(
            pool,
            channels,
            policy_of(settings),
            workers=settings.delivery_workers,
            lease=lease_of(settings),
            now=self._now,
        )
        deliverer.start()
        self._stops.callback(lambda: deliverer.stop(max(self._deadline - time.monotonic(), 0.0)))

    def _application(self, pool: Pool, tokens: Tokens, inlet: Inlet, channels: Channels) -> Application:
        settings = self._settings
        entities = Entities(pool, most=settings.entity_cache_max_size)
        features = Features(pool, most_names=settings.max_features, most_entities=settings.entity_cache_max_size)
        rows = RowMaker(entities, features, max_past=timedelta(days=settings.max_past_days))
        authentication = Authentication(pool, tokens, self._now)
        nouns = (
            Health(),
            Login(authentication),
            Profiles(pool, entities, self._now),
            Messages(rows, inlet, self._now),
            Drift(pool, entities, self._now),
            AlertTest(pool, entities, channels, settings, self._now),
            Deliveries(pool, entities),
        )
        return application(nouns, authentication, most_bytes=settings.max_message_bytes)

    def _pool(self, database: Database, name: str, smallest: int, largest: int) -> Pool:
        settings = self._settings
        pool = open_pool(
            database.conninfo,
            name=name,
            smallest=smallest,
            largest=largest,
            acquire_seconds=settings.db_acquire_timeout_seconds,
            idle_seconds=settings.db_idle_timeout_seconds,
            lifetime_seconds=settings.db_max_lifetime_seconds,
            check=settings.db_test_before_acquire and name != "writer",
        )
        self._stops.callback(pool.close)
        return pool

    def _stop_http(self, http: HttpServer) -> None:
        log.info("stopping: answering what is in hand")
        abandoned = http.stop(max(self._deadline - time.monotonic(), 0.0))
        if abandoned:
            log.error("abandoned %d requests that took longer than SCOUTER_SHUTDOWN_SECONDS", abandoned)


def _is_loopback(host: str) -> bool:
    return host in {"127.0.0.1", "::1", "localhost"}


def _warn_of(usernames: list[str], host: str) -> None:
    for username in usernames:
        log.warning(
            "user %r has the password that everybody knows, and %s is open to others: change it", username, host
        )
