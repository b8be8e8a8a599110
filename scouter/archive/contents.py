"""What a part of the archive holds of each profile, counted while its records go by."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from scouter.archive.record_stream import Names
from scouter.postgres.tables.manifest import Content

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Contents:
    """Looks at batches in which the records of a profile stand together."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._found: dict[str, tuple[int, int, int]] = {}  # rows, first and last in microseconds since 1970

    @property
    def rows(self) -> int:
        return sum(rows for rows, _, _ in self._found.values())

    def look_at(self, batch: pa.RecordBatch) -> None:
        for uid, rows, first, last in _runs(batch):
            known = self._found.get(uid, (0, first, last))
            self._found[uid] = (known[0] + rows, min(known[1], first), max(known[2], last))

    def all(self) -> list[Content]:
        return [
            Content(self._names.entity_id(uid), rows, _moment(first), _moment(last))
            for uid, (rows, first, last) in self._found.items()
        ]


def _runs(batch: pa.RecordBatch) -> Iterator[tuple[str, int, int, int]]:
    """For each profile: uid, rows, first, last."""
    uids: Any = batch.column("uid")
    which = uids.indices.to_numpy()
    moments = batch.column("created_at").cast(pa.int64()).to_numpy()
    starts = np.flatnonzero(np.diff(which, prepend=-1))
    rows = np.diff(starts, append=len(which))
    first, last = np.minimum.reduceat(moments, starts), np.maximum.reduceat(moments, starts)
    names = [uids.dictionary[index].as_py() for index in which[starts].tolist()]
    return zip(names, rows.tolist(), first.tolist(), last.tolist(), strict=True)


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
