"""Lists of profiles as they travel."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Raw, Struct

from scouter.wire.cursors import Cursor
from scouter.wire.names import PLAIN_TEXT, Name, Uid, Version
from scouter.wire.profiles import DriftType, accepted_by_profiles

MAX_PROFILES = 500


class ProfilesQuery(Struct, frozen=True):
    """Which profiles to list, and from where on: `cursor` is the `next_cursor` of the page before."""

    space: Name | None = None
    name: Name | None = None
    drift_type: DriftType | None = None
    active: bool | None = None
    limit: Annotated[int, Meta(ge=1, le=MAX_PROFILES)] = 50
    cursor: Cursor | None = None


class ProfileItem(Struct, frozen=True):
    """One profile without its document."""

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


class ProfilesPage(Struct, frozen=True):
    """Ordered by space, name, version and drift type, as texts."""

    items: list[ProfileItem]
    has_next: bool
    next_cursor: str | None


class SpaceItem(Struct, frozen=True):
    space: str
    profiles: int
    active_profiles: int


class SpacesReply(Struct, frozen=True):
    spaces: list[SpaceItem]


class VersionProfilesRequest(Struct, frozen=True):
    """Body of POST /scouter/profiles: exactly that version, all drift types."""

    space: Name
    name: Name
    version: Version


class VersionProfile(Struct, frozen=True):
    """A profile under its drift type."""

    profile: dict[str, Raw]
    active: bool


class DeleteProfileQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Names one profile: by uid, or by the other four together. A misspelt name is refused: it may be the uid's."""

    uid: Uid | None = None
    space: Name | None = None
    name: Name | None = None
    version: Version | None = None
    drift_type: DriftType | None = None


class DeletedCounts(Struct, frozen=True):
    """Rows that are gone, by kind; those of the model service itself included."""

    profiles: int
    features: int
    spc_records: int
    psi_records: int
    custom_records: int
    observability_records: int
    archived_records: int
    alerts: int
    runs: int
    deliveries: int
    tags: int


class ProfileDeletedReply(Struct, frozen=True):
    """`service_deleted`: no profile of that version is left, so what is known of the service itself went too."""

    deleted: DeletedCounts
    service_deleted: bool
    message: str
    status: str = "success"


class Position(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where a page ended: the last profile on it."""

    space: Name
    name: Name
    version: Version
    drift_type: DriftType


def accepted_by_listing(name: str, value: object) -> str | None:
    """What a member of these queries takes, where the type alone does not say it well."""
    if name in ("space", "name", "version", "uid"):
        return PLAIN_TEXT
    return accepted_by_profiles(name, value)
