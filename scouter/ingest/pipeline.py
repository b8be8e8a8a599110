"""The way in as a whole: what it is made of, and in which order it starts and stops."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from scouter.ingest.ledger.fleet_ledger import FleetLedger
from scouter.ingest.ledger.ledger import Ledger
from scouter.ingest.messages.outcomes import TOTAL_NAMES, Totals
from scouter.ingest.quarantine.replay import REPLAY_SECONDS, Replay
from scouter.ingest.spool.drainer import STORE_SECONDS, Drainer
from scouter.ingest.spool.spool_directory import SpoolDirectory
from scouter.ingest.storage.batch_finalizer import ArrivalFinalizer, BatchFinalizer
from scouter.ingest.storage.batch_store import BatchStore
from scouter.ingest.storage.rejection_limit import RejectionLimit
from scouter.ingest.validation.row_encoder import RowEncoder
from scouter.ingest.validation.validator import Validator
from scouter.ingest.writer.gateway import Gateway
from scouter.ingest.writer.write_queue import WriteQueue
from scouter.ingest.writer.writer import Writer
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.connections.database_connections import DatabaseConnections
from scouter.postgres.connections.ingest_connection import IngestConnection
from scouter.postgres.connections.pool import connect
from scouter.postgres.schema.partitions import Partitions
from scouter.postgres.tables.entities import Entities
from scouter.postgres.tables.features import Features
from scouter.postgres.tables.ledger import ledger_sums
from scouter.postgres.tables.spools import installation
from scouter.runtime.periodic import Periodic
from scouter.settings.settings import Settings


class Ingest:
    """Owns the threads `writer` and `drainer`, and the spools that this process holds."""

    def __init__(
        self,
        conninfo: str,
        settings: Settings,
        database_connections: DatabaseConnections,
        partitions: Partitions,
        now: Callable[[], datetime],
        transports: Sequence[str] = (),
    ) -> None:
        """`transports` beside HTTP are shown in the books from the start.

        Raises `StartRefused` when there is no place for a spool.
        """
        self._settings = settings
        self._database_connections = database_connections
        self._partitions = partitions
        self._now = now
        self.breaker = database_connections.breaker
        self.rejection_limit = RejectionLimit()
        self._spool_directory = _spool_directory_of(conninfo, settings)
        self.spool = self._spool_directory.own()
        self.instance: UUID = self.spool.id  # a server that starts again goes on with its spool and its books
        self.ledger = Ledger(_base(conninfo, self.instance), ["http", *transports])
        maximum = settings.entity_cache_max_size
        self.entities = Entities(database_connections.quick, maximum=maximum)
        self.features = Features(database_connections.quick, max_names=settings.max_features, max_entities=maximum)
        self.validator = validator_with(self.entities, self.features, settings)
        self._replay_connection = database_connections.dedicated("replays", REPLAY_SECONDS)
        self.write_queue = WriteQueue(max_messages=settings.queue_messages)
        self.gateway = Gateway(self.validator, self.write_queue, self.ledger)
        self.writer = self._make_writer()
        self.drainer = self._make_drainer()
        self.drainer_thread = Periodic("drainer", self.drainer.work)

    def store(self, lane: str, max_seconds: float) -> BatchStore:
        """A way to store batches for one thread, which closes it."""
        ingest_connection = self._database_connections.dedicated(lane, max_seconds)
        finalizer = ArrivalFinalizer(self.rejection_limit, instance=self.instance, lane=lane)
        return store_over(ingest_connection, self._partitions, finalizer, self._settings, self._now)

    def replays(self, connections: ConnectionSource) -> Replay:
        """A way to store what is in quarantine."""

        def store(finalizer: BatchFinalizer) -> BatchStore:
            return store_over(self._replay_connection, self._partitions, finalizer, self._settings, self._now)

        return Replay(connections, self.validator, store)

    def fleet_ledger(self, connections: ConnectionSource) -> FleetLedger:
        """The ledger of all servers. `connections` are not those that messages depend on."""

        def held() -> list[UUID]:
            return [file.id for file in self.drainer.held]

        return FleetLedger(connections, self.breaker, self.ledger, self.instance, held, self._now)

    def start(self) -> None:
        self.drainer.adopt(self.spool)
        self.writer.start()
        self.drainer_thread.start()

    def stop(self) -> None:
        """Call when nobody brings messages any more: everything that was accepted is stored, or safe in the spool."""
        self.writer.stop()
        self.drainer_thread.stop()
        self.drainer.close()
        self._replay_connection.close()
        self._spool_directory.close()

    def _make_writer(self) -> Writer:
        return Writer(
            self.write_queue,
            self.store("writer", self._settings.store_seconds),
            self.spool,
            self.ledger,
            self.breaker,
            batch_rows=self._settings.batch_rows,
            store_seconds=self._settings.store_seconds,
        )

    def _make_drainer(self) -> Drainer:
        return Drainer(
            self._spool_directory,
            self.spool,
            self.store("drainer", STORE_SECONDS),
            self._database_connections.dedicated("drainer", STORE_SECONDS),
            self.validator,
            self.ledger,
            self.breaker,
            self.rejection_limit,
            instance=self.instance,
        )


def validator_with(entities: Entities, features: Features, settings: Settings) -> Validator:
    return Validator(RowEncoder(entities, features, max_past=timedelta(days=settings.max_past_days)), entities)


def store_over(
    ingest_connection: IngestConnection,
    partitions: Partitions,
    finalizer: BatchFinalizer,
    settings: Settings,
    now: Callable[[], datetime],
) -> BatchStore:
    # A quarter: what arrives later than that may miss its check, should committing it take long.
    late_after = timedelta(seconds=settings.window_grace_seconds / 4)
    return BatchStore(ingest_connection, partitions, finalizer, late_after=late_after, now=now)


def _spool_directory_of(conninfo: str, settings: Settings) -> SpoolDirectory:
    """Spools belong to one database: what waits for another one must not end up in this."""
    with connect(conninfo) as connection:
        database = installation(connection)
    directory = settings.spool_dir or settings.data_dir / "spool"
    return SpoolDirectory(directory / str(database), max_bytes=settings.spool_max_bytes)


def _base(conninfo: str, instance: UUID) -> dict[str, Totals]:
    """What this instance had written into the ledger when it was last running."""
    with connect(conninfo) as connection:
        sums = ledger_sums(connection, instance, own=True, held=[instance])
    return {each.transport: Totals(*(getattr(each, name) for name in TOTAL_NAMES)) for each in sums}
