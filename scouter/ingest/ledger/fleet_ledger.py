"""The books of all servers: this one's from memory, the others' from Postgres as far as it answers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg
from psycopg_pool import PoolTimeout

from scouter.ingest.ledger.ledger import Ledger, LedgerAccount
from scouter.ingest.messages.outcomes import TOTAL_NAMES, Totals
from scouter.postgres.connections.breaker import Breaker
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.tables.ledger import LedgerSums, ledger_sums
from scouter.postgres.tables.quarantine import QuarantineTotal, quarantine_totals

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Others:
    """What Postgres said when it last answered."""

    sums: Sequence[LedgerSums]
    kept: Sequence[QuarantineTotal]
    as_of: datetime


@dataclass(frozen=True, slots=True)
class LedgerSnapshot:
    """By transport. `kept` is None when nobody knows: the database has never answered."""

    accounts: dict[str, LedgerAccount]
    kept: Sequence[QuarantineTotal] | None
    as_of: datetime
    database: bool

    @property
    def total(self) -> LedgerAccount:
        total = LedgerAccount()
        for account in self.accounts.values():
            total.add(account)
        return total

    @property
    def balances(self) -> bool:
        return all(account.balances for account in self.accounts.values())


class FleetLedger:
    def __init__(
        self,
        connections: ConnectionSource,
        breaker: Breaker,
        ledger: Ledger,
        instance: UUID,
        held: Callable[[], Sequence[UUID]],
        now: Callable[[], datetime],
    ) -> None:
        """`held`: the spools that this process has, whose messages its own ledger counts."""
        self._connections = connections
        self._breaker = breaker
        self._ledger = ledger
        self._instance = instance
        self._held = held
        self._now = now
        self._others: _Others | None = None

    def read(self) -> LedgerSnapshot:
        answers = self._ask()
        others = self._others
        accounts = self._ledger.accounts()
        for each in others.sums if others else ():
            accounts.setdefault(each.transport, LedgerAccount()).add(_account(each))
        as_of = others.as_of if others else self._now()
        return LedgerSnapshot(accounts, others.kept if others else None, as_of, answers)

    def _ask(self) -> bool:
        """Whether Postgres answers."""
        if self._breaker.is_open:
            return False
        try:
            with self._connections.connection() as connection:
                sums = ledger_sums(connection, self._instance, own=False, held=self._held())
                self._others = _Others(sums, quarantine_totals(connection), self._now())
        except (psycopg.Error, PoolTimeout) as problem:
            log.debug("the ledger is read without Postgres: %s", problem)
            return False
        return True


def _account(sums: LedgerSums) -> LedgerAccount:
    return LedgerAccount(Totals(*(getattr(sums, name) for name in TOTAL_NAMES)), sums.spooled)
