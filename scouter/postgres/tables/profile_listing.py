"""Profiles by the page, by space and by version, as far as a caller may read them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from scouter.postgres.statements import Connection, named_statements
from scouter.postgres.tables.entities import EntityName

_sql = named_statements("profile_listing")


@dataclass(frozen=True, slots=True)
class ListedProfile:
    uid: str
    space: str
    name: str
    version: str
    drift_type: str
    active: bool
    schedule: str
    previous_run: datetime
    next_run: datetime
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ProfileFilter:
    """Which profiles; None: any."""

    space: str | None = None
    name: str | None = None
    drift_type: str | None = None
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class SpaceCount:
    space: str
    profiles: int
    active_profiles: int


@dataclass(frozen=True, slots=True)
class VersionProfile:
    """One profile of a version; `document` is the stored JSON text."""

    drift_type: str
    active: bool
    document: str


def profile_page(
    connection: Connection,
    spaces: Collection[str] | None,
    wanted: ProfileFilter,
    *,
    after: EntityName | None,
    maximum: int,
) -> list[ListedProfile]:
    """The first `most` profiles by (space, name, version, drift type) behind `after`; `spaces` None: of every space."""
    return _sql["profile_page"].all(
        connection,
        ListedProfile,
        spaces=_list(spaces),
        space=wanted.space,
        name=wanted.name,
        drift_type=wanted.drift_type,
        active=wanted.active,
        after=_list(after),
        maximum=maximum,
    )


def profiles_by_space(connection: Connection, spaces: Collection[str] | None) -> list[SpaceCount]:
    """Every space that has profiles; `spaces` None: all of them."""
    return _sql["profiles_by_space"].all(connection, SpaceCount, spaces=_list(spaces))


def profiles_of_version(connection: Connection, space: str, name: str, version: str) -> list[VersionProfile]:
    return _sql["profiles_of_version"].all(connection, VersionProfile, space=space, name=name, version=version)


def _list(values: Collection[str] | None) -> list[str] | None:
    return None if values is None else list(values)
