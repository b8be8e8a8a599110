"""How a part is made from the settings: for the server, and for the commands that do the work of a part by hand."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from scouter.alerting.channels.routing import Channels
from scouter.alerting.delivery import Deliverer, lease_of, policy_of
from scouter.answering import Behind
from scouter.archive.archiver import Archiver
from scouter.archive.periods import ArchivePeriods
from scouter.archive.reads import ArchiveReads
from scouter.archive.stores.store import ObjectStore
from scouter.auth.page_tokens import PageTokens
from scouter.auth.tokens import Tokens
from scouter.ingest.consumer_set import ConsumerSet
from scouter.ingest.core import IngestCore
from scouter.ingest.ledger.books import Books
from scouter.ingest.pipeline import IngestPipeline
from scouter.ingest.quarantine.handling import QuarantineHandling
from scouter.maintenance.future_times import FutureTimes
from scouter.postgres.connections.connection_room import room_for_requests
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.connections.database_connections import DatabaseConnections
from scouter.postgres.connections.database_watch import DatabaseWatch
from scouter.postgres.connections.pool import Pool, connect, open_pool
from scouter.postgres.connections.query_deadlines import QueryDeadlines
from scouter.postgres.database_server import DatabaseServer
from scouter.postgres.embedded.disk_space import DiskSpace
from scouter.postgres.schema.partitions import Partitions
from scouter.postgres.tables.users import all_users, shared_secret
from scouter.profiles.ranked_features import RankedFeatures
from scouter.runtime.health import Health
from scouter.settings.records import RecordSettings
from scouter.settings.settings import Settings
from scouter.settings.users import UserSettings
from scouter.users.administration import Administration
from scouter.users.authentication import Authentication
from scouter.users.first_users import FirstUsers, known_defaults_in_use, make_first_users
from scouter.users.page_sessions import PageSessions

Clock = Callable[[], datetime]

_FEWEST_FOR_REQUESTS = 4
_CONNECTIONS_OF_INGEST = 5  # the writer's, the drainer's two, that of replays, that of arrivals
_CONNECTIONS_OF_JOBS = 3  # that of maintenance, the archiver's, and the records that it reads


@dataclass(frozen=True, slots=True)
class Foundation:
    """What the parts of every role stand on."""

    database: DatabaseServer
    connections: DatabaseConnections
    partitions: Partitions
    pool: Pool
    store: ObjectStore
    watch: DatabaseWatch


@dataclass(frozen=True, slots=True)
class WaysIn:
    """What messages come in by. `consumers` is None where this process reads from no broker."""

    core: IngestCore
    ingest: IngestPipeline
    consumers: ConsumerSet | None


def request_pool(conninfo: str, whole: Settings, connections: DatabaseConnections, watch: DatabaseWatch) -> Pool:
    """Raises `StartRefused` when there are too few connections to be had."""
    settings = whole.database
    beside = connections.maximum + _connections_of_parts(whole)
    with connect(conninfo) as connection:
        wanted, fewest = settings.max_pool_size, max(settings.min_pool_size, _FEWEST_FOR_REQUESTS)
        largest = room_for_requests(connection, wanted=wanted, beside=beside, fewest=fewest)
    return open_pool(
        conninfo,
        name="requests",
        smallest=min(settings.min_pool_size, largest),
        largest=largest,
        acquire_seconds=settings.acquire_seconds,
        idle_seconds=settings.idle_seconds,
        lifetime_seconds=settings.lifetime_seconds,
        check=settings.test_before_acquire,
        deadlines=connections.deadlines,
        is_away=lambda: watch.is_away,
    )


def _connections_of_parts(settings: Settings) -> int:
    """How many they have open at most, beside the pools."""
    roles = settings.processes.roles
    watch = 1
    ways_in = _CONNECTIONS_OF_INGEST if "http" in roles or "consumers" in roles else 0
    exports_and_dry_run = settings.archive.max_reads + 1 if "http" in roles else 0
    jobs = _CONNECTIONS_OF_JOBS if "background" in roles else 0
    return watch + ways_in + exports_and_dry_run + jobs + (_consumers(settings) if "consumers" in roles else 0)


def _consumers(settings: Settings) -> int:
    kafka, rabbitmq = settings.kafka, settings.rabbitmq
    return (kafka.workers if kafka.brokers else 0) + (rabbitmq.consumers if rabbitmq.address else 0)


def partitions_ahead(connections: DatabaseConnections, settings: RecordSettings, now: Clock) -> Partitions:
    """With those that records will soon need."""
    partitions = Partitions(connections.slow)
    partitions.ensure_ahead(now(), settings.partition_days_ahead)
    return partitions


def ingest_core(connections: DatabaseConnections, partitions: Partitions, settings: Settings) -> IngestCore:
    grace = settings.checks.window_grace_seconds
    return IngestCore(connections, partitions, settings.records, grace_seconds=grace)


def ingest_pipeline(
    conninfo: str,
    core: IngestCore,
    connections: DatabaseConnections,
    settings: Settings,
    transports: Sequence[str],
    now: Clock,
) -> IngestPipeline:
    spools = settings.database.data_dir / "spool"
    return IngestPipeline(conninfo, core, connections, settings.records, spools, ["http", *transports], now)


def archiver(conninfo: str, deadlines: QueryDeadlines, settings: Settings, store: ObjectStore, now: Clock) -> Archiver:
    on_the_way = settings.database.data_dir / "archive"
    return Archiver(conninfo, deadlines, ArchivePeriods.of(settings), store, on_the_way, now)


def deliverer(connections: ConnectionSource, settings: Settings, now: Clock) -> Deliverer:
    alerting = settings.alerting
    policy, lease = policy_of(alerting), lease_of(alerting)
    channels = Channels(alerting, settings.http.public_url)
    return Deliverer(connections, channels, policy, workers=alerting.workers, lease=lease, now=now)


def future_times(settings: Settings) -> FutureTimes:
    checks = settings.checks
    return FutureTimes(
        timedelta(seconds=checks.window_grace_seconds),
        timedelta(seconds=checks.lease_seconds),
        lease_of(settings.alerting),
    )


def parts_behind(
    base: Foundation,
    ways: WaysIn,
    reads: ArchiveReads,
    users: Authentication,
    sessions: PageSessions,
    health: Health,
    disk: DiskSpace | None,
    settings: Settings,
) -> Behind:
    """What answers, together."""
    ingest = ways.ingest
    return Behind(
        base.database.conninfo,
        base.pool,
        ways.core,
        ingest,
        Books(ingest.fleet_ledger(base.pool), ingest, settings.records),
        QuarantineHandling(base.pool, ways.core.replay(base.pool)),
        ways.consumers,
        reads,
        users,
        Administration(base.pool, users),
        sessions,
        health,
        base.watch,
        RankedFeatures(),
        disk,
    )


def authentication(
    conninfo: str, connections: DatabaseConnections, settings: UserSettings, now: Clock
) -> tuple[Authentication, PageSessions]:
    """Of programs and of browsers, with the users of now, who may come in while the database is away."""
    with connect(conninfo) as connection:
        kept = shared_secret(connection, "access_token_key", secrets.token_urlsafe(48))
        users = all_users(connection)
    key = settings.encrypt_secret or kept
    made = Authentication(connections.quick, Tokens(key), now, bootstrap_key=settings.bootstrap_key)
    made.prime(users)
    return made, PageSessions(made, PageTokens(key), connections.quick, now)


def first_users(conninfo: str, settings: UserSettings, host: str, *, trying_out: bool) -> FirstUsers | None:
    """Those that were made now."""
    with connect(conninfo) as connection:
        known_users = trying_out and settings.known_users
        return make_first_users(connection, settings, trying_out=known_users, is_private=is_loopback(host))


def known_passwords(conninfo: str, host: str) -> list[str]:
    """A sentence for each user whose password everybody knows, where others can reach the server."""
    if is_loopback(host):
        return []
    with connect(conninfo) as connection:
        known = known_defaults_in_use(connection)
    said = "has the password that everybody knows, and {} is open to others: change it"
    return [f"user {username!r} {said.format(host)}" for username in known]


def is_loopback(host: str) -> bool:
    return host in {"127.0.0.1", "::1", "localhost"}
