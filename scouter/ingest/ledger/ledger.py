"""The books of one server: what became of every message, by transport. They balance whenever they are read."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from scouter.ingest.messages.outcomes import Outcome, Totals


@dataclass(slots=True)
class LedgerAccount:
    """One transport: what is settled, and what waits in the spool."""

    settled: Totals = field(default_factory=Totals)
    spooled: int = 0

    @property
    def received(self) -> int:
        return self.settled.received + self.spooled

    @property
    def balances(self) -> bool:
        """Every message that was received has exactly one outcome, or waits in the spool."""
        return self.received == self.settled.settled + self.spooled

    def add(self, other: LedgerAccount) -> None:
        self.settled.add(other.settled)
        self.spooled += other.spooled


class Ledger:
    """What this process knows without asking. Safe to use from any thread.

    What is stored is written to Postgres in its own transaction. What leaves no trace there, such as a refused
    message, is noted here and written by whoever calls `noted` now and then.
    """

    def __init__(self, base: Mapping[str, Totals], transports: Iterable[str] = ()) -> None:
        """`base`: what this instance had written when it was last running. `transports` are shown from the start."""
        self._lock = threading.Lock()
        self._accounts: dict[str, LedgerAccount] = {}
        self._unwritten: dict[str, Totals] = {}
        for transport in transports:
            self._account(transport)
        for transport, totals in base.items():
            self._account(transport).settled.add(totals)

    def settle(self, totals: Mapping[str, Totals]) -> None:
        """Messages have their outcome by a transaction that is committed."""
        with self._lock:
            for transport, change in totals.items():
                self._account(transport).settled.add(change)

    def spool(self, counts: Mapping[str, int]) -> None:
        """Messages are in the spool."""
        with self._lock:
            for transport, count in counts.items():
                self._account(transport).spooled += count

    def drain(self, counts: Mapping[str, int], totals: Mapping[str, Totals]) -> None:
        """Messages of the spool have their outcome."""
        with self._lock:
            for transport, count in counts.items():
                self._account(transport).spooled -= count
            for transport, change in totals.items():
                self._account(transport).settled.add(change)

    def add_unwritten(self, transport: str, outcome: Outcome) -> None:
        """A message has its outcome without a transaction."""
        with self._lock:
            self._account(transport).settled.add(outcome.totals)
            self._unwritten.setdefault(transport, Totals()).add(outcome.totals)

    def take_unwritten(self) -> dict[str, Totals]:
        """What has been noted since the last call. It is the caller's to write, once."""
        with self._lock:
            changes, self._unwritten = self._unwritten, {}
        return changes

    def accounts(self) -> dict[str, LedgerAccount]:
        """A copy, all of one moment."""
        with self._lock:
            copies = {transport: LedgerAccount(Totals(), 0) for transport in self._accounts}
            for transport, copy in copies.items():
                copy.add(self._accounts[transport])
            return copies

    def _account(self, transport: str) -> LedgerAccount:
        return self._accounts.setdefault(transport, LedgerAccount())
