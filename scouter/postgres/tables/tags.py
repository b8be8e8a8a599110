"""Stored tags."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from scouter.postgres.statements import Connection, named_statements
from scouter.wire.tags import KeyValue, Tag

_sql = named_statements("tags")


def tags_of(connection: Connection, entity_type: str, entity_id: str, *, maximum: int) -> list[Tag]:
    """By key, then value."""
    return _sql["tags_of"].all(connection, Tag, entity_type=entity_type, entity_id=entity_id, maximum=maximum)


def tags_of_profile(connection: Connection, entity_id: int, *, maximum: int) -> list[Tag]:
    """By key, then value, whatever type was named beside the uid."""
    return _sql["tags_of_profile"].all(connection, Tag, entity_id=entity_id, maximum=maximum)


def add_tags(connection: Connection, tags: Sequence[Tag]) -> int:
    """Store what is not there yet; how many that were."""
    return _sql["add_tags"].run(
        connection,
        entity_types=[tag.entity_type for tag in tags],
        entity_ids=[tag.entity_id for tag in tags],
        keys=[tag.key for tag in tags],
        values=[tag.value for tag in tags],
    )


def tagged_entities(
    connection: Connection,
    entity_type: str,
    tags: Collection[KeyValue],
    *,
    fewest: int,
    spaces: Collection[str] | None,
    after: str,
    maximum: int,
) -> list[str]:
    """Ids after `after` with at least `fewest` of these tags; of the profiles only those in `spaces`, None: all."""
    return _sql["tagged_entities"].values(
        connection,
        entity_type=entity_type,
        keys=[tag.key for tag in tags],
        values=[tag.value for tag in tags],
        fewest=fewest,
        spaces=None if spaces is None else list(spaces),
        after=after,
        maximum=maximum,
    )
