"""Silences as stored; none is ever deleted before it is a year old."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from scouter.policy.silences import Matcher, Silence, SilenceSubject, read_matchers, write_matchers
from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("silences")

SILENCE_DAYS = 365  # for which one that is over is kept


@dataclass(frozen=True, slots=True)
class StoredSilence:
    """`now` is the database's time at which it was read. `matchers` is JSON text."""

    id: UUID
    matchers: str
    starts_at: datetime
    ends_at: datetime
    comment: str
    created_by: str
    created_at: datetime
    updated_by: str | None
    updated_at: datetime | None
    now: datetime

    @property
    def silence(self) -> Silence:
        matchers = read_matchers(msgspec.json.decode(self.matchers))
        return Silence(self.id, matchers, self.starts_at, self.ends_at, self.comment, self.created_by)


@dataclass(frozen=True, slots=True)
class _ProblemRow:
    id: int
    space: str
    name: str
    version: str
    drift_type: str
    signal: str
    subject: str
    direction: str

    @property
    def subject_of_silences(self) -> SilenceSubject:
        return SilenceSubject(
            self.space, self.name, self.version, self.drift_type, self.signal, self.subject, self.direction
        )


def add_silence(connection: Connection, silence: Silence) -> None:
    _sql["add_silence"].run(
        connection,
        id=silence.id,
        matchers=_text(silence.matchers),
        starts_at=silence.starts_at,
        ends_at=silence.ends_at,
        comment=silence.comment,
        by=silence.created_by,
    )


def change_silence(connection: Connection, silence: Silence, *, by: str) -> None:
    _sql["change_silence"].run(
        connection,
        id=silence.id,
        matchers=_text(silence.matchers),
        starts_at=silence.starts_at,
        ends_at=silence.ends_at,
        comment=silence.comment,
        by=by,
    )


def expire_silence(connection: Connection, silence_id: UUID, *, by: str) -> bool:
    """It ends now. False: it has ended already."""
    return bool(_sql["expire_silence"].values(connection, id=silence_id, by=by))


def silence_of(connection: Connection, silence_id: UUID) -> StoredSilence | None:
    """Locked until the end of the transaction."""
    return _sql["silence"].one(connection, StoredSilence, id=silence_id)


def silences(connection: Connection, *, expired: bool, maximum: int) -> list[StoredSilence]:
    """Those that end last, first; with `expired` also those that are over."""
    return _sql["silences"].all(connection, StoredSilence, expired=expired, maximum=maximum)


def active_silences(connection: Connection, now: datetime) -> list[Silence]:
    return [row.silence for row in _sql["active_silences"].all(connection, StoredSilence, now=now)]


def matched_profiles(connection: Connection, spaces: Collection[str] | None) -> list[SilenceSubject]:
    """Profiles of these spaces (None: of every one), as matchers see them."""
    return _sql["matched_profiles"].all(connection, SilenceSubject, spaces=None if spaces is None else list(spaces))


def matched_problems(connection: Connection, spaces: Collection[str] | None) -> list[tuple[int, SilenceSubject]]:
    """Problems of these spaces that fire, with their ids."""
    rows = _sql["matched_problems"].all(connection, _ProblemRow, spaces=None if spaces is None else list(spaces))
    return [(row.id, row.subject_of_silences) for row in rows]


def wake_groups(connection: Connection, space: str | None) -> int:
    """Groups of a space (None: of every one) look anew at what they may say. How many."""
    return _sql["wake_groups"].run(connection, space=space)


def _text(matchers: tuple[Matcher, ...]) -> str:
    return msgspec.json.encode(write_matchers(matchers)).decode()
