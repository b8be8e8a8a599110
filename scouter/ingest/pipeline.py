"""The way in as a whole: what it is made of, and in which order it starts and stops."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from scouter.ingest.ledger.fleet_ledger import Books
from scouter.ingest.ledger.ledger import Ledger
from scouter.ingest.messages.outcomes import TOTAL_NAMES, Totals
from scouter.ingest.quarantine.replay import REPLAY_SECONDS, Replays
from scouter.ingest.spool.drainer import STORE_SECONDS, Drainer
from scouter.ingest.spool.spool_directory import Spools
from scouter.ingest.storage.batch_finalizer import Arrivals, Settlement
from scouter.ingest.storage.batch_store import Store
from scouter.ingest.storage.rejection_limit import Refusals
from scouter.ingest.validation.row_encoder import RowMaker
from scouter.ingest.validation.validator import Judge
from scouter.ingest.writer.gateway import Intake
from scouter.ingest.writer.write_queue import Inlet
from scouter.ingest.writer.writer import Writer
from scouter.postgres.connections.database_connections import Lifelines
from scouter.postgres.connections.ingest_pool import Connections, Line
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
        lifelines: Lifelines,
        partitions: Partitions,
        now: Callable[[], datetime],
        transports: Sequence[str] = (),
    ) -> None:
        """`transports` beside HTTP are shown in the books from the start.

        Raises `StartRefused` when there is no place for a spool.
        """
        self._settings = settings
        self._lifelines = lifelines
        self._partitions = partitions
        self._now = now
        self.breaker = lifelines.breaker
        self.refusals = Refusals()
        self._spools = _spools_of(conninfo, settings)
        self.spool = self._spools.own()
        self.instance: UUID = self.spool.id  # a server that starts again goes on with its spool and its books
        self.ledger = Ledger(_base(conninfo, self.instance), ["http", *transports])
        most = settings.entity_cache_max_size
        self.entities = Entities(lifelines.quick, most=most)
        self.features = Features(lifelines.quick, most_names=settings.max_features, most_entities=most)
        self.judge = judge_with(self.entities, self.features, settings)
        self._replay_line = lifelines.line("replays", REPLAY_SECONDS)
        self.inlet = Inlet(most_messages=settings.queue_messages)
        self.intake = Intake(self.judge, self.inlet, self.ledger)
        self.writer = self._make_writer()
        self.drainer = self._make_drainer()
        self.drainer_thread = Periodic("drainer", self.drainer.work)

    def store(self, lane: str, most_seconds: float) -> Store:
        """A way to store batches for one thread, which closes it."""
        line = self._lifelines.line(lane, most_seconds)
        arrivals = Arrivals(self.refusals, instance=self.instance, lane=lane)
        return store_over(line, self._partitions, arrivals, self._settings, self._now)

    def replays(self, connections: Connections) -> Replays:
        """A way to store what is in quarantine."""

        def store(settlement: Settlement) -> Store:
            return store_over(self._replay_line, self._partitions, settlement, self._settings, self._now)

        return Replays(connections, self.judge, store)

    def books(self, connections: Connections) -> Books:
        """The ledger of all servers. `connections` are not those that messages depend on."""

        def held() -> list[UUID]:
            return [file.id for file in self.drainer.held]

        return Books(connections, self.breaker, self.ledger, self.instance, held, self._now)

    def start(self) -> None:
        self.drainer.adopt(self.spool)
        self.writer.start()
        self.drainer_thread.start()

    def stop(self) -> None:
        """Call when nobody brings messages any more: everything that was accepted is stored, or safe in the spool."""
        self.writer.stop()
        self.drainer_thread.stop()
        self.drainer.close()
        self._replay_line.close()
        self._spools.close()

    def _make_writer(self) -> Writer:
        return Writer(
            self.inlet,
            self.store("writer", self._settings.store_seconds),
            self.spool,
            self.ledger,
            self.breaker,
            batch_rows=self._settings.batch_rows,
            store_seconds=self._settings.store_seconds,
        )

    def _make_drainer(self) -> Drainer:
        return Drainer(
            self._spools,
            self.spool,
            self.store("drainer", STORE_SECONDS),
            self._lifelines.line("drainer", STORE_SECONDS),
            self.judge,
            self.ledger,
            self.breaker,
            self.refusals,
            instance=self.instance,
        )


def judge_with(entities: Entities, features: Features, settings: Settings) -> Judge:
    return Judge(RowMaker(entities, features, max_past=timedelta(days=settings.max_past_days)), entities)


def store_over(
    line: Line, partitions: Partitions, settlement: Settlement, settings: Settings, now: Callable[[], datetime]
) -> Store:
    # A quarter: what arrives later than that may miss its check, should committing it take long.
    late_after = timedelta(seconds=settings.window_grace_seconds / 4)
    return Store(line, partitions, settlement, late_after=late_after, now=now)


def _spools_of(conninfo: str, settings: Settings) -> Spools:
    """Spools belong to one database: what waits for another one must not end up in this."""
    with connect(conninfo) as connection:
        database = installation(connection)
    directory = settings.spool_dir or settings.data_dir / "spool"
    return Spools(directory / str(database), most_bytes=settings.spool_max_bytes)


def _base(conninfo: str, instance: UUID) -> dict[str, Totals]:
    """What this instance had written into the ledger when it was last running."""
    with connect(conninfo) as connection:
        sums = ledger_sums(connection, instance, own=True, held=[instance])
    return {each.transport: Totals(*(getattr(each, name) for name in TOTAL_NAMES)) for each in sums}
