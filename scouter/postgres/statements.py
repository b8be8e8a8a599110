"""SQL from files.

In `sql/queries` a file holds one noun, and each statement in it begins with `-- name: it`. In `sql/maintenance` a file
is one task: statements with names of that kind, or a text in which the names of tables are left open.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar

import psycopg
from psycopg import sql
from psycopg.rows import class_row

Row = TypeVar("Row")
Connection = psycopg.Connection[Any]

SQL_DIRECTORY = Path(__file__).resolve().parents[2] / "sql"


_NO_NUMBER = b"NULL::double precision"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a file, with `%(name)s` parameters; in braces what varies otherwise."""

    name: str
    text: bytes

    def on(self, records: str) -> Statement:
        """The same statement for the table that stands in it as `{records}`."""
        return Statement(self.name, self.text.replace(b"{records}", sql.Identifier(records).as_bytes(None)))

    def reaching(self, *, extremes: bool) -> Statement:
        """The same statement with `{lowest}` and `{highest}` as those of the values, or else null."""
        lowest, highest = (b"min(value)", b"max(value)") if extremes else (_NO_NUMBER, _NO_NUMBER)
        return Statement(self.name, self.text.replace(b"{lowest}", lowest).replace(b"{highest}", highest))

    def ordered(self, *, backward: bool) -> Statement:
        """The same statement with `{direction}` as ASC, for a page before a cursor, or else DESC."""
        return Statement(self.name, self.text.replace(b"{direction}", b"ASC" if backward else b"DESC"))

    def one(self, connection: Connection, row: type[Row], **parameters: object) -> Row | None:
        """Its only row, or None."""
        with connection.cursor(row_factory=class_row(row)) as cursor:
            return cursor.execute(self.text, parameters).fetchone()

    def all(self, connection: Connection, row: type[Row], **parameters: object) -> list[Row]:
        with connection.cursor(row_factory=class_row(row)) as cursor:
            return cursor.execute(self.text, parameters).fetchall()

    def values(self, connection: Connection, **parameters: object) -> list[Any]:
        """The first column of every row."""
        return [row[0] for row in connection.execute(self.text, parameters).fetchall()]

    def run(self, connection: Connection, **parameters: object) -> int:
        """Run it; the number of rows that it touched."""
        return connection.execute(self.text, parameters).rowcount


@cache
def named_statements(noun: str, folder: Literal["queries", "maintenance"] = "queries") -> Mapping[str, Statement]:
    """All statements of `sql/<folder>/<noun>.sql` by name."""
    texts = named_texts(SQL_DIRECTORY / folder / f"{noun}.sql")
    return {name: Statement(name, text.encode()) for name, text in texts.items()}


def named_texts(path: Path) -> Mapping[str, str]:
    """What stands below each `-- name: it` of a file."""
    parts = re.split(r"^-- name: *(\w+)\s*$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return {name: body.strip() for name, body in zip(parts[::2], parts[1::2], strict=True)}


@cache
def maintenance_statement(name: str) -> str:
    """The text of `sql/maintenance/<name>.sql`, for `psycopg.sql` to put names into."""
    return (SQL_DIRECTORY / "maintenance" / f"{name}.sql").read_text(encoding="utf-8")
