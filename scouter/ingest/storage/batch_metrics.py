"""What the metrics say of a stored batch: once a batch, not once a message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from scouter.ingest.messages.outcomes import Outcome
from scouter.metrics import BATCH_MESSAGES, BATCH_ROWS, RECORDS_SKIPPED, RECORDS_STORED


def count_stored(fates: Sequence[Outcome], rows: Counter[str]) -> None:
    """`rows`: how many, by table."""
    for table, count in rows.items():
        RECORDS_STORED.labels(table).inc(count)
    BATCH_MESSAGES.observe(len(fates))
    BATCH_ROWS.observe(rows.total())
    for fate in fates:
        count_skipped(fate)


def count_skipped(fate: Outcome) -> None:
    if fate.skipped and not fate.is_duplicate:
        for reason, count in fate.skipped.items():
            RECORDS_SKIPPED.labels(reason).inc(count)
