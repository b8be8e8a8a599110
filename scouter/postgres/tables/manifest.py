"""The archive's manifest: which parts of which days are in tables of their own or in files, and what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("archive")


@dataclass(frozen=True, slots=True)
class ArchivePart:
    """What was taken of one day at one time. `frozen_table` holds it until it is in a file."""

    id: int
    kind: str
    day: date
    part: int
    frozen_table: str


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """A file, and how many records of the profile in question it has."""

    path: str
    rows: int


@dataclass(frozen=True, slots=True)
class Need:
    """Records since `moment` are needed by the checks of the profile `uid`."""

    moment: datetime
    uid: str


@dataclass(frozen=True, slots=True)
class Content:
    """What a part has of one profile."""

    entity_id: int
    rows: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class ExpiredFile:
    id: int
    path: str


@dataclass(frozen=True, slots=True)
class ArchiveDay:
    """All parts of one day, kind and state. `hot` is what is in the tables, as Postgres last estimated it."""

    day: date
    kind: str
    state: str
    parts: int
    rows: int
    bytes: int
    archived_at: datetime | None


@dataclass(frozen=True, slots=True)
class ArchiveTotal:
    state: str
    parts: int
    rows: int
    bytes: int


def lock_records_for_reading(connection: Connection, records: str) -> None:
    """Take it before the manifest is read."""
    _sql["lock_records_for_reading"].on(records).run(connection)


def frozen_parts(connection: Connection, kind: str, first: date, last: date) -> list[ArchivePart]:
    """Of these days, both included. Their tables stay until the transaction ends."""
    return _sql["frozen_parts"].all(connection, ArchivePart, kind=kind, first=first, last=last)


def archived_files(
    connection: Connection, kind: str, entity_id: int, start: datetime, end: datetime
) -> list[ArchivedFile]:
    """Files that have records of that profile with start <= created_at < end."""
    return _sql["archived_files"].all(connection, ArchivedFile, kind=kind, entity_id=entity_id, start=start, end=end)


def unfinished_parts(connection: Connection) -> list[ArchivePart]:
    return _sql["unfinished_parts"].all(connection, ArchivePart)


def recently_archived_days(connection: Connection, kind: str, since: datetime) -> set[date]:
    return set(_sql["recently_archived_days"].values(connection, kind=kind, since=since))


def next_part(connection: Connection, kind: str, day: date) -> int:
    [number] = _sql["next_part"].values(connection, kind=kind, day=day)
    return int(number)


def add_part(connection: Connection, kind: str, day: date, part: int, frozen_table: str) -> ArchivePart:
    parameters = {"kind": kind, "day": day, "part": part, "frozen_table": frozen_table}
    [part_id] = _sql["add_part"].values(connection, **parameters)
    return ArchivePart(part_id, kind, day, part, frozen_table)


def checks_need_from(connection: Connection, since: datetime) -> Need | None:
    """The oldest moment that a check may still want. Windows that end after `since` may be checked again."""
    return _sql["checks_need_from"].one(connection, Need, since=since)


def keep_entities(connection: Connection) -> None:
    """Until the end of the transaction no profile is deleted."""
    _sql["keep_entities"].run(connection)


def add_contents(connection: Connection, part: ArchivePart, contents: Sequence[Content]) -> None:
    """Profiles that have been deleted are left out."""
    _sql["add_contents"].run(
        connection,
        part_id=part.id,
        entity_ids=[each.entity_id for each in contents],
        rows=[each.rows for each in contents],
        first=[each.first for each in contents],
        last=[each.last for each in contents],
    )


def count_records(connection: Connection, records: str) -> int:
    return int(_sql["count_records"].on(records).values(connection)[0])


def count_present_records(connection: Connection, records: str) -> int:
    """Without those of profiles that have been deleted."""
    return int(_sql["count_present_records"].on(records).values(connection)[0])


def set_archived(connection: Connection, part: ArchivePart, path: str, contents: Sequence[Content], size: int) -> bool:
    """Whether it was frozen until now. Waits for those who read its table."""
    values = {
        "rows": sum(each.rows for each in contents),
        "first": min((each.first for each in contents), default=None),
        "last": max((each.last for each in contents), default=None),
    }
    return _sql["set_archived"].run(connection, part_id=part.id, path=path, bytes=size, **values) == 1


def wait_for_readers(connection: Connection) -> None:
    """In this transaction, ten seconds at a time: then `psycopg.errors.LockNotAvailable` is raised."""
    _sql["wait_for_readers"].run(connection)


def drop_frozen(connection: Connection, frozen_table: str) -> None:
    _sql["drop_frozen"].on(frozen_table).run(connection)


def is_empty(connection: Connection, table: str) -> bool:
    return bool(_sql["is_empty"].on(table).values(connection)[0])


def has_archived(connection: Connection) -> bool:
    """Whether there should be files in the store."""
    return bool(_sql["has_archived"].values(connection)[0])


def expire(connection: Connection, before: date) -> int:
    """Take archived days before that one out of every answer. How many parts they were."""
    return _sql["expire"].run(connection, before=before)


def expired_files(connection: Connection, before: datetime) -> list[ExpiredFile]:
    """Files that expired before that."""
    return _sql["expired_files"].all(connection, ExpiredFile, before=before)


def forget_file(connection: Connection, part_id: int) -> None:
    """It has been deleted."""
    _sql["forget_file"].run(connection, part_id=part_id)


def archive_days(
    connection: Connection, kind: str | None, below: Sequence[str] | None, maximum: int
) -> Sequence[ArchiveDay]:
    """Newest first; `below` is day, kind and state of the last one of the page before."""
    day, name, state = below or (None, None, None)
    place = {"below_day": day, "below_kind": name, "below_state": state}
    return _sql["archive_days"].all(connection, ArchiveDay, kind=kind, maximum=maximum, **place)


def archive_totals(connection: Connection) -> list[ArchiveTotal]:
    return _sql["archive_totals"].all(connection, ArchiveTotal)


def vacuum_frozen(connection: Connection, frozen_table: str) -> None:
    """Outside of a transaction."""
    _sql["vacuum_frozen"].on(frozen_table).run(connection)
