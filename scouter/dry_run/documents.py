"""The document that a dry run is about: the stored one with single changes, or another one as a whole."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from scouter.drift.acceptance import require_acceptable
from scouter.errors import DifferentSpaces, InvalidInput
from scouter.postgres.tables.entities import Entity
from scouter.profiles.document import acceptable_profile
from scouter.wire.dry_runs import DryRunRequest
from scouter.wire.profiles import DriftType, Profile, RegisterProfileRequest, decode_profile

_OF_TYPES = {
    "rule": (DriftType.Spc,),
    "threshold": (DriftType.Psi,),
    "alert_conditions": (DriftType.Custom,),
    "features_to_monitor": (DriftType.Spc, DriftType.Psi),
    "schedule": tuple(DriftType),
}


def asked_document(request: DryRunRequest, entity: Entity, stored: str, now: datetime) -> tuple[Profile, str]:
    """The profile and its text, judged as at registration where anything of it is new.

    Raises `InvalidInput` with what is wrong, `DifferentSpaces` for a document of another space than its records.
    """
    changes = _changes(request)
    if request.profile is not None:
        if changes:
            field, value = next(iter(changes.items()))
            raise InvalidInput(field, value, "nothing beside profile: the document says it itself")
        return _whole(request.profile, entity, now)
    if not changes:
        return decode_profile(DriftType(entity.drift_type), stored), stored
    return _changed(stored, changes, entity, now)


def _changes(request: DryRunRequest) -> dict[str, Any]:
    return {name: getattr(request, name) for name in _OF_TYPES if getattr(request, name) is not None}


def _whole(document: dict[str, Any], entity: Entity, now: datetime) -> tuple[Profile, str]:
    text = msgspec.json.encode(document).decode()
    config = document.get("config")
    said = config.get("space") if isinstance(config, dict) else None
    if isinstance(said, str) and said != entity.space:
        raise DifferentSpaces("profile.config.space", said, f"{entity.space!r}, the space of the records")
    request = RegisterProfileRequest(entity.space, DriftType(entity.drift_type), text)
    return acceptable_profile(request, now), text


def _changed(stored: str, changes: dict[str, Any], entity: Entity, now: datetime) -> tuple[Profile, str]:
    drift_type = DriftType(entity.drift_type)
    document = msgspec.json.decode(stored)
    alerting = document["config"]["alert_config"]
    for name, value in changes.items():
        if drift_type not in _OF_TYPES[name]:
            raise InvalidInput(name, value, f"nothing: this is a {drift_type} profile")
        if name == "rule":
            alerting["rule"]["rule"] = value
        else:
            alerting[name] = value
    text = msgspec.json.encode(document).decode()
    profile = decode_profile(drift_type, text)
    require_acceptable(profile, now)
    return profile, text
