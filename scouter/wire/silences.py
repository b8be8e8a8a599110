"""Silences as they travel."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from scouter.wire.messages import Timestamp
from scouter.wire.names import END

MAX_SILENCES = 500

SilenceField: TypeAlias = Literal["space", "name", "version", "drift_type", "signal", "subject", "direction"]
MatchedValue: TypeAlias = Annotated[str, Meta(max_length=1024, pattern=rf"^[^\x00]*{END}")]
Reason: TypeAlias = Annotated[str, Meta(min_length=1, max_length=2000, pattern=rf"^[^\x00]*{END}")]


class MatcherItem(Struct, frozen=True, forbid_unknown_fields=True):
    """One condition. `glob`: `*` stands for any text, `?` for any one character."""

    field: SilenceField
    comparison: Literal["=", "!=", "glob"] = msgspec.field(name="is")
    value: MatchedValue


Matchers: TypeAlias = Annotated[list[MatcherItem], Meta(min_length=1, max_length=20)]


class SilenceState(StrEnum):
    pending = "pending"
    active = "active"
    expired = "expired"


class SilencesQuery(Struct, frozen=True):
    """`expired`: also those that are over."""

    expired: bool = False
    limit: Annotated[int, Meta(ge=1, le=MAX_SILENCES)] = 100


class SilenceRequest(Struct, frozen=True):
    """What is silenced until when, and why. All matchers must match. Without `starts_at` it begins now."""

    matchers: Matchers
    ends_at: Timestamp
    comment: Reason
    starts_at: Timestamp | None = None


class ChangeSilenceRequest(Struct, frozen=True):
    """A new end, and why."""

    ends_at: Timestamp
    comment: Reason | None = None


class PreviewRequest(Struct, frozen=True):
    matchers: Matchers


class SilenceItem(Struct, frozen=True):
    id: UUID
    state: SilenceState
    matchers: list[MatcherItem]
    starts_at: datetime
    ends_at: datetime
    comment: str
    created_by: str
    created_at: datetime
    updated_by: str | None
    updated_at: datetime | None


class SilencesPage(Struct, frozen=True):
    """Those that end last, first."""

    items: list[SilenceItem]


class MatchedProfile(Struct, frozen=True):
    space: str
    name: str
    version: str
    drift_type: str


class SilencePreview(Struct, frozen=True):
    """What such a silence would hold back: `problems` are the ids of those that fire. At most 500 of each."""

    profiles: list[MatchedProfile]
    problems: list[int]
