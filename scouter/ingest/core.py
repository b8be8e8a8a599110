"""What it takes to validate and store a message, whoever brings it: a sender, a broker, the spool or an admin."""

from __future__ import annotations

from datetime import timedelta

from scouter.ingest.arrivals import Arrivals
from scouter.ingest.quarantine.replay import REPLAY_SECONDS, Replay
from scouter.ingest.storage.batch_finalizer import BatchFinalizer
from scouter.ingest.storage.batch_store import BatchStore
from scouter.ingest.storage.postgres_batch_store import PostgresBatchStore
from scouter.ingest.validation.row_encoder import RowEncoder
from scouter.ingest.validation.validator import Validator
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.connections.database_connections import DatabaseConnections
from scouter.postgres.connections.ingest_connection import IngestConnection
from scouter.postgres.schema.partitions import Partitions
from scouter.postgres.tables.entities import Entities
from scouter.postgres.tables.features import Features
from scouter.settings.records import RecordSettings


class IngestCore:
    """Shared by the pipeline, the consumers, and the command line."""

    def __init__(
        self,
        database: DatabaseConnections,
        partitions: Partitions,
        settings: RecordSettings,
        *,
        grace_seconds: float,
    ) -> None:
        """`grace_seconds`: how long a check waits for the last records of its window."""
        self._database = database
        self._partitions = partitions
        # A quarter: what arrives later than that may miss its check, should committing it take long.
        self._late_after = timedelta(seconds=grace_seconds / 4)
        maximum = settings.max_cached_entities
        self.entities = Entities(database.quick, maximum=maximum)
        self.features = Features(
            database.quick,
            max_names=settings.max_features,
            max_entities=maximum,
            unused_days=settings.unused_name_days,
        )
        encoder = RowEncoder(self.entities, self.features, max_past=timedelta(days=settings.max_past_days))
        self.validator = Validator(encoder, self.entities)
        self.arrivals = Arrivals()
        self._replay_connection = database.dedicated("replays", REPLAY_SECONDS)

    def batch_store(self, lane: str, max_seconds: float, finalizer: BatchFinalizer) -> BatchStore:
        """A way to store batches for one thread, which closes it."""
        return self._store_over(self._database.dedicated(lane, max_seconds), finalizer)

    def replay(self, connections: ConnectionSource) -> Replay:
        """A way to store what is in quarantine."""
        return Replay(
            connections, self.validator, lambda finalizer: self._store_over(self._replay_connection, finalizer)
        )

    def close(self) -> None:
        self._replay_connection.close()

    def _store_over(self, connection: IngestConnection, finalizer: BatchFinalizer) -> BatchStore:
        return PostgresBatchStore(connection, self._partitions, finalizer, self.arrivals, late_after=self._late_after)
