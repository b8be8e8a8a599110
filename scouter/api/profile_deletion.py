"""Deleting a profile with everything that belongs to it."""

from __future__ import annotations

import logging
from dataclasses import asdict

from scouter.api.routing import AnyRoute, Request, Route
from scouter.auth.permissions import Caller
from scouter.errors import InvalidInput, NotFound
from scouter.postgres.connections.pool import Pool
from scouter.postgres.statements import Connection
from scouter.postgres.tables.entities import Entities, Entity, EntityName, entity_by_name, entity_by_uid
from scouter.postgres.tables.features import Features
from scouter.postgres.tables.profile_deletion import Deleted, delete_entity, lock_entities, service_without_profiles
from scouter.postgres.tables.profiles import lock_profile_name
from scouter.wire.profile_listing import DeletedCounts, DeleteProfileQuery, ProfileDeletedReply, accepted_by_listing

log = logging.getLogger(__name__)


class ProfileDeletion:
    def __init__(self, pool: Pool, entities: Entities, features: Features) -> None:
        self._pool = pool
        self._entities = entities
        self._features = features

    def routes(self) -> list[AnyRoute]:
        return [
            Route(
                "DELETE",
                "/scouter/profile",
                self.delete,
                "Delete a profile with its features, records, checks, alerts and tags, and the service's own records "
                "when no other profile of that version is left.",
                ProfileDeletedReply,
                permission="admin, or write on the profile's space",
                query=DeleteProfileQuery,
                accepted=accepted_by_listing,
                errors=(NotFound,),
            )
        ]

    def delete(self, request: Request[DeleteProfileQuery, None]) -> ProfileDeletedReply:
        with self._pool.connection() as connection:
            entity = _named(connection, request.query, request.caller)
        with self._pool.connection() as connection:
            deleted, service = _delete(connection, entity)
        for gone in (entity, service):
            self._forget(gone)
        log.info("%r deleted profile %s: %s", request.caller.username, _described(entity), deleted)
        counts = DeletedCounts(**asdict(deleted))
        return ProfileDeletedReply(counts, service is not None, f"deleted {_described(entity)}")

    def _forget(self, gone: Entity | None) -> None:
        if gone is not None:
            self._entities.forget(gone)
            self._features.forget(gone.id)


def _named(connection: Connection, query: DeleteProfileQuery, caller: Caller) -> Entity:
    """The profile that the query names, which the caller may write to. A named space is authorised first."""
    if query.space is not None:
        caller.require("write", query.space)
    if query.uid is not None:
        entity = entity_by_uid(connection, query.uid)
    else:
        entity = entity_by_name(connection, _whole_name(query))
    if entity is None:
        raise NotFound("there is no such profile")
    caller.require("write", entity.space)
    _require_agreement(query, entity)
    return entity


def _require_agreement(query: DeleteProfileQuery, entity: Entity) -> None:
    """What is said beside a uid must be true: a deletion cannot be taken back."""
    for field in ("space", "name", "version", "drift_type"):
        said = getattr(query, field)
        if said is not None and said != getattr(entity, field):
            raise InvalidInput(field, said, f"{getattr(entity, field)!r}, as the uid's profile, or nothing")


def _whole_name(query: DeleteProfileQuery) -> EntityName:
    if query.space is None or query.name is None or query.version is None or query.drift_type is None:
        raise InvalidInput("uid", None, "a profile's uid, or space, name, version and drift_type together")
    return EntityName(query.space, query.name, query.version, query.drift_type.value)


def _delete(connection: Connection, entity: Entity) -> tuple[Deleted, Entity | None]:
    """What is gone, and the service entity if that went too. All in the transaction that `connection` is in."""
    lock_entities(connection)
    lock_profile_name(connection, entity.space, entity.name)  # nobody registers a neighbour meanwhile
    deleted = delete_entity(connection, entity.id)
    if not deleted.profiles:  # a service's uid, or somebody was faster; raising undoes the rest
        raise NotFound("there is no such profile")
    service = service_without_profiles(connection, entity.space, entity.name, entity.version)
    if service is not None:
        deleted += delete_entity(connection, service.id)
    return deleted, service


def _described(entity: Entity) -> str:
    return f"{entity.drift_type} profile {entity.space}/{entity.name} {entity.version}"
