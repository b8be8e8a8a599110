"""Archived records by the windows of a schedule, by DataFusion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
from datafusion import ScalarUDF, udf

from scouter.archive.queries import ArchivedRecords
from scouter.drift.check_windows import CheckWindows
from scouter.postgres.huge_values import SCALES


@dataclass(frozen=True, slots=True)
class ArchivedWindows:
    """Each batch of an answer has a column `feature` with names, and what the statement selects beside it."""

    records: ArchivedRecords

    def values(self, start: datetime, end: datetime) -> Iterator[pa.RecordBatch]:
        """With start <= created_at < end, in no order."""
        yield from self._batches("values", start, end)

    def counts(self, windows: CheckWindows, start: datetime, end: datetime) -> Iterator[pa.RecordBatch]:
        yield from self._batches("window_counts", start, end, windows)

    def means(self, windows: CheckWindows, start: datetime, end: datetime) -> list[pa.RecordBatch]:
        """Whatever the values are."""
        found = list(self._batches("window_means", start, end, windows))
        if all(_is_finite(batch) for batch in found):
            return found
        return list(self._batches("huge_window_means", start, end, windows, **SCALES))

    def _batches(
        self, name: str, start: datetime, end: datetime, windows: CheckWindows | None = None, **values: Any
    ) -> Iterator[pa.RecordBatch]:
        functions = [] if windows is None else [_place_of(windows)]
        for batch in self.records.asked(name, start, end, functions, **values).execute_stream():
            yield batch.to_pyarrow()


def _place_of(windows: CheckWindows) -> ScalarUDF:
    def places(moments: pa.Array) -> pa.Array:
        return pa.array(windows.places(moments.to_numpy(zero_copy_only=False)))

    return udf(places, [pa.int64()], pa.int64(), "immutable", "place_of")


def _is_finite(batch: pa.RecordBatch) -> bool:
    columns = [batch.column(name).drop_null().to_numpy(zero_copy_only=False) for name in ("mean", "deviation")]
    return all(bool(np.isfinite(column).all()) for column in columns)
