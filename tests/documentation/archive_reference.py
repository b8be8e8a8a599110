"""Where the archive's files lie and what their columns are."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from scouter.archive.kinds import KINDS
from scouter.archive.schemas import schema_of
from tests.documentation.tables import code, table

_TYPES = {
    pa.timestamp("us", "UTC"): "timestamp, microseconds, UTC",
    pa.string(): "text",
    pa.float64(): "double",
    pa.int32(): "32-bit integer",
    pa.int64(): "64-bit integer",
}


def rendered() -> str:
    paths = [kind.path(date(2026, 10, 1), 1, "<database>") for kind in KINDS.values()]
    parts = ["```\n" + "".join(f"<SCOUTER_STORAGE_URI>/{path}\n" for path in paths) + "```\n"]
    for kind in KINDS.values():
        rows = [(code(column.name), _TYPES[column.type], _may_be_null(column)) for column in schema_of(kind)]
        parts.append(f"### {kind.name}/\n\n" + table(("column", "type", "null"), rows))
    return "\n".join(parts)


def _may_be_null(column: pa.Field) -> str:
    return "may be" if column.nullable else "never"
