"""Queries of archived files with DataFusion. Only what is asked for is opened, and within it only what can matter."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Any

import pyarrow as pa
from datafusion import DataFrame, ScalarUDF, SessionConfig, SessionContext

from scouter.archive.kinds import Kind
from scouter.archive.schemas import MOMENT, schema_of, written_schema
from scouter.archive.stores.store import ObjectStore
from scouter.drift.charts import ChartScope, CountSums, ValueSums
from scouter.drift.windows import ChartWindow
from scouter.errors import StoreAway
from scouter.postgres.huge_values import SCALES
from scouter.postgres.statements import SQL_DIRECTORY, named_texts

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_OPENERS = 8  # files whose footers are read at once: of a remote store each takes its time
_GROUP_ROWS = 100_000
_MAX_COUNT = 2**63 - 1
_NO_NUMBER = "CAST(NULL AS double)"
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

    store: ObjectStore
    kind: Kind
    uid: str
    files: Sequence[str]

    def value_bins(self, window: ChartWindow, scope: ChartScope) -> list[tuple[str, ValueSums]]:
        """By the name of the feature, in no order."""
        width = window.width // _MICROSECOND
        rows = self._rows("value_bins", window, scope, width=width)
        if not all(math.isfinite(row["mean"]) and math.isfinite(row["deviation"]) for row in rows):
            rows = self._rows("huge_value_bins", window, scope, width=width, **SCALES)
        return [(row["feature"], _value_sums(row)) for row in rows]

    def count_bins(self, window: ChartWindow, scope: ChartScope) -> list[tuple[str, CountSums]]:
        """By the name of the feature; each sum is of one profile bin within one time bin."""
        rows = self._rows("count_bins", window, scope, width=window.width // _MICROSECOND)
        return [(row["feature"], CountSums(_moment(row["bin"]), {row["bin_id"]: _count(row)})) for row in rows]

    def batches(self, start: datetime, end: datetime) -> Iterator[pa.RecordBatch]:
        """The records themselves, in the written schema of the archive. DataFusion's own batches are too small to be
        row groups.
        """
        gathered: list[pa.RecordBatch] = []
        for batch in self.asked("records", start, end).execute_stream():
            gathered.append(batch.to_pyarrow().cast(written_schema(self.kind)))
            if sum(each.num_rows for each in gathered) >= _GROUP_ROWS:
                yield pa.concat_batches(gathered)
                gathered.clear()
        if gathered:
            yield pa.concat_batches(gathered)

    def _rows(self, name: str, window: ChartWindow, scope: ChartScope, **values: Any) -> list[dict[str, Any]]:
        names = {f"feature_{number}": feature for number, feature in enumerate(scope.features or ())}
        text = _scoped(_texts()[name], scope, names)
        rows: list[dict[str, Any]] = self._run(text, window.start, window.end, (), **names, **values).to_pylist()
        return rows

    def asked(
        self, name: str, start: datetime, end: datetime, functions: Iterable[ScalarUDF] = (), **values: Any
    ) -> DataFrame:
        """A statement of `sql/archive` about records with start <= created_at < end. `functions`: that it calls."""
        return self._run(_texts()[name], start, end, functions, **values)

    def _run(
        self, text: str, start: datetime, end: datetime, functions: Iterable[ScalarUDF], **values: Any
    ) -> DataFrame:
        context = SessionContext(SessionConfig(_OPTIONS))
        self.store.register(context)
        for function in functions:
            context.register_udf(function)
        query = text.replace("{records}", self._source(context)).replace("{name}", self.kind.feature)
        window = {"start": pa.scalar(start, MOMENT), "end": pa.scalar(end, MOMENT)}
        return context.sql(query, param_values={"uid": self.uid, **window, **values})

    def _source(self, context: SessionContext) -> str:
        """All files as one table. A listing would ask the store for names that the manifest knows."""
        with ThreadPoolExecutor(_OPENERS, thread_name_prefix="archive opener") as openers:
            names = list(openers.map(partial(self._open, context), range(len(self.files)), self.files))
        return "(" + " UNION ALL ".join(f"FROM {name} SELECT *" for name in names) + ")"

    def _open(self, context: SessionContext, number: int, path: str) -> str:
        """Its footer is read now: were the schema given, which is known, a missing file would count as an empty one."""
        name = f"file_{number}"
        context.register_parquet(name, self.store.url(path))
        if context.table(name).schema().names != schema_of(self.kind).names:
            raise StoreAway(self.store.name, f"{path} does not have the columns that it should have")
        return name


@cache
def _texts() -> dict[str, str]:
    return {
        name: text.removesuffix(";")
        for noun in ("charts", "windows")
        for name, text in named_texts(SQL_DIRECTORY / "archive" / f"{noun}.sql").items()
    }


def _scoped(text: str, scope: ChartScope, parameters: Iterable[str]) -> str:
    """`parameters`: what the names of the features are passed as."""
    named = ", ".join(f"${parameter}" for parameter in parameters)
    only = "" if scope.features is None else f"AND {{name}} IN ({named or 'NULL'})"
    lowest, highest = ("min(value)", "max(value)") if scope.extremes else (_NO_NUMBER, _NO_NUMBER)
    return text.replace("{only}", only).replace("{lowest}", lowest).replace("{highest}", highest)


def _moment(microseconds: int) -> datetime:
    return _EPOCH + microseconds * _MICROSECOND


def _value_sums(row: dict[str, Any]) -> ValueSums:
    return ValueSums(_moment(row["bin"]), row["count"], row["mean"], row["deviation"], row["lowest"], row["highest"])


def _count(row: dict[str, Any]) -> int:
    return min(int(row["count"]), _MAX_COUNT)
