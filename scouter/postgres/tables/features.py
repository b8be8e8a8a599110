"""Feature and metric names, interned as integers per entity."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import psycopg

from scouter.errors import NotFound
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("entities")


@dataclass(frozen=True, slots=True)
class Feature:
    id: int
    name: str


class Features:
    """The ids of names. An id never changes, so what was once read stays right."""

    def __init__(self, connections: ConnectionSource, *, max_names: int, max_entities: int) -> None:
        self._connections = connections
        self._max_names = max_names
        self._max_entities = max_entities
        self._lock = threading.Lock()
        self._ids: OrderedDict[int, Mapping[str, int]] = OrderedDict()

    def known(self, entity_id: int) -> Mapping[str, int]:
        """Name to id, as far as this process has asked for them."""
        return self._ids.get(entity_id, {})

    def ids(self, entity_id: int, names: Iterable[str]) -> Mapping[str, int]:
        """Name to id for at least these names, adding new ones in a committed transaction of their own.

        A name that is missing in the answer is beyond the limit of names that one entity may have. Raises `NotFound`
        when the entity has been deleted.
        """
        wanted = names if isinstance(names, set) else set(names)
        known = self._ids.get(entity_id)
        if known is None or not wanted <= known.keys():
            try:
                known = self._intern(entity_id, wanted)
            except psycopg.errors.ForeignKeyViolation:
                raise NotFound("the profile of these records has just been deleted") from None
            self._remember(entity_id, known)
        return known

    def forget(self, entity_id: int) -> None:
        with self._lock:
            self._ids.pop(entity_id, None)

    def _intern(self, entity_id: int, wanted: set[str]) -> Mapping[str, int]:
        with self._connections.connection() as connection:
            known = features_of(connection, entity_id)
            new = sorted(wanted - known.keys())
            if not new or len(known) >= self._max_names:
                return known
            _sql["lock_features_of_entity"].run(connection, entity_id=entity_id)
            room = self._max_names - len(features_of(connection, entity_id))
            _sql["add_features"].run(connection, entity_id=entity_id, names=new[: max(room, 0)])
            return features_of(connection, entity_id)

    def _remember(self, entity_id: int, ids: Mapping[str, int]) -> None:
        with self._lock:
            self._ids.pop(entity_id, None)
            self._ids[entity_id] = ids
            while len(self._ids) > self._max_entities:
                self._ids.popitem(last=False)


def features_of(connection: Connection, entity_id: int) -> dict[str, int]:
    """Every name of that entity with its id."""
    rows = _sql["features_of_entity"].all(connection, Feature, entity_id=entity_id)
    return {row.name: row.id for row in rows}
