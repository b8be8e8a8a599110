"""The books of this server as metrics."""

from __future__ import annotations

from collections.abc import Iterator

from scouter.ingest.ledger.ledger import Ledger

_OUTCOMES = ("stored", "duplicate", "quarantined", "refused", "empty")


def received_totals(ledger: Ledger) -> Iterator[tuple[tuple[str], float]]:
    for transport, account in ledger.accounts().items():
        yield (transport,), account.received


def outcome_totals(ledger: Ledger) -> Iterator[tuple[tuple[str, str], float]]:
    for transport, account in ledger.accounts().items():
        for outcome in _OUTCOMES:
            yield (transport, outcome), getattr(account.settled, outcome)


def spooled_totals(ledger: Ledger) -> Iterator[tuple[tuple[str], float]]:
    for transport, account in ledger.accounts().items():
        yield (transport,), account.spooled
