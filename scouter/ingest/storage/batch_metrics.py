"""What the metrics say of a stored batch: once a batch, not once a message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from scouter.ingest.messages.outcomes import Outcome
from scouter.metrics import BATCH_MESSAGES, BATCH_ROWS, RECORDS_SKIPPED, RECORDS_STORED


def count_stored(outcomes: Sequence[Outcome], rows: Counter[str]) -> None:
    """`rows`: how many, by table."""
    for table, count in rows.items():
        RECORDS_STORED.labels(table).inc(count)
    BATCH_MESSAGES.observe(len(outcomes))
    BATCH_ROWS.observe(rows.total())
    for outcome in outcomes:
        count_skipped(outcome)


def count_skipped(outcome: Outcome) -> None:
    if outcome.skipped and not outcome.is_duplicate:
        for reason, count in outcome.skipped.items():
            RECORDS_SKIPPED.labels(reason).inc(count)
