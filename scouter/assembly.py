"""How a part is made from the settings: for the server, and for the commands that do the work of a part by hand."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from scouter.alerting.channels.routing import Channels
from scouter.alerting.delivery import Deliverer, lease_of, policy_of
from scouter.archive.archiver import Archiver
from scouter.archive.periods import ArchivePeriods
from scouter.archive.stores.opening import open_store, warn_of_default
from scouter.archive.stores.store import ObjectStore
from scouter.auth.tokens import Tokens
from scouter.ingest.core import IngestCore
from scouter.ingest.pipeline import IngestPipeline
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.connections.database_connections import DatabaseConnections
from scouter.postgres.connections.database_watch import DatabaseWatch
from scouter.postgres.connections.pool import Pool, connect, open_pool
from scouter.postgres.database_server import DatabaseServer
from scouter.postgres.schema.partitions import Partitions
from scouter.postgres.tables.users import all_users, shared_secret
from scouter.settings.database import DatabaseSettings
from scouter.settings.records import RecordSettings
from scouter.settings.settings import Settings
from scouter.settings.users import UserSettings
from scouter.users.authentication import Authentication
from scouter.users.first_users import FirstUsers, known_defaults_in_use, make_first_users

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Foundation:
    """What the parts of every role stand on."""

    database: DatabaseServer
    connections: DatabaseConnections
    partitions: Partitions
    pool: Pool
    store: ObjectStore


def request_pool(
    conninfo: str, settings: DatabaseSettings, connections: DatabaseConnections, watch: DatabaseWatch
) -> Pool:
    return open_pool(
        conninfo,
        name="requests",
        smallest=settings.min_pool_size,
        largest=settings.max_pool_size,
        acquire_seconds=settings.acquire_seconds,
        idle_seconds=settings.idle_seconds,
        lifetime_seconds=settings.lifetime_seconds,
        check=settings.test_before_acquire,
        deadlines=connections.deadlines,
        is_away=lambda: watch.is_away,
    )


def partitions_ahead(connections: DatabaseConnections, settings: RecordSettings, now: Clock) -> Partitions:
    """With those that records will soon need."""
    partitions = Partitions(connections.slow)
    partitions.ensure_ahead(now(), settings.partition_days_ahead)
    return partitions


def ingest_core(connections: DatabaseConnections, partitions: Partitions, settings: Settings, now: Clock) -> IngestCore:
    grace = settings.checks.window_grace_seconds
    return IngestCore(connections, partitions, settings.records, now, grace_seconds=grace)


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


def object_store(settings: Settings, *, is_shared: bool) -> ObjectStore:
    """`is_shared`: other servers may have the same database."""
    store = open_store(settings.archive)
    if is_shared:
        warn_of_default(settings.archive, store, hot_days=settings.records.retention_days)
    return store


def archiver(conninfo: str, settings: Settings, store: ObjectStore, now: Clock) -> Archiver:
    on_the_way = settings.database.data_dir / "archive"
    return Archiver(conninfo, ArchivePeriods.of(settings), store, on_the_way, now)


def deliverer(connections: ConnectionSource, settings: Settings, now: Clock) -> Deliverer:
    alerting = settings.alerting
    policy, lease = policy_of(alerting), lease_of(alerting)
    return Deliverer(connections, Channels(alerting), policy, workers=alerting.workers, lease=lease, now=now)


def authentication(
    conninfo: str, connections: DatabaseConnections, settings: UserSettings, now: Clock
) -> Authentication:
    """With the users of now, who may come in while the database is away."""
    with connect(conninfo) as connection:
        kept = shared_secret(connection, "access_token_key", secrets.token_urlsafe(48))
        users = all_users(connection)
    tokens = Tokens(settings.encrypt_secret or kept)
    made = Authentication(connections.quick, tokens, now, bootstrap_key=settings.bootstrap_key)
    made.prime(users)
    return made


def first_users(conninfo: str, settings: UserSettings, host: str, *, trying_out: bool) -> FirstUsers | None:
    """Those that were made now. Warns of passwords that everybody knows, where others can reach the server."""
    with connect(conninfo) as connection:
        made = make_first_users(connection, settings, trying_out=trying_out)
        known = [] if _is_loopback(host) else known_defaults_in_use(connection)
    for username in known:
        log.warning(
            "user %r has the password that everybody knows, and %s is open to others: change it", username, host
        )
    return made


def _is_loopback(host: str) -> bool:
    return host in {"127.0.0.1", "::1", "localhost"}
