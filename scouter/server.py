"""The composition root: builds every part, starts them in order, stops them in reverse."""

from __future__ import annotations

import logging
import secrets
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import UTC, datetime

from scouter.alerting.channels.routing import Channels
from scouter.alerting.delivery import Deliverer, lease_of, policy_of
from scouter.api.alert_trial import AlertTrial
from scouter.api.alerts import Alerts
from scouter.api.application import Application, application
from scouter.api.archive import Archive
from scouter.api.caller_address import TrustedProxies
from scouter.api.capabilities import Capabilities
from scouter.api.charts import Charts
from scouter.api.deliveries import Deliveries
from scouter.api.documentation import Documentation
from scouter.api.exports import RecordExports
from scouter.api.healthcheck import Healthcheck
from scouter.api.http_server import HttpServer, bind
from scouter.api.ledger import LedgerResource
from scouter.api.login import Login
from scouter.api.messages import Messages
from scouter.api.metrics_application import metrics_application
from scouter.api.observability import Observability
from scouter.api.probes import Probes
from scouter.api.profile_deletion import ProfileDeletion
from scouter.api.profile_listing import ProfileListing
from scouter.api.profiles import Profiles
from scouter.api.quarantine import Quarantine
from scouter.api.routing import Resource
from scouter.api.runs import Runs
from scouter.api.tags import Tags
from scouter.api.users import Users
from scouter.archive.export import Exports
from scouter.archive.history import History
from scouter.archive.reads import ArchiveReads
from scouter.archive.stores.opening import open_store
from scouter.archive.stores.store import ObjectStore
from scouter.auth.tokens import Tokens
from scouter.checks.checker import Checker
from scouter.checks.late_sweep import LateSweep
from scouter.checks.poller import Poller
from scouter.errors import StartRefused
from scouter.ingest.consumer_set import Consumers, wanted_transports
from scouter.ingest.consumers.consumer_health import consumers_health
from scouter.ingest.ledger.ledger_metrics import outcome_totals, received_totals, spooled_totals
from scouter.ingest.messages.inbound import Transport
from scouter.ingest.pipeline import Ingest
from scouter.ingest.writer.write_queue import WriteQueue
from scouter.maintenance.archiving import Archiving
from scouter.maintenance.quarantine_limits import QuarantineLimits
from scouter.maintenance.scheduler import Maintenance
from scouter.metrics import (
    ARCHIVE_DAYS_DUE,
    ARCHIVE_DAYS_HELD,
    ARCHIVE_LAST_PASS,
    BREAKER_OPEN,
    BREAKER_OPENINGS,
    CONSUMER_LAG,
    DISK_FREE,
    HTTP_CONNECTIONS,
    HTTP_WAITING,
    MAINTENANCE_SUCCESS,
    MESSAGES,
    MESSAGES_RECEIVED,
    MESSAGES_SPOOLED,
    PART_OK,
    PARTITIONS_KNOWN,
    QUARANTINE_BYTES,
    QUARANTINE_MESSAGES,
    QUEUE_LIMIT,
    QUEUE_MESSAGES,
    SPOOL_BYTES,
)
from scouter.postgres.connections.database_connections import DatabaseConnections
from scouter.postgres.connections.database_watch import DatabaseWatch
from scouter.postgres.connections.pool import Pool, connect, open_pool
from scouter.postgres.connections.query_deadlines import QueryDeadlines
from scouter.postgres.database import EMBEDDED, Database, chosen_uri, open_database
from scouter.postgres.embedded.disk_space import DiskSpace
from scouter.postgres.schema.migrations import migrate
from scouter.postgres.schema.partitions import Partitions
from scouter.postgres.tables.users import all_users, shared_secret
from scouter.runtime.health import Health, HealthCheck, HealthState, thread_check
from scouter.runtime.metrics_collector import MetricsCollector
from scouter.runtime.periodic import Periodic
from scouter.settings.settings import Settings
from scouter.users.authentication import Authentication
from scouter.users.first_users import FirstUsers, known_defaults_in_use, make_first_users
from scouter.wire.prepared_types import prepare_struct_types

log = logging.getLogger(__name__)

_RESTART_SECONDS = 5.0  # between tries to start an embedded database that will not start
_METRICS_THREADS = 2
_METRICS_CONNECTIONS = 100


