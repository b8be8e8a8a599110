"""What leaves no trace where it happens, such as a refused message, on its way into the stored ledger.

It is written every moment while Postgres answers, and kept in the spool while it does not. Every write has an id that
stays the same however often it is tried, so that nothing is counted twice.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID, uuid4

from scouter.ingest.ledger.ledger import Ledger
from scouter.ingest.messages.outcomes import Totals
from scouter.ingest.spool.spool_file import SpoolFile
from scouter.ingest.spool.spool_registry import SpoolRegistry
from scouter.ingest.spool.spooled_message import SavedDeltas


class PendingLedger:
    """Belongs to the drainer's thread."""

    def __init__(self, ledger: Ledger, spool: SpoolFile) -> None:
        self._ledger = ledger
        self._spool = spool
        # By id. What has been tried may be written already, so nothing is added to it any more.
        self._tried: dict[UUID, dict[str, Totals]] = {}
        self._open_id = uuid4()
        self._open: dict[str, Totals] = {}
        self._has_news = False  # since it was put on the disk
        self._is_saved = False  # something is on the disk

    def adopt(self, saved: SavedDeltas, written: Collection[UUID]) -> None:
        """Go on with what another start had kept, but for what Postgres says is written."""
        for delta_id, changes in saved.items():
            if delta_id not in written and delta_id not in self._tried:  # two spools may have kept the same
                self._tried[delta_id] = changes
                self._ledger.settle(changes)
        self._is_saved = self._is_saved or bool(saved)

    def write(self, registry: SpoolRegistry, seconds: float) -> None:
        """Into Postgres. Raises psycopg's errors, after which it is tried again."""
        self._collect()
        if self._open:
            self._tried[self._open_id] = self._open
            self._open_id, self._open = uuid4(), {}
        for delta_id, changes in list(self._tried.items()):
            registry.write_delta(delta_id, changes, seconds=seconds)
            del self._tried[delta_id]
        self._has_news = False
        if self._is_saved:
            self._spool.save_deltas({})
            self._is_saved = False

    def save(self) -> None:
        """On the disk, for as long as Postgres is away."""
        self._collect()
        if self._has_news:
            self._spool.save_deltas({**self._tried, **({self._open_id: self._open} if self._open else {})})
            self._has_news, self._is_saved = False, True

    def _collect(self) -> None:
        for transport, change in self._ledger.take_unwritten().items():
            self._open.setdefault(transport, Totals()).add(change)
            self._has_news = True
