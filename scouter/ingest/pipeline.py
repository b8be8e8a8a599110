"""The way in as a part of the server: what it is made of, and in which order it starts and stops."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from scouter.ingest.arrival_notes import WRITE_SECONDS, ArrivalNotes, BrokerLag
from scouter.ingest.consumers.status import TransportStatus
from scouter.ingest.core import IngestCore
from scouter.ingest.ledger.fleet_ledger import FleetLedger
from scouter.ingest.ledger.ledger import Ledger
from scouter.ingest.ledger.ledger_metrics import outcome_totals, received_totals, spooled_totals
from scouter.ingest.messages.outcomes import TOTAL_NAMES, Totals
from scouter.ingest.quarantine.unsupported import UnsupportedMessages
from scouter.ingest.spool.drainer import STORE_SECONDS, Drainer
from scouter.ingest.spool.spool_directory import SpoolDirectory
from scouter.ingest.spool.spool_registry import PostgresSpoolRegistry
from scouter.ingest.storage.batch_finalizer import ArrivalFinalizer
from scouter.ingest.storage.batch_store import BatchStore
from scouter.ingest.storage.rejection_limit import RejectionLimit
from scouter.ingest.writer.gateway import Gateway
from scouter.ingest.writer.write_queue import WriteQueue
from scouter.ingest.writer.writer import Writer
from scouter.metrics import MESSAGES, MESSAGES_RECEIVED, MESSAGES_SPOOLED, QUEUE_LIMIT, QUEUE_MESSAGES, SPOOL_BYTES
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.connections.database_connections import DatabaseConnections
from scouter.postgres.connections.pool import connect
from scouter.postgres.tables.ledger import ledger_sums
from scouter.postgres.tables.reception import WayIn
from scouter.postgres.tables.spools import installation
from scouter.runtime.health import HealthCheck, HealthState, thread_check
from scouter.runtime.metrics_collector import Gauge, gauge
from scouter.settings.records import RecordSettings


class IngestPipeline:
    """Owns the threads `writer` and `drainer`, and the spools that this process holds."""

    name = "ingest"

    def __init__(
        self,
        conninfo: str,
        core: IngestCore,
        database: DatabaseConnections,
        settings: RecordSettings,
        directory: Path,
        transports: Sequence[str],
        now: Callable[[], datetime],
    ) -> None:
        """`directory`: for spools, unless the settings name one. `transports` are in the ledger from the start.

        Raises `StartRefused` when there is no place for a spool.
        """
        self._core = core
        self._database = database
        self._settings = settings
        self._now = now
        self.breaker = database.breaker
        self.rejection_limit = RejectionLimit()
        self.unsupported = UnsupportedMessages()
        self._spool_directory = _spool_directory_of(conninfo, settings, directory)
        self.spool = self._spool_directory.own()
        self.instance: UUID = self.spool.id  # a server that starts again goes on with its spool and its ledger
        self.ledger = Ledger(_totals_of(conninfo, self.instance), transports)
        self.entities, self.features, self.validator = core.entities, core.features, core.validator
        self.write_queue = WriteQueue(max_messages=settings.queue_messages)
        self.gateway = Gateway(self.validator, self.write_queue, self.ledger)
        self.writer = self._make_writer()
        self.drainer = self._make_drainer()

    def batch_store(self, lane: str, max_seconds: float) -> BatchStore:
        """A way to store what has just been received, for one thread, which closes it."""
        finalizer = ArrivalFinalizer(self.rejection_limit, self.unsupported, instance=self.instance, lane=lane)
        return self._core.batch_store(lane, max_seconds, finalizer)

    def arrival_notes(self, consumers: Callable[[], Sequence[TransportStatus]], *, has_http: bool) -> ArrivalNotes:
        """A part that stops after this one. `consumers`: how those of this server are; `has_http`: it listens."""
        lag = BrokerLag()

        def ways_in() -> list[WayIn]:
            seen = consumers()
            accounts = self.ledger.accounts()
            stored = {transport: account.settled.settled for transport, account in accounts.items()}
            behind = lag.look({each.transport: each.lag for each in seen}, stored)
            return [
                *([WayIn("http", self._spool_state().ok, self.waiting() > 0)] if has_http else []),
                *(WayIn(each.transport, each.is_up, behind[each.transport]) for each in seen),
            ]

        connection = self._database.dedicated("arrivals", WRITE_SECONDS)
        return ArrivalNotes(connection, self._core.arrivals, self.instance, ways_in)

    def fleet_ledger(self, connections: ConnectionSource) -> FleetLedger:
        """The ledger of all servers. `connections` are not those that messages depend on."""

        def held() -> list[UUID]:
            return [file.id for file in self.drainer.held]

        return FleetLedger(connections, self.breaker, self.ledger, self.instance, held, self._now)

    def waiting(self) -> int:
        """Messages in the spools that this process has. Known without asking anybody."""
        return sum(account.spooled for account in self.ledger.accounts().values())

    def resume(self) -> bool:
        """What Postgres refuses is bad indeed, says somebody who has looked. Whether anything was stopped."""
        was_stopped = self.rejection_limit.is_stopped
        self.rejection_limit.resume()
        return was_stopped

    def start(self) -> None:
        self.drainer.adopt(self.spool)
        self.writer.thread.start()
        self.drainer.thread.start()

    def request_stop(self) -> None:
        """When nobody brings messages any more: what was accepted is stored, or put into the spool."""
        self.writer.request_stop()

    def join(self, deadline: float) -> bool:
        """The drainer ends after the writer: it writes what is left to write of the ledger."""
        is_written = self.writer.thread.join(deadline)
        self.drainer.thread.request_stop()
        if not self.drainer.thread.join(deadline) or not is_written:
            return False  # somebody is at the spool still
        self.writer.close()
        self.drainer.close()
        self._core.close()
        self._spool_directory.close()
        return True

    def health_checks(self) -> Iterable[HealthCheck]:
        yield thread_check("writer", [self.writer.thread], readiness=True)
        yield thread_check("drainer", [self.drainer.thread])
        yield HealthCheck("spool", self._spool_state, readiness=True)
        yield from self._spool_directory.disk.health_checks()
        yield HealthCheck("queue", self._queue_state)

    def metrics(self) -> Iterable[Gauge]:
        yield gauge(QUEUE_MESSAGES, self.write_queue.depth)
        yield gauge(QUEUE_LIMIT, lambda: self._settings.queue_messages)
        yield gauge(SPOOL_BYTES, self.drainer.bytes)
        yield from self._spool_directory.disk.metrics()
        yield Gauge(MESSAGES_SPOOLED, lambda: spooled_totals(self.ledger))
        yield Gauge(MESSAGES_RECEIVED, lambda: received_totals(self.ledger))
        yield Gauge(MESSAGES, lambda: outcome_totals(self.ledger))

    def _spool_state(self) -> HealthState:
        can_store = not self.breaker.is_open and not self.rejection_limit.is_stopped
        return HealthState(can_store or not self.spool.is_full, f"{self.waiting()} messages wait, {self.drainer.state}")

    def _queue_state(self) -> HealthState:
        depth, limit = self.write_queue.depth(), self._settings.queue_messages
        return HealthState(depth < limit, f"{depth} of {limit} messages")

    def _make_writer(self) -> Writer:
        return Writer(
            self.write_queue,
            self.batch_store("writer", self._settings.store_seconds),
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
            self.batch_store("drainer", STORE_SECONDS),
            PostgresSpoolRegistry(self._database.dedicated("drainer", STORE_SECONDS), instance=self.instance),
            self.validator,
            self.ledger,
            self.breaker,
            self.rejection_limit,
            self.unsupported,
        )


def _spool_directory_of(conninfo: str, settings: RecordSettings, directory: Path) -> SpoolDirectory:
    """Spools belong to one database: what waits for another one must not end up in this."""
    with connect(conninfo) as connection:
        database = installation(connection)
    return SpoolDirectory((settings.spool_dir or directory) / str(database), max_bytes=settings.spool_max_bytes)


def _totals_of(conninfo: str, instance: UUID) -> dict[str, Totals]:
    """What this instance had written into the ledger when it was last running."""
    with connect(conninfo) as connection:
        sums = ledger_sums(connection, instance, own=True, held=[instance])
    return {each.transport: Totals(*(getattr(each, name) for name in TOTAL_NAMES)) for each in sums}
