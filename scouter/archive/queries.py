"""Queries of archived files with DataFusion. Only what is asked for is opened, and within it only what can matter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pyarrow as pa
from datafusion import DataFrame, SessionConfig, SessionContext

from scouter.archive.kinds import Kind
from scouter.archive.schemas import MOMENT, schema_of, written_schema
from scouter.archive.stores.store import Store
from scouter.drift.charts import CountSums, ValueSums
from scouter.drift.windows import ChartWindow
from scouter.errors import StoreAway
from scouter.postgres.statements import SQL_DIRECTORY, named_texts

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MOST_COUNT = 2**63 - 1
_OPTIONS = {
    # The manifest knows which files matter; asking each for its statistics beforehand would open all of them twice.
    "datafusion.execution.collect_statistics": "false",
    "datafusion.execution.parquet.pushdown_filters": "true",
    "datafusion.execution.parquet.schema_force_view_types": "false",
    "datafusion.execution.parquet.reorder_filters": "true",
}


@dataclass(frozen=True, slots=True)
class ArchivedRecords:
    """The records of one profile in some files."""

    store: Store
    kind: Kind
    uid: str
    files: Sequence[str]

    def value_bins(self, window: ChartWindow) -> list[tuple[str, ValueSums]]:
        """By the name of the feature, in no order."""
        rows = self._rows("value_bins", window, width=window.width // _MICROSECOND)
        return [(row["feature"], ValueSums(_moment(row["bin"]), row["count"], row["mean"], row["m2"])) for row in rows]

    def count_bins(self, window: ChartWindow) -> list[tuple[str, CountSums]]:
        """By the name of the feature; each sum is of one profile bin within one time bin."""
        rows = self._rows("count_bins", window, width=window.width // _MICROSECOND)
        return [(row["feature"], CountSums(_moment(row["bin"]), {row["bin_id"]: _count(row)})) for row in rows]

    def batches(self, start: datetime, end: datetime) -> Iterator[pa.RecordBatch]:
        """The records themselves, a bit at a time, in the written schema of the archive."""
        for batch in self._asked("records", start, end).execute_stream():
            yield batch.to_pyarrow().cast(written_schema(self.kind))

    def _rows(self, name: str, window: ChartWindow, **values: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._asked(name, window.start, window.end, **values).to_pylist()
        return rows

    def _asked(self, name: str, start: datetime, end: datetime, **values: Any) -> DataFrame:
        context = SessionContext(SessionConfig(_OPTIONS))
        self.store.register(context)
        query = _texts()[name].replace("{records}", self._source(context)).replace("{name}", self.kind.feature)
        window = {"start": pa.scalar(start, MOMENT), "end": pa.scalar(end, MOMENT)}
        return context.sql(query, param_values={"uid": self.uid, **window, **values})

    def _source(self, context: SessionContext) -> str:
        """All files as one table. A listing would ask the store for names that the manifest knows.

        No schema is given, although it is known: with one, a file that is missing counts as one without rows.
        """
        for number, path in enumerate(self.files):
            context.register_parquet(f"file_{number}", self.store.url(path))
            if context.table(f"file_{number}").schema().names != schema_of(self.kind).names:
                raise StoreAway(self.store.name, f"{path} does not have the columns that it should have")
        files = " UNION ALL ".join(f"FROM file_{number} SELECT *" for number in range(len(self.files)))
        return f"({files})"


@cache
def _texts() -> dict[str, str]:
    return {
        name: text.removesuffix(";") for name, text in named_texts(SQL_DIRECTORY / "archive" / "charts.sql").items()
    }


def _moment(microseconds: int) -> datetime:
    return _EPOCH + microseconds * _MICROSECOND


def _count(row: dict[str, Any]) -> int:
    return min(int(row["count"]), _MOST_COUNT)