def utc_now() -> datetime:
    return datetime.now(UTC)


class Server:
    """One server process. `start` returns when it answers; `stop` returns when nothing of it is left."""

    def __init__(self, settings: Settings, now: Callable[[], datetime] = utc_now) -> None:
        self._settings = settings
        self._now = now
        self._stops = ExitStack()  # in reverse order of starting
        self._deadline = 0.0
        self._health = Health()
        self._readings = MetricsCollector()
        self._supervise_from = 0.0  # on time.monotonic()
        self._database: Database | None = None
        self._database_connections: DatabaseConnections | None = None
        self.first_users: FirstUsers | None = None
        self.address = ""
        self.metrics_address = ""

    def start(self) -> None:
        """Raises `StartRefused`, with nothing left running, when the server cannot start."""
        with self._stops as undo:
            self._start()
            self._stops = undo.pop_all()

    def supervise(self) -> None:
        """Start the embedded database again when it has died. Call it now and then, from the main thread."""
        embedded = self._database.embedded if self._database else None
        if embedded is None or self._database is None or embedded.running:
            return
        if time.monotonic() < self._supervise_from:
            return
        log.error("the embedded database has ended; starting it again")
        try:
            conninfo = embedded.start()
        except StartRefused as refused:
            self._supervise_from = time.monotonic() + _RESTART_SECONDS
            log.error("it did not start: %s", refused)
            return
        if conninfo != self._database.conninfo:
            raise StartRefused(["the embedded database came back under another address: start the server again"])

    def stop(self) -> None:
        """Answer what was accepted, store it, stop everything; within SCOUTER_SHUTDOWN_SECONDS."""
        self._health.phase = "stopping"
        self._deadline = time.monotonic() + self._settings.shutdown_seconds
        if self._database_connections is not None:
            self._database_connections.deadlines.end_at(self._deadline)
        self._stops.close()
        log.info("stopped")

    def _start(self) -> None:
        prepare_struct_types()
        settings = self._settings
        uri = chosen_uri(settings)
        _judge_roles(settings, uri)
        host = settings.server_host or ("127.0.0.1" if uri == EMBEDDED else "0.0.0.0")  # noqa: S104  # documented
        listener = self._bind(host, settings.server_port, "HTTP") if "http" in settings.roles else None
        self._start_metrics(self._bind(host, settings.server_port + 1, "metrics"))
        database = open_database(uri, settings)
        self._stops.callback(database.stop)
        self._database = database
        migrate(database.conninfo)
        self._start_parts(database, host, listener)
        self._health.phase = "running"
        self.metrics_address = f"http://{host}:{settings.server_port + 1}"
        if listener is not None:
            self.address = f"http://{host}:{settings.server_port}"
            log.info("listening on %s, metrics on %s/metrics", self.address, self.metrics_address)
        else:
            log.info("listening on %s, for metrics and probes only", self.metrics_address)

    def _bind(self, host: str, port: int, purpose: str) -> socket.socket:
        listener = bind(host, port, purpose)
        self._stops.callback(listener.close)
        return listener

    def _start_metrics(self, listener: socket.socket) -> None:
        """First to start and last to stop: the probes answer meanwhile."""
        server = HttpServer(
            metrics_application(self._readings, Probes(self._health)),
            listener,
            threads=_METRICS_THREADS,
            connection_limit=_METRICS_CONNECTIONS,
            max_message_bytes=4096,
            name="metrics",
        )
        self._readings.add_labelled(PART_OK, self._parts_ok)
        server.start()
        self._stops.callback(server.stop, 1.0)

    def _parts_ok(self) -> Iterable[tuple[str, float]]:
        return ((name, float(state.ok)) for name, state in self._health.readiness().parts.items())

    def _prepare_users(self, database: Database, host: str) -> Tokens:
        with connect(database.conninfo) as connection:
            self.first_users = make_first_users(connection, self._settings, trying_out=database.is_embedded)
            kept = shared_secret(connection, "access_token_key", secrets.token_urlsafe(48))
            if not _is_loopback(host):
                _warn_of(known_defaults_in_use(connection), host)
        return Tokens(self._settings.encrypt_secret or kept)

    def _start_parts(self, database: Database, host: str, listener: socket.socket | None) -> None:
        settings = self._settings
        database_connections = self._database_connections = DatabaseConnections(
            database.conninfo, settings.store_seconds
        )
        database_connections.start()
        self._stops.callback(database_connections.stop)
        self._health.add(thread_check("database deadlines", lambda: database_connections.deadlines.alive))
        self._readings.add(BREAKER_OPEN, lambda: database_connections.breaker.is_open)
        self._readings.add(BREAKER_OPENINGS, lambda: database_connections.breaker.openings)
        partitions = Partitions(database_connections.slow)
        partitions.ensure_ahead(self._now(), settings.partition_days_ahead)
        self._readings.add(PARTITIONS_KNOWN, lambda: partitions.known)
        watch = self._start_watch(database, database_connections.deadlines)
        pool = self._pool(database, database_connections.deadlines, watch)
        self._start_limits(pool)
        store = open_store(settings)
        _warn_of_local(store, database, settings)
        if "background" in settings.roles:
            self._start_maintenance(Maintenance(database.conninfo, database_connections.deadlines, settings, self._now))
            self._start_checks(pool)
            self._start_archiving(Archiving(database.conninfo, settings, store, self._now))
        transports = wanted_transports(settings) if "consumers" in settings.roles else []
        if listener is None and not transports:
            return
        ingest = Ingest(database.conninfo, settings, database_connections, partitions, self._now, transports)
        self._start_ingest(ingest)
        if transports:
            self._start_consumers(Consumers(settings, transports, ingest, database_connections, self._now))
        if listener is not None:
            self._start_http(database, host, listener, pool, database_connections, ingest, self._archive_reads(store))

    def _start_watch(self, database: Database, deadlines: QueryDeadlines) -> DatabaseWatch:
        watch = DatabaseWatch(database.conninfo, deadlines, self._now)
        self._health.add(HealthCheck("database", watch.database, readiness="http" not in self._settings.roles))
        self._health.add(HealthCheck("partitions", watch.partitions))
        self._health.add(thread_check("database watch", lambda: watch.alive))
        watch.start()
        self._stops.callback(watch.stop)
        return watch

    def _start_limits(self, pool: Pool) -> None:
        settings = self._settings
        limits = QuarantineLimits(pool, days=settings.quarantine_days, max_bytes=settings.quarantine_max_bytes)
        self._readings.add_labelled(QUARANTINE_MESSAGES, limits.messages)
        self._readings.add_labelled(QUARANTINE_BYTES, limits.bytes)
        self._run_part("quarantine limits", limits.thread)

    def _start_maintenance(self, maintenance: Maintenance) -> None:
        self._health.add(HealthCheck("last maintenance", maintenance.state))
        self._readings.add(MAINTENANCE_SUCCESS, lambda: maintenance.succeeded_at)
        # Records do not wait for maintenance; a process that does nothing else is not ready without it.
        alone = "http" not in self._settings.roles
        self._run_part("maintenance", maintenance, readiness=alone)

    def _run_part(self, name: str, part: Periodic | Poller | Maintenance, *, readiness: bool = False) -> None:
        self._health.add(thread_check(name, lambda: part.alive, readiness=readiness))
        part.start()
        self._stops.callback(part.stop)

    def _start_checks(self, pool: Pool) -> None:
        settings = self._settings
        deliverer = Deliverer(
            pool,
            Channels(settings),
            policy_of(settings),
            workers=settings.delivery_workers,
            lease=lease_of(settings),
            now=self._now,
        )
        self._health.add(thread_check("delivery", lambda: deliverer.alive))
        deliverer.start()
        self._stops.callback(lambda: deliverer.stop(max(self._deadline - time.monotonic(), 0.0)))
        self._run_part("late sweep", LateSweep(pool, settings, self._now).thread)
        self._run_part("checks", Poller(pool, Checker(pool, settings), settings))

    def _start_http(
        self,
        database: Database,
        host: str,
        listener: socket.socket,
        pool: Pool,
        database_connections: DatabaseConnections,
        ingest: Ingest,
        reads: ArchiveReads,
    ) -> None:
        settings = self._settings
        tokens = self._prepare_users(database, host)
        disk = self._watch_disk(database)
        http = HttpServer(
            self._application(database, pool, tokens, ingest, database_connections, reads, disk),
            listener,
            threads=settings.http_threads,
            connection_limit=settings.connection_limit,
            max_message_bytes=settings.max_message_bytes,
        )
        self._health.add(thread_check("http", lambda: http.alive))
        self._readings.add(HTTP_CONNECTIONS, lambda: http.connections)
        self._readings.add(HTTP_WAITING, lambda: http.waiting)
        http.start()
        self._stops.callback(self._stop_http, http)

    def _start_ingest(self, ingest: Ingest) -> None:
        maximum = self._settings.queue_messages
        self._health.add(thread_check("writer", lambda: ingest.writer.alive, readiness=True))
        self._health.add(thread_check("drainer", lambda: ingest.drainer_thread.alive))
        self._health.add(HealthCheck("spool", lambda: _spool_state(ingest), readiness=True))
        self._health.add(HealthCheck("queue", lambda: _queue_state(ingest.write_queue, maximum)))
        self._readings.add(QUEUE_MESSAGES, ingest.write_queue.depth)
        self._readings.add(QUEUE_LIMIT, lambda: maximum)
        self._readings.add(SPOOL_BYTES, ingest.drainer.bytes)
        self._readings.add_table(MESSAGES_SPOOLED, lambda: spooled_totals(ingest.ledger))
        self._readings.add_table(MESSAGES_RECEIVED, lambda: received_totals(ingest.ledger))
        self._readings.add_table(MESSAGES, lambda: outcome_totals(ingest.ledger))
        ingest.start()
        self._stops.callback(ingest.stop)

    def _start_consumers(self, consumers: Consumers) -> None:
        for worker in consumers.workers:
            self._health.add(thread_check(worker.state.name, lambda worker=worker: worker.alive))  # type: ignore[misc]
        for transport in consumers.transports:
            self._health.add(_consumers_check(consumers, transport))
        self._readings.add_labelled(
            CONSUMER_LAG, lambda: ((worker.state.name, worker.state.lag) for worker in consumers.workers)
        )
        consumers.start()
        self._stops.callback(consumers.stop)

    def _watch_disk(self, database: Database) -> DiskSpace | None:
        """Of the embedded database: the disk of another server is not ours to see."""
        if database.embedded is None:
            return None
        disk = DiskSpace(database.embedded.directory, self._settings.min_free_bytes)
        self._health.add(
            HealthCheck(
                "disk", lambda: HealthState(not disk.is_low(), f"{disk.free() // 2**20} MiB free"), readiness=True
            )
        )
        self._readings.add(DISK_FREE, disk.free)
        return disk

    def _start_archiving(self, archiving: Archiving) -> None:
        self._health.add(thread_check("archive thread", lambda: archiving.thread.alive))
        self._health.add(HealthCheck("archive", lambda: archiving.state))
        self._readings.add(ARCHIVE_DAYS_DUE, lambda: archiving.days_due)
        self._readings.add(ARCHIVE_DAYS_HELD, lambda: archiving.days_held)
        self._readings.add(ARCHIVE_LAST_PASS, lambda: archiving.last_pass)
        archiving.start()
        self._stops.callback(archiving.stop)

    def _archive_reads(self, store: ObjectStore) -> ArchiveReads:
        reads = ArchiveReads(store, maximum=self._settings.archive_reads, seconds=self._settings.archive_seconds)
        self._stops.callback(reads.stop)
        return reads

    def _exports(self, database: Database, pool: Pool, reads: ArchiveReads) -> Exports:
        settings = self._settings
        return Exports(
            database.conninfo,
            pool,
            reads,
            settings.data_dir / "exports",
            maximum=settings.archive_reads,
            wait_seconds=settings.archive_seconds,
        )

    def _application(
        self,
        database: Database,
        pool: Pool,
        tokens: Tokens,
        ingest: Ingest,
        database_connections: DatabaseConnections,
        reads: ArchiveReads,
        disk: DiskSpace | None,
    ) -> Application:
        settings = self._settings
        entities, features = ingest.entities, ingest.features
        authentication = Authentication(
            database_connections.quick, tokens, self._now, bootstrap_key=settings.bootstrap_key
        )
        self._stops.callback(authentication.close)
        with pool.connection() as connection:
            authentication.prime(all_users(connection))
        tags = Tags(pool, entities)
        resources: list[Resource] = [
            Healthcheck(),
            Probes(self._health),
            Login(authentication),
            Users(pool, authentication),
            Profiles(pool, entities, settings, self._now),
            ProfileListing(pool),
            ProfileDeletion(pool, entities, features),
            Messages(ingest.gateway, self._now, disk),
            Charts(pool, History(pool, reads), entities, self._now),
            RecordExports(self._exports(database, pool, reads), entities, self._now),
            Archive(pool, settings, reads.store.name, self._now),
            Alerts(pool, entities, self._now),
            tags,
            AlertTrial(pool, entities, Channels(settings), settings, self._now),
            Deliveries(pool, entities),
            Runs(pool, entities),
            Observability(pool, entities, self._now),
            LedgerResource(ingest.fleet_ledger(pool), ingest, settings),
            Quarantine(pool, ingest.replays(pool)),
        ]
        resources += [Capabilities(resources), Documentation(resources)]
        proxies = TrustedProxies(settings.trusted_proxies)
        return application(
            resources,
            authentication,
            max_bytes=settings.max_message_bytes,
            proxies=proxies,
            is_disk_full=disk.is_low if disk else lambda: False,
        )

    def _pool(self, database: Database, deadlines: QueryDeadlines, watch: DatabaseWatch) -> Pool:
        settings = self._settings
        pool = open_pool(
            database.conninfo,
            name="requests",
            smallest=settings.min_pool_size,
            largest=settings.max_pool_size,
            acquire_seconds=settings.db_acquire_timeout_seconds,
            idle_seconds=settings.db_idle_timeout_seconds,
            lifetime_seconds=settings.db_max_lifetime_seconds,
            check=settings.db_test_before_acquire,
            deadlines=deadlines,
            is_away=lambda: watch.is_away,
        )
        self._stops.callback(pool.close)
        self._readings.add_pool(pool)
        return pool

    def _stop_http(self, http: HttpServer) -> None:
        log.info("stopping: answering what is in hand")
        abandoned = http.stop(max(self._deadline - time.monotonic(), 0.0))
        if abandoned:
            log.error("abandoned %d requests that took longer than SCOUTER_SHUTDOWN_SECONDS", abandoned)


