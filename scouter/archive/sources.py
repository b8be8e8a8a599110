"""Where the records of a window are: in which tables of Postgres, and in which files of the archive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from scouter.archive.kinds import Kind
from scouter.postgres.statements import Connection
from scouter.postgres.tables.manifest import archived_files, frozen_parts, lock_records_for_reading


@dataclass(frozen=True, slots=True)
class Sources:
    """Each record of the window is in exactly one of them. The tables are as they are until the transaction ends."""

    tables: list[str]
    files: list[str]


def open_sources(connection: Connection, kind: Kind, entity_id: int, start: datetime, end: datetime) -> Sources:
    """For one profile and start <= created_at < end. The manifest decides, and no date."""
    lock_records_for_reading(connection, kind.table)
    first, last = (moment.astimezone(UTC).date() for moment in (start, end))
    frozen = frozen_parts(connection, kind.name, first, last)
    files = archived_files(connection, kind.name, entity_id, start, end)
    return Sources([kind.table, *(part.frozen_table for part in frozen)], [file.path for file in files])
