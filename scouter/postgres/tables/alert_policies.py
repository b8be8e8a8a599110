"""Policy documents of the server, of spaces and of profiles."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from scouter.errors import InvalidInput
from scouter.policy.documents import NOTHING_SET, Level, PolicyDocument, read_policy
from scouter.policy.merging import PolicyLayers
from scouter.postgres.statements import Connection, named_statements

log = logging.getLogger(__name__)

_sql = named_statements("alert_policies")


@dataclass(frozen=True, slots=True)
class StoredPolicy:
    """`document` is JSON text, as somebody wrote it."""

    document: str
    updated_by: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class _LevelRow:
    level: str
    document: str


@dataclass(frozen=True, slots=True)
class _OwnerRow:
    space: str | None
    entity_id: int | None
    document: str


def policies_of_profile(connection: Connection, entity_id: int, space: str) -> PolicyLayers:
    """Those that hold for it."""
    rows = _sql["policies_of_profile"].all(connection, _LevelRow, entity_id=entity_id, space=space)
    found = {row.level: read_stored(row.document, Level(row.level)) for row in rows}
    return PolicyLayers(**found)


def policies_of_space(connection: Connection, space: str | None) -> PolicyLayers:
    """Those that hold in it, or everywhere."""
    rows = _sql["policies_of_profile"].all(connection, _LevelRow, entity_id=None, space=space)
    return PolicyLayers(**{row.level: read_stored(row.document, Level(row.level)) for row in rows})


def policies_of_profiles(connection: Connection, spaces: Mapping[int, str]) -> dict[int, PolicyLayers]:
    """By entity. `spaces`: that of each."""
    rows = _sql["policies_of_profiles"].all(
        connection, _OwnerRow, spaces=list(set(spaces.values())), entity_ids=list(spaces)
    )
    server = NOTHING_SET
    by_space: dict[str, PolicyDocument] = {}
    own: dict[int, PolicyDocument] = {}
    for row in rows:
        if row.entity_id is not None:
            own[row.entity_id] = read_stored(row.document, Level.profile)
        elif row.space is not None:
            by_space[row.space] = read_stored(row.document, Level.space)
        else:
            server = read_stored(row.document, Level.server)
    return {
        entity_id: PolicyLayers(server, by_space.get(space, NOTHING_SET), own.get(entity_id, NOTHING_SET))
        for entity_id, space in spaces.items()
    }


def one_policy(
    connection: Connection, *, space: str | None = None, entity_id: int | None = None
) -> StoredPolicy | None:
    """Of a space, of a profile, or of the server where neither is named."""
    return _sql["one_policy"].one(connection, StoredPolicy, space=space, entity_id=entity_id)


def put_policy(
    connection: Connection, document: str, *, by: str, space: str | None = None, entity_id: int | None = None
) -> None:
    """Instead of the one that is there. `document`: JSON text."""
    delete_policy(connection, space=space, entity_id=entity_id)
    _sql["add_policy"].run(connection, space=space, entity_id=entity_id, document=document, by=by)


def delete_policy(connection: Connection, *, space: str | None = None, entity_id: int | None = None) -> bool:
    """False: there is none."""
    _sql["lock_policies"].run(connection)
    return _sql["delete_policy"].run(connection, space=space, entity_id=entity_id) == 1


def read_stored(document: str, level: Level) -> PolicyDocument:
    """One that this version cannot read is passed over, and said: checks must go on."""
    try:
        return read_policy(msgspec.json.decode(document), level)
    except (InvalidInput, msgspec.DecodeError) as problem:
        log.error("a policy of a %s cannot be read and does not count: %s", level.value, problem)
        return NOTHING_SET
