"""What people say of how much a profile was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("profile_judgement")
_rows_by_feature = msgspec.json.Decoder(dict[str, int])


@dataclass(frozen=True, slots=True)
class SaidOfRows:
    """`features` is JSON text; `tags` are values of the tag `training_rows`, the newest first."""

    training_rows: int | None
    features: str
    updated_by: str | None
    updated_at: datetime | None
    tags: list[str]

    @property
    def by_feature(self) -> dict[str, int]:
        return _rows_by_feature.decode(self.features)


def said_of_rows(connection: Connection, entity_id: int) -> SaidOfRows:
    """Of a profile of which nobody said anything, that."""
    found = _sql["said_rows"].one(connection, SaidOfRows, entity_id=entity_id)
    return SaidOfRows(None, "{}", None, None, []) if found is None else found


def put_stated_rows(
    connection: Connection, entity_id: int, training_rows: int | None, features: Mapping[str, int], updated_by: str
) -> None:
    """In the place of what was stated before; stating nothing takes that back."""
    if training_rows is None and not features:
        _sql["take_back_stated_rows"].run(connection, entity_id=entity_id)
        return
    _sql["put_stated_rows"].run(
        connection,
        entity_id=entity_id,
        training_rows=training_rows,
        features=msgspec.json.encode(features).decode(),
        updated_by=updated_by,
    )
