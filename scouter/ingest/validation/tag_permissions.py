"""Who may read and write tags. A tag on a profile's uid belongs to the profile's space, any other to no space."""

from __future__ import annotations

from collections.abc import Sequence

from scouter.auth.permissions import Caller, Verb
from scouter.errors import PermissionDenied
from scouter.postgres.tables.entities import Entities
from scouter.wire.tags import Tag


def require_taggable(tags: Sequence[Tag], caller: Caller, entities: Entities) -> None:
    """Raises `PermissionDenied` when the caller may not add any one of them."""
    for entity_id in {tag.entity_id for tag in tags}:
        require_tags_of(entity_id, "write", caller, entities)


def require_tags_of(entity_id: str, verb: Verb, caller: Caller, entities: Entities) -> None:
    """Raises `PermissionDenied` when the caller may not do that to the tags of this thing."""
    require_some_space(verb, caller)
    entity = entities.find(entity_id)
    if entity is not None:
        caller.require(verb, entity.space)


def require_some_space(verb: Verb, caller: Caller) -> None:
    """What belongs to no space is for everybody who has one. Asked first, before anything is looked up."""
    spaces = caller.spaces(verb)
    if spaces is not None and not spaces:
        raise PermissionDenied(
            f"user {caller.username!r} may not {verb} in any space", action="ask an admin for a permission"
        )
