"""Deleting a profile with everything that belongs to it."""

from __future__ import annotations

import logging
from dataclasses import asdict

from scouter.api.routing import AnyRoute, Request, Route
from scouter.errors import NotFound
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.entities import Entities, Entity
from scouter.postgres.tables.features import Features
from scouter.profiles.deletion import delete, profile_to_delete
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
            entity = profile_to_delete(connection, request.query, request.caller)
        with self._pool.connection() as connection:
            deletion = delete(connection, entity)
        self._forget(entity)
        if deletion.service is not None:
            self._forget(deletion.service)
        log.info("%r deleted profile %s: %s", request.caller.username, _described(entity), deletion.rows)
        counts = DeletedCounts(**asdict(deletion.rows))
        return ProfileDeletedReply(counts, deletion.service is not None, f"deleted {_described(entity)}")

    def _forget(self, gone: Entity) -> None:
        self._entities.forget(gone)
        self._features.forget(gone.id)


def _described(entity: Entity) -> str:
    return f"{entity.drift_type} profile {entity.space}/{entity.name} {entity.version}"
