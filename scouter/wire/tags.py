"""Tags: a key and a value on anything that has a type and an id, such as a service, or a profile by its uid."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from scouter.wire.names import END, PLAIN_TEXT, Name, Uid

MAX_TAGS = 1000
MAX_TAGGED = 10_000

Value = Annotated[str, Meta(max_length=1000, pattern=rf"^[^\x00]*{END}")]


class Tag(Struct, frozen=True):
    entity_type: Name
    entity_id: Uid
    key: Name
    value: Value


class KeyValue(Struct, frozen=True):
    key: Name
    value: Value


class TagsQuery(Struct, frozen=True):
    """Names what carries the tags."""

    entity_type: Name
    entity_id: Uid


class TagsReply(Struct, frozen=True):
    """By key, then value."""

    tags: list[Tag]


class AddTagsRequest(Struct, frozen=True):
    tags: Annotated[list[Tag], Meta(max_length=MAX_TAGS)]


class AddTagsReply(Struct, frozen=True):
    status: str
    message: str


class TaggedRequest(Struct, frozen=True):
    """Who has these tags: any of them or, with `match_all`, every one, also two values of one key."""

    entity_type: Name
    tags: Annotated[list[KeyValue], Meta(min_length=1, max_length=MAX_TAGS)]
    match_all: bool = False
    limit: Annotated[int, Meta(ge=1, le=MAX_TAGGED)] = 1000
    after: Uid | None = None


class TaggedReply(Struct, frozen=True):
    """Ids in order. With `has_more`, ask again with `after` set to the last one."""

    entity_id: list[str]
    has_more: bool


def accepted_by_tags(name: str, value: object) -> str | None:
    """What a member of a tag takes, where the type alone does not say it well."""
    if value is None:
        return None
    return "a text without NUL characters" if name == "value" else PLAIN_TEXT
