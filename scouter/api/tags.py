"""Tags: on profiles by their uid, and on anything else that has a type and an id."""

from __future__ import annotations

from collections.abc import Iterable

from scouter.api.routing import AnyRoute, Request, Route
from scouter.auth.permissions import Caller, Verb
from scouter.postgres.connections.pool import Pool
from scouter.postgres.paging import Page, rows_to_fetch
from scouter.postgres.tables import tags as table
from scouter.postgres.tables.entities import Entities
from scouter.profiles import lookup
from scouter.profiles.lookup import ProfileRef
from scouter.wire.tags import (
    MAX_TAGGED,
    AddTagsReply,
    AddTagsRequest,
    TaggedReply,
    TaggedRequest,
    TagsQuery,
    TagsReply,
    accepted_by_tags,
)

_PERMISSION = "{0} on the profile's space when the id is a profile's uid, else {0} on any space"


class Tags:
    def __init__(self, pool: Pool, entities: Entities) -> None:
        self._pool = pool
        self._entities = entities

    def routes(self) -> list[AnyRoute]:
        return [
            Route(
                "GET",
                "/scouter/tags",
                self.show,
                f"The tags of one thing, by key; {MAX_TAGGED} of them at most.",
                TagsReply,
                permission=_PERMISSION.format("read"),
                query=TagsQuery,
                accepted=accepted_by_tags,
            ),
            Route(
                "POST",
                "/scouter/tags",
                self.add,
                "Tag things. A tag that is there already stays.",
                AddTagsReply,
                permission=_PERMISSION.format("write"),
                body=AddTagsRequest,
                accepted=accepted_by_tags,
            ),
            Route(
                "POST",
                "/scouter/tags/entity",
                self.search,
                "The ids of what has any of some tags or, with `match_all`, every one of them.",
                TaggedReply,
                permission="read on any space; profiles of spaces that the caller may not read are left out",
                body=TaggedRequest,
                accepted=accepted_by_tags,
            ),
        ]

    def show(self, request: Request[TagsQuery, None]) -> TagsReply:
        query = request.query
        self._require_tags_of({query.entity_id}, "read", request.caller)
        with self._pool.connection() as connection:
            return TagsReply(table.tags_of(connection, query.entity_type, query.entity_id, maximum=MAX_TAGGED))

    def add(self, request: Request[None, AddTagsRequest]) -> AddTagsReply:
        tags = request.body.tags
        self._require_tags_of({tag.entity_id for tag in tags}, "write", request.caller)
        with self._pool.connection() as connection:
            added = table.add_tags(connection, tags)
        return AddTagsReply("success", f"{added} tags added, {len(tags) - added} were there")

    def search(self, request: Request[None, TaggedRequest]) -> TaggedReply:
        body = request.body
        request.caller.require_any("read")
        wanted = set(body.tags)
        with self._pool.connection() as connection:
            found = table.tagged_entities(
                connection,
                body.entity_type,
                wanted,
                fewest=len(wanted) if body.match_all else 1,
                spaces=request.caller.spaces("read"),
                after=body.after or "",
                maximum=rows_to_fetch(body.limit),
            )
        page = Page.of(found, body.limit)
        return TaggedReply(page.rows, page.has_next)

    def _require_tags_of(self, entity_ids: Iterable[str], verb: Verb, caller: Caller) -> None:
        """Tags on a profile's uid belong to the profile's space. Raises `PermissionDenied` for any one of them."""
        for entity_id in entity_ids:
            caller.require_any(verb)
            lookup.find_if_any(ProfileRef(entity_id), verb, caller, self._entities.find)
