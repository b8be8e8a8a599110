"""What the database knows of spools: how far each is drained, what waits in it, and which of its counts are written."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from scouter.ingest.messages.inbound import TRANSPORTS
from scouter.ingest.messages.outcomes import Totals
from scouter.ingest.storage.batch_store import BatchClaim
from scouter.postgres.connections.ingest_connection import IngestConnection
from scouter.postgres.settled_time import read_clock
from scouter.postgres.statements import Connection
from scouter.postgres.tables.ledger import add_to_ledger, report_spooled
from scouter.postgres.tables.records import add_receipt
from scouter.postgres.tables.spools import move_spool, open_spool, settled_batches

_LANE = "notes"


@dataclass(frozen=True, slots=True)
class OpenedSpool:
    """`position` is the number of the first message that is not drained yet, `committed` what has a receipt."""

    position: int
    committed: Sequence[UUID]


class SpoolRegistry(Protocol):
    """It belongs to one thread at a time, which closes it.

    Each call is a transaction that takes at most about `seconds`. Raises psycopg's errors, after which it is not known
    whether it was committed: call it again.
    """

    def take_over(self, spool: UUID, ids: Collection[UUID], *, seconds: float) -> OpenedSpool:
        """Open a spool whose messages count as this process' own from now on. `ids`: of batches and of deltas in it."""

    def position(self, spool: UUID, *, seconds: float) -> int:
        """The number of the first message that is not drained yet."""

    def claim(self, spool: UUID, *, expected: int, following: int) -> BatchClaim:
        """To move the position in the transaction that stores the messages between."""

    def report(self, spool: UUID, waiting: Mapping[str, int], *, seconds: float) -> None:
        """Say how many messages of each transport wait. Servers elsewhere cannot look into a spool."""

    def settled_time(self, *, seconds: float) -> datetime:
        """The moment by which it is judged how old something is."""

    def write_delta(self, delta_id: UUID, changes: Mapping[str, Totals], *, seconds: float) -> None:
        """Add changes to the stored ledger, by transport, once under that id."""

    def close(self) -> None: ...


class PostgresSpoolRegistry:
    """Over one connection. Deltas are written for `instance`."""

    def __init__(self, ingest_connection: IngestConnection, *, instance: UUID) -> None:
        self._ingest_connection = ingest_connection
        self._instance = instance

    def take_over(self, spool: UUID, ids: Collection[UUID], *, seconds: float) -> OpenedSpool:
        with self._ingest_connection.use(seconds) as connection:
            opened = OpenedSpool(open_spool(connection, spool), settled_batches(connection, ids))
            report_spooled(connection, spool, dict.fromkeys(TRANSPORTS, 0))
        return opened

    def position(self, spool: UUID, *, seconds: float) -> int:
        with self._ingest_connection.use(seconds) as connection:
            return open_spool(connection, spool)

    def claim(self, spool: UUID, *, expected: int, following: int) -> BatchClaim:
        def move(connection: Connection) -> bool:
            return move_spool(connection, spool, expected=expected, following=following)

        return move

    def report(self, spool: UUID, waiting: Mapping[str, int], *, seconds: float) -> None:
        with self._ingest_connection.use(seconds) as connection:
            report_spooled(connection, spool, waiting)

    def settled_time(self, *, seconds: float) -> datetime:
        with self._ingest_connection.use(seconds) as connection:
            return read_clock(connection).settled_at

    def write_delta(self, delta_id: UUID, changes: Mapping[str, Totals], *, seconds: float) -> None:
        with self._ingest_connection.use(seconds) as connection:
            if add_receipt(connection, delta_id):
                add_to_ledger(connection, self._instance, _LANE, changes)

    def close(self) -> None:
        self._ingest_connection.close()
