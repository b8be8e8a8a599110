"""The composition root: which parts a server has, by role, and in which order they stop."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import UTC, datetime

from scouter.alerting.group_clock import GroupClock
from scouter.alerting.heartbeat import Heartbeat
from scouter.alerting.server_policy import overrule_policy
from scouter.answering import Behind
from scouter.api.http_server import bind, http_server, in_address
from scouter.api.metrics_application import MetricsServer
from scouter.api.probes import Probes
from scouter.api.surface import http_application
from scouter.archive.reads import ArchiveReads
from scouter.archive.stores.opening import open_store, unset_store
from scouter.assembly import (
    Foundation,
    WaysIn,
    archiver,
    authentication,
    deliverer,
    first_users,
    future_times,
    ingest_core,
    ingest_pipeline,
    known_passwords,
    partitions_ahead,
    parts_behind,
    request_pool,
)
from scouter.checks.checker import Checker
from scouter.checks.late_sweep import LateSweep
from scouter.checks.poller import Poller
from scouter.checks.silence_sweep import SilenceSweep
from scouter.ingest.consumer_set import ConsumerSet, configured_transports
from scouter.ingest.messages.inbound import Transport
from scouter.maintenance.archiving import Archiving
from scouter.maintenance.clock_watch import ClockWatch
from scouter.maintenance.quarantine_limits import QuarantineLimits
from scouter.maintenance.scheduler import MaintenanceScheduler
from scouter.maintenance.tasks import tasks_of
from scouter.metrics import PART_OK, PARTITIONS_KNOWN
from scouter.pages.surface import site
from scouter.postgres.connections.database_connections import DatabaseConnections
from scouter.postgres.connections.database_watch import DatabaseWatch
from scouter.postgres.database import EMBEDDED, chosen_uri, unset_uri
from scouter.postgres.database_server import DatabaseServer
from scouter.postgres.embedded.disk_space import DiskSpace
from scouter.roles import require_useful_roles
from scouter.runtime.health import Health
from scouter.runtime.metrics_collector import MetricsCollector, gauge, labelled
from scouter.runtime.part import Part, PassivePart
from scouter.runtime.supervisor import Stage, Supervisor
from scouter.settings.settings import Settings
from scouter.users.first_users import FirstUsers
from scouter.wire.prepared_types import prepare_struct_types

log = logging.getLogger(__name__)

# The order of a stop.
FRONT = Stage("ways in and jobs", "nobody needs them: they end what is in hand, while all that it needs still works")
INGEST = Stage("ingest", "what the ways in have accepted is stored now, or goes to the spool")
SHARED = Stage("shared", "pools, caches and the watch over the database serve the stages before to their last query")
CONNECTIONS = Stage("connections", "the limits on waiting for Postgres hold until nobody asks it anything any more")
DATABASE = Stage("database", "an embedded Postgres ends after its last client")
PROBES = Stage("probes", "probes and metrics answer until there is nothing left to ask about")
STOP_ORDER = (FRONT, INGEST, SHARED, CONNECTIONS, DATABASE, PROBES)

Parts = Iterator[tuple[Stage, Part]]

_JOB_SECONDS = 3.0  # a job waits no longer for a connection, and tries again
_LAST_WORD_SECONDS = 0.5  # before the end of a stop Postgres is given up, so that whoever waits for it is told


def utc_now() -> datetime:
    return datetime.now(UTC)


class Server:
    """One server process. `start` returns when it answers; `stop` returns when nothing of it is left."""

    def __init__(self, settings: Settings, now: Callable[[], datetime] = utc_now) -> None:
        self._settings = settings
        self._now = now
        self._health = Health()
        self._metrics = MetricsCollector()
        self._metrics.add(labelled(PART_OK, self._health.parts_ok))
        self.supervisor = Supervisor(STOP_ORDER, self._health, self._metrics)
        self._uri = self._host = ""
        self._database: DatabaseServer | None = None
        self._connections: DatabaseConnections | None = None
        self.first_users: FirstUsers | None = None
        self.behind: Behind | None = None
        """What answers, where it has started."""
        self.database_place = self.store_name = ""
        self.notices: list[str] = []
        """What whoever starts it should know of his settings, a sentence each."""

    def start(self) -> None:
        """Raises `StartRefused`, with nothing left running, when the server cannot start."""
        prepare_struct_types()
        settings = self._settings
        self._uri = chosen_uri(settings.database)
        self.notices += filter(None, [unset_uri(self._uri, settings.database)])
        self.notices += require_useful_roles(settings, self._uri)
        self._host = settings.http.host or ("127.0.0.1" if self._uri == EMBEDDED else "0.0.0.0")  # noqa: S104  # documented
        self.supervisor.start(self._parts())
        self._health.phase = "running"

    @property
    def host(self) -> str:
        """What it listens on, once it starts."""
        return self._host

    @property
    def address(self) -> str:
        return f"http://{in_address(self._host)}:{self._settings.http.port}"

    @property
    def metrics_address(self) -> str:
        return f"http://{in_address(self._host)}:{self._settings.http.port + 1}"

    def supervise(self) -> None:
        """Start an embedded database again when it has died. Call it now and then, from the main thread."""
        if self._database is not None:
            self._database.supervise()

    def stop(self) -> list[str]:
        """Answer what was accepted, store it, stop everything, within SCOUTER_SHUTDOWN_SECONDS and a moment.

        The names of the parts that had to be abandoned.
        """
        log.info("stopping: answering what is in hand")
        self._health.phase = "stopping"
        seconds = self._settings.http.shutdown_seconds
        if self._connections is not None:
            self._connections.deadlines.end_at(time.monotonic() + max(seconds - _LAST_WORD_SECONDS, seconds / 2))
        abandoned = self.supervisor.stop(seconds)
        log.info("stopped")
        return abandoned

    def _parts(self) -> Parts:
        """In the order of the start. What stands behind a `yield` may use what that has started."""
        roles, http = self._settings.processes.roles, self._settings.http
        listener = bind(self._host, http.port, "HTTP") if "http" in roles else None
        if listener is not None:  # a port that is taken is said before a database is started
            yield PROBES, PassivePart("http port", lambda _: listener.close())
        metrics_listener = bind(self._host, http.port + 1, "metrics")
        yield PROBES, MetricsServer(self._metrics, Probes(self._health), metrics_listener)
        base = yield from self._base()
        if "background" in roles:
            yield from self._background(base)
        transports = configured_transports(self._settings) if "consumers" in roles else []
        if listener is not None or transports:
            yield from self._ways_in(base, transports, listener)

    def _base(self) -> Generator[tuple[Stage, Part], None, Foundation]:
        settings, now = self._settings, self._now
        database = self._database = DatabaseServer(self._uri, settings.database)
        yield DATABASE, database
        self.database_place = database.place
        connections = self._connections = DatabaseConnections(database.conninfo, settings.records.store_seconds)
        yield CONNECTIONS, connections
        partitions = partitions_ahead(connections, settings.records, now)
        yield SHARED, PassivePart("partitions", metrics=[gauge(PARTITIONS_KNOWN, lambda: partitions.known)])
        has_spool = "http" in settings.processes.roles
        watch = DatabaseWatch(database.conninfo, connections.deadlines, now, is_needed=not has_spool)
        yield SHARED, watch
        pool = request_pool(database.conninfo, settings, connections, watch)
        yield SHARED, PassivePart("connection pool", pool.end, metrics=pool.metrics())
        records = settings.records
        jobs = pool.within(_JOB_SECONDS)
        with pool.connection() as connection:
            overrule_policy(connection, settings.messages)
        yield (
            FRONT,
            QuarantineLimits(
                jobs,
                days=records.quarantine_days,
                max_bytes=records.quarantine_max_bytes,
                max_unsupported_bytes=records.quarantine_unsupported_max_bytes,
            ),
        )
        store = open_store(settings.archive)
        self.store_name = store.name
        if not database.is_embedded:  # other servers may have the same one
            self.notices += filter(None, [unset_store(settings.archive, store, hot_days=records.retention_days)])
        return Foundation(database, connections, partitions, pool, store, watch)

    def _background(self, base: Foundation) -> Parts:
        settings, now, conninfo = self._settings, self._now, base.database.conninfo
        jobs = base.pool.within(_JOB_SECONDS)
        is_alone = "http" not in settings.processes.roles
        deadlines = base.connections.deadlines
        yield FRONT, MaintenanceScheduler(conninfo, deadlines, tasks_of(settings), now, is_alone=is_alone)
        delivery = deliverer(jobs, settings, now)
        yield FRONT, delivery
        group_clock = GroupClock(jobs, delivery.wake)
        yield FRONT, group_clock
        yield FRONT, LateSweep(jobs, settings.checks, settings.alerting, now, delivery.wake)
        yield FRONT, Poller(jobs, Checker(jobs, settings.checks, settings.alerting, delivery.wake), settings.checks)
        yield FRONT, SilenceSweep(jobs, settings.alerting)
        yield FRONT, Heartbeat(jobs, settings.checks, settings.alerting, lambda: group_clock.runs, now)
        yield FRONT, ClockWatch(jobs, future_times(settings), now)
        yield FRONT, Archiving(archiver(conninfo, deadlines, settings, base.store, now), settings.archive.every_seconds)

    def _ways_in(self, base: Foundation, transports: Sequence[Transport], listener: socket.socket | None) -> Parts:
        settings, now, conninfo = self._settings, self._now, base.database.conninfo
        core = ingest_core(base.connections, base.partitions, settings)
        ingest = ingest_pipeline(conninfo, core, base.connections, settings, transports, now)
        yield INGEST, ingest
        consumers = None
        if transports:
            quick = base.connections.quick
            consumers = ConsumerSet(transports, settings.kafka, settings.rabbitmq, ingest, quick, now)
            yield FRONT, consumers
        statuses = list if consumers is None else consumers.statuses
        yield SHARED, ingest.arrival_notes(statuses, has_http=listener is not None)
        if listener is not None:
            yield from self._http(base, WaysIn(core, ingest, consumers), listener)

    def _http(self, base: Foundation, ways: WaysIn, listener: socket.socket) -> Parts:
        settings, database = self._settings, base.database
        self.first_users = first_users(database.conninfo, settings.users, self._host, trying_out=database.is_embedded)
        self.notices += known_passwords(database.conninfo, self._host)
        users, sessions = authentication(database.conninfo, base.connections, settings.users, self._now)
        yield SHARED, PassivePart("authentication", lambda _: users.close())
        disk = None  # of another server's database: not ours to see
        if database.embedded is not None:
            disk = DiskSpace(database.embedded.directory, settings.database.min_free_bytes)
            yield SHARED, PassivePart("disk", health_checks=disk.health_checks(), metrics=disk.metrics())
        reads = ArchiveReads(base.store, maximum=settings.archive.max_reads, seconds=settings.archive.read_seconds)
        yield SHARED, reads
        behind = parts_behind(base, ways, reads, users, sessions, self._health, disk, settings)
        self.behind = behind
        pages = site(behind, settings, self._now) if settings.http.pages else None
        app = http_application(behind, settings, self._now, pages)
        yield FRONT, http_server(app, listener, users.has_issued, settings)
