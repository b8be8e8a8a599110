"""What the metrics say of a stored batch: once a batch, not once a message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from scouter.events.submission import Batch
from scouter.metrics import BATCH_MESSAGES, BATCH_ROWS, RECORDS_STORED
from scouter.postgres.records import Rows


def count_stored(batch: Batch, rows: Sequence[Rows]) -> None:
    tables: Counter[str] = Counter()
    for part in rows:
        tables[part.table] += part.count
    for table, count in tables.items():
        RECORDS_STORED.labels(table).inc(count)
    BATCH_MESSAGES.observe(len(batch.submissions))
    BATCH_ROWS.observe(tables.total())
