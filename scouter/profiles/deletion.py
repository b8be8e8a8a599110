"""Deleting a profile with everything that belongs to it, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass

from scouter.auth.permissions import Caller
from scouter.errors import InvalidInput
from scouter.postgres.statements import Connection
from scouter.postgres.tables.entities import Entity
from scouter.postgres.tables.profile_deletion import Deleted, delete_entity, lock_entities, service_without_profiles
from scouter.postgres.tables.profiles import lock_profile_name
from scouter.profiles.lookup import ProfileRef, find, in_transaction
from scouter.wire.profile_listing import DeleteProfileQuery


@dataclass(frozen=True, slots=True)
class Deletion:
    """What is gone: how many rows of each kind, and the model service if that went too."""

    rows: Deleted
    service: Entity | None


def profile_to_delete(connection: Connection, query: DeleteProfileQuery, caller: Caller) -> Entity:
    """The profile that is named, if the caller may delete it. Raises as `find`, and `InvalidInput` for half-truths."""
    ref = ProfileRef.of(query, drift_type=query.drift_type)
    entity = find(ref, "write", caller, in_transaction(connection))
    _require_agreement(query, entity)
    return entity


def delete(connection: Connection, entity: Entity) -> Deletion:
    """Delete the profile, and the service of its version when it was the last one. Raises `NotFound`."""
    lock_entities(connection)
    lock_profile_name(connection, entity.space, entity.name)  # nobody registers a neighbour meanwhile
    rows = delete_entity(connection, entity.id)
    if not rows.profiles:  # a service's uid, or somebody was faster; raising undoes the rest
        raise ProfileRef(entity.uid).unknown()
    service = service_without_profiles(connection, entity.space, entity.name, entity.version)
    if service is not None:
        rows += delete_entity(connection, service.id)
    return Deletion(rows, service)


def _require_agreement(query: DeleteProfileQuery, entity: Entity) -> None:
    """What is said beside a uid must be true: a deletion cannot be taken back."""
    for field in ("space", "name", "version", "drift_type"):
        said = getattr(query, field)
        if said is not None and said != getattr(entity, field):
            raise InvalidInput(field, said, f"{getattr(entity, field)!r}, as the uid's profile, or nothing")
