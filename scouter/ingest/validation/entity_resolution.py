"""Whose records a message holds: names authorised first, then looked up, then authorised by what they belong to."""

from __future__ import annotations

from collections.abc import Collection

from scouter.auth.permissions import Caller
from scouter.errors import InvalidInput, UnknownProfile
from scouter.postgres.tables.entities import SERVICE, Entities, Entity, EntityName
from scouter.wire.messages import Record

Key = str | EntityName


def key_of(record: Record, drift_type: str) -> Key:
    """The uid of the current wire, or the names of the legacy wire. Raises `InvalidInput` when neither is whole."""
    if record.uid is not None:
        return record.uid
    if record.space is None or record.name is None or record.version is None:
        raise InvalidInput("records.uid", None, "a profile's uid, or space, name and version together")
    return EntityName(record.space, record.name, record.version, drift_type)


def identify(keys: Collection[Key], drift_type: str, caller: Caller, entities: Entities) -> dict[Key, Entity]:
    """The entity behind every key, each of which the caller may write to.

    Raises `PermissionDenied`, or `InvalidInput` for a key that names no profile, or one of another drift type.
    """
    found: dict[Key, Entity] = {}
    for key in keys:
        if isinstance(key, EntityName):
            caller.require("write", key.space)
    for key in keys:
        entity = _find(key, drift_type, entities)
        caller.require("write", entity.space)
        found[key] = entity
    return found


def _find(key: Key, drift_type: str, entities: Entities) -> Entity:
    if drift_type == SERVICE and isinstance(key, EntityName):
        return entities.service(key)
    entity = entities.find(key)
    if entity is None:
        raise _unknown(key)
    if drift_type == SERVICE:
        return entities.service(EntityName(entity.space, entity.name, entity.version, SERVICE))
    if entity.drift_type != drift_type:
        raise InvalidInput("records.uid", key, f"the uid of a {drift_type} profile; this one is {entity.drift_type}")
    return entity


def _unknown(key: Key) -> UnknownProfile:
    if isinstance(key, EntityName):
        named = f"{key.space}/{key.name} {key.version}"
        return UnknownProfile("records.name", named, f"a registered {key.drift_type} profile")
    return UnknownProfile("records.uid", key, "the uid of a registered profile")
