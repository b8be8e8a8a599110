"""Deleting a profile with everything that belongs to it."""

from __future__ import annotations

from dataclasses import asdict

from scouter.alerting.group_speech import say_goodbye
from scouter.api.routing import AnyRoute, Request, Route
from scouter.errors import NotFound
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.entities import Entities
from scouter.postgres.tables.features import Features
from scouter.profiles.deletion import profile_to_delete
from scouter.profiles.removal import ProfileRemoval, described
from scouter.wire.profile_listing import DeletedCounts, DeleteProfileQuery, ProfileDeletedReply, accepted_by_listing


class ProfileDeletion:
    def __init__(self, pool: Pool, entities: Entities, features: Features) -> None:
        self._pool = pool
        self._removal = ProfileRemoval(pool, entities, features, say_goodbye)

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
        deletion = self._removal.remove(entity, request.caller.username)
        counts = DeletedCounts(**asdict(deletion.rows))
        return ProfileDeletedReply(counts, deletion.service is not None, f"deleted {described(entity)}")
