"""Policies of messages as they travel. What their keys take is another question: `scouter.policy.keys`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Raw, Struct

from scouter.wire.names import FeatureName, Name, Uid


class PolicyQuery(Struct, frozen=True):
    """A profile by its uid, a space, or the server where neither is named."""

    uid: Uid | None = None
    space: Name | None = None
    feature: FeatureName | None = None


class NamedPolicyQuery(Struct, frozen=True):
    """A profile by its uid, or a space."""

    uid: Uid | None = None
    space: Name | None = None


class PutPolicyRequest(Struct, frozen=True):
    """Instead of the document that is there. `policy` is an object of keys."""

    policy: dict[str, Any]
    uid: Uid | None = None
    space: Name | None = None


class PolicyValue(Struct, frozen=True):
    """A value as it is written, and what it comes from: default, server, space, profile or feature."""

    value: Raw
    origin: str


class PolicyReply(Struct, frozen=True):
    """`document` is what was set here, null: nothing. `values` is what holds, by key. `notes`: destinations that the
    server lacks something for; what would go there is printed on its console.
    """

    document: Raw | None
    values: dict[str, PolicyValue]
    updated_by: str | None
    updated_at: datetime | None
    notes: list[str] = []
