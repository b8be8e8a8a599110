"""Who may read and write tags. A tag on a profile's uid belongs to the profile's space, any other to no space."""

from __future__ import annotations

from collections.abc import Sequence

from scouter.auth.permissions import Caller, Verb
from scouter.postgres.tables.entities import Entities
from scouter.wire.tags import Tag


def require_taggable(tags: Sequence[Tag], caller: Caller, entities: Entities) -> None:
    """Raises `PermissionDenied` when the caller may not add any one of them."""
    for entity_id in {tag.entity_id for tag in tags}:
        require_tags_of(entity_id, "write", caller, entities)


def require_tags_of(entity_id: str, verb: Verb, caller: Caller, entities: Entities) -> None:
    """Raises `PermissionDenied` when the caller may not do that to the tags of this thing."""
    caller.require_any(verb)  # first, before anything is looked up
    entity = entities.find(entity_id)
    if entity is not None:
        caller.require(verb, entity.space)