def _judge_roles(settings: Settings, uri: str) -> None:
    """Raises `StartRefused` for roles in which this process could do nothing, or for which it lacks a library."""
    roles = settings.roles
    if "consumers" in roles and not wanted_transports(settings) and roles == ("consumers",):
        log.warning("SCOUTER_ROLES is consumers alone, and no broker is configured: this process does nothing")
    if uri == EMBEDDED and "http" not in roles:
        raise StartRefused(
            [
                f"SCOUTER_ROLES={','.join(roles)} is for one of several processes on one database, and the embedded "
                "database belongs to a single process: set DATABASE_URI, or add http to SCOUTER_ROLES"
            ]
        )
    if uri == EMBEDDED and "background" not in roles:
        log.warning("SCOUTER_ROLES is without background: nobody looks after the embedded database")


def _warn_of_local(store: ObjectStore, database: Database, settings: Settings) -> None:
    if not database.is_embedded and settings.storage_uri == Settings().storage_uri:
        log.warning(
            "SCOUTER_STORAGE_URI is not set: records older than %d days go to files in %s. It has to outlive this "
            "process, and all servers of this database have to share it",
            *(settings.retention_days, store.name),
        )


def _consumers_check(consumers: Consumers, transport: Transport) -> HealthCheck:
    return HealthCheck(transport, lambda: consumers_health(consumers.of(transport)))


def _spool_state(ingest: Ingest) -> HealthState:
    waiting = sum(account.spooled for account in ingest.ledger.accounts().values())
    detail = f"{waiting} messages wait, {ingest.drainer.state}"
    can_keep = not ingest.breaker.is_open and not ingest.rejection_limit.is_stopped
    return HealthState(can_keep or not ingest.spool.is_full, detail)


def _queue_state(write_queue: WriteQueue, maximum: int) -> HealthState:
    return HealthState(write_queue.depth() < maximum, f"{write_queue.depth()} of {maximum} messages")


def _is_loopback(host: str) -> bool:
    return host in {"127.0.0.1", "::1", "localhost"}


def _warn_of(usernames: list[str], host: str) -> None:
    for username in usernames:
        log.warning(
            "user %r has the password that everybody knows, and %s is open to others: change it", username, host
        )
