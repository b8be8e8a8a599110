"""The document of a profile that is registered or replaced: judged, and in the form that is stored."""

from __future__ import annotations

from datetime import datetime

from scouter.auth.permissions import EVERY_SPACE
from scouter.drift.acceptance import require_acceptable
from scouter.errors import InvalidInput
from scouter.postgres.tables.entities import Entity
from scouter.wire.profiles import Profile, RegisterProfileRequest, decode_profile, superset_document


def acceptable_profile(request: RegisterProfileRequest, now: datetime) -> Profile:
    """The profile that was sent. Raises `InvalidInput`, naming what is wrong with it."""
    profile = decode_profile(request.drift_type, request.profile)
    if profile.config.space != request.space:
        raise InvalidInput("profile.config.space", profile.config.space, f"the request's space, {request.space!r}")
    if request.space == EVERY_SPACE:
        raise InvalidInput("space", request.space, "another name: permissions on 'all' mean every space")
    require_acceptable(profile, now)
    return profile


def stored_form(request: RegisterProfileRequest, entity: Entity) -> str:
    """The document that every client can read, saying what was registered."""
    return superset_document(
        request.drift_type,
        request.profile,
        uid=entity.uid,
        space=entity.space,
        name=entity.name,
        version=entity.version,
    )
