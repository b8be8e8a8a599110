"""What became of a message, and how outcomes add up."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from scouter.errors import ScouterError


@dataclass(slots=True)
class Totals:
    """Counts of messages by what became of them, and of records."""

    received: int = 0
    stored: int = 0
    duplicate: int = 0
    quarantined: int = 0
    refused: int = 0
    empty: int = 0
    records_stored: int = 0
    records_skipped: int = 0
    deleted: int = 0
    expired: int = 0

    def add(self, other: Totals) -> None:
        # Spelled out: this is done for every message.
        self.received += other.received
        self.stored += other.stored
        self.duplicate += other.duplicate
        self.quarantined += other.quarantined
        self.refused += other.refused
        self.empty += other.empty
        self.records_stored += other.records_stored
        self.records_skipped += other.records_skipped
        self.deleted += other.deleted
        self.expired += other.expired

    @property
    def settled(self) -> int:
        """Messages whose outcome is known: all that were received, but for those that are spooled."""
        return self.stored + self.duplicate + self.quarantined + self.refused + self.empty


TOTAL_NAMES = tuple(each.name for each in dataclasses.fields(Totals))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one message: how it counts, and what its sender is told.

    `records` and `skipped` are what was stored of it and what was not, of a duplicate what was the first time. `error`
    is told instead.
    """

    totals: Totals
    records: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    error: ScouterError | None = None
    is_spooled: bool = False

    @property
    def is_duplicate(self) -> bool:
        return self.totals.duplicate == 1

    @staticmethod
    def stored(records: int, skipped: Mapping[str, int], tags: int = 0) -> Outcome:
        """`tags` are no records, but their sender is told of them alike."""
        totals = Totals(received=1, stored=1, records_stored=records, records_skipped=sum(skipped.values()))
        return Outcome(totals, records + tags, skipped)

    @staticmethod
    def empty(skipped: Mapping[str, int]) -> Outcome:
        return Outcome(Totals(received=1, empty=1, records_skipped=sum(skipped.values())), 0, skipped)

    @staticmethod
    def duplicate(records: int, skipped: Mapping[str, int]) -> Outcome:
        """`records` and `skipped` of the first time."""
        return Outcome(Totals(received=1, duplicate=1), records, skipped)

    @staticmethod
    def quarantined(error: ScouterError) -> Outcome:
        return Outcome(Totals(received=1, quarantined=1), error=error)

    @staticmethod
    def refused(error: ScouterError) -> Outcome:
        return Outcome(Totals(received=1, refused=1), error=error)

    @staticmethod
    def spooled(error: ScouterError | None) -> Outcome:
        """Not settled: it counts as received once its outcome is known. `error`: it is known to be bad already."""
        return Outcome(Totals(), error=error, is_spooled=True)


def totals_by_transport(outcomes: Iterable[tuple[str, Outcome]]) -> dict[str, Totals]:
    """By transport."""
    found: dict[str, Totals] = {}
    for transport, outcome in outcomes:
        found.setdefault(transport, Totals()).add(outcome.totals)
    return found
