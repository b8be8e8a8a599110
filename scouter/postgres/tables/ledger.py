"""The ledger as stored: what became of messages, by the thread that stored them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("ledger")

COLUMNS = (
    *("received", "stored", "duplicate", "quarantined", "refused", "empty"),
    *("records_stored", "records_skipped", "deleted", "expired"),
)
SHARED = UUID(int=0)  # the instance of what belongs to no server: quarantine is common to all


class Counts(Protocol):
    """Anything with an integer for each of `COLUMNS`."""


@dataclass(frozen=True, slots=True)
class LedgerSums:
    transport: str
    received: int
    stored: int
    duplicate: int
    quarantined: int
    refused: int
    empty: int
    records_stored: int
    records_skipped: int
    deleted: int
    expired: int
    spooled: int


def add_to_ledger(connection: Connection, instance: UUID, lane: str, changes: Mapping[str, Counts]) -> None:
    """Add what happened to messages of each transport. No two threads may share a lane of an instance."""
    columns = {name: [getattr(change, name) for change in changes.values()] for name in COLUMNS}
    _sql["add_to_ledger"].run(connection, instance=instance, lane=lane, transport=list(changes), **columns)


def add_to_shared_ledger(connection: Connection, changes: Mapping[str, Counts]) -> None:
    """Add what happened to messages that no server has any more. Many may do so at once, and wait for each other."""
    add_to_ledger(connection, SHARED, "quarantine", dict(sorted(changes.items())))  # all in the same order


def ledger_sums(connection: Connection, instance: UUID, *, own: bool, held: Collection[UUID]) -> list[LedgerSums]:
    """By transport, of that instance or of all others, without what is spooled in the spools `held`."""
    return _sql["ledger_sums"].all(connection, LedgerSums, instance=instance, own=own, held=list(held))


def report_spooled(connection: Connection, spool: UUID, waiting: Mapping[str, int]) -> None:
    """Say how many messages of each transport wait in that spool. Servers elsewhere cannot look into it."""
    _sql["report_spooled"].run(connection, instance=spool, transport=list(waiting), spooled=list(waiting.values()))
