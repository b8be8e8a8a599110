"""Lists of profiles: pages over all of them, the spaces they are in, those of one version."""

from __future__ import annotations

from dataclasses import asdict

from msgspec import Raw

from scouter.api.routing import AnyRoute, Request, Route
from scouter.errors import NotFound
from scouter.postgres.connections.pool import Pool
from scouter.postgres.paging import Page, rows_to_fetch
from scouter.postgres.tables.entities import EntityName
from scouter.postgres.tables.profile_listing import (
    ListedProfile,
    ProfileFilter,
    profile_page,
    profiles_by_space,
    profiles_of_version,
)
from scouter.profiles import lookup
from scouter.profiles.lookup import ProfileRef
from scouter.wire.cursors import cursor_at, position_at
from scouter.wire.profile_listing import (
    Position,
    ProfileItem,
    ProfilesPage,
    ProfilesQuery,
    SpaceItem,
    SpacesReply,
    VersionProfile,
    VersionProfilesRequest,
    accepted_by_listing,
)
from scouter.wire.profiles import DriftType


class ProfileListing:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def routes(self) -> list[AnyRoute]:
        return [
            Route(
                "GET",
                "/scouter/profiles",
                self.page,
                "A page of the profiles that the caller may read, without their documents.",
                ProfilesPage,
                permission="any user; lists what the caller may read",
                query=ProfilesQuery,
                accepted=accepted_by_listing,
            ),
            Route(
                "POST",
                "/scouter/profiles",
                self.of_version,
                "The stored profiles of exactly one version, one for each drift type.",
                list[VersionProfile],
                permission="read on the profile's space",
                body=VersionProfilesRequest,
                accepted=accepted_by_listing,
                errors=(NotFound,),
            ),
            Route(
                "GET",
                "/scouter/spaces",
                self.spaces,
                "The spaces that the caller may read, with their numbers of profiles.",
                SpacesReply,
                permission="any user; lists what the caller may read",
            ),
        ]

    def page(self, request: Request[ProfilesQuery, None]) -> ProfilesPage:
        query = request.query
        lookup.authorise(query.space, "read", request.caller)
        after = _after(query.cursor)
        wanted = ProfileFilter(query.space, query.name, query.drift_type and query.drift_type.value, query.active)
        with self._pool.connection() as connection:
            found = profile_page(
                connection, request.caller.spaces("read"), wanted, after=after, maximum=rows_to_fetch(query.limit)
            )
        page = Page.of(found, query.limit)
        items = [ProfileItem(**asdict(profile)) for profile in page.rows]
        return ProfilesPage(items, page.has_next, page.next_cursor(_cursor))

    def of_version(self, request: Request[None, VersionProfilesRequest]) -> list[VersionProfile]:
        body = request.body
        lookup.authorise(body.space, "read", request.caller)
        with self._pool.connection() as connection:
            found = profiles_of_version(connection, body.space, body.name, body.version)
        if not found:
            raise ProfileRef(None, body.space, body.name, body.version).unknown()
        return [VersionProfile({one.drift_type: Raw(one.document.encode())}, one.active) for one in found]

    def spaces(self, request: Request[None, None]) -> SpacesReply:
        with self._pool.connection() as connection:
            found = profiles_by_space(connection, request.caller.spaces("read"))
        return SpacesReply([SpaceItem(one.space, one.profiles, one.active_profiles) for one in found])


def _after(cursor: str | None) -> EntityName | None:
    if cursor is None:
        return None
    position = position_at(cursor, Position)
    return EntityName(position.space, position.name, position.version, position.drift_type.value)


def _cursor(last: ListedProfile) -> str:
    return cursor_at(Position(last.space, last.name, last.version, DriftType(last.drift_type)))
