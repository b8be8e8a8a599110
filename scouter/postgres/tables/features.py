"""Feature and metric names, interned as integers per entity.

The names that a profile's document names are always taken. Of others an entity may have so many, not counting those
that nobody has used for long.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

import psycopg
from psycopg_pool import PoolTimeout

from scouter.errors import DatabaseAway, NotFound
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.recent_refusals import RecentRefusals
from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("features")

_FRESH_SECONDS = 3600.0  # after that a name may have become one that nobody has used for long
_REFUSED_SECONDS = 5.0  # after that a name may have come into the document, or another one may have given way
_MOST_REFUSED = 10_000


@dataclass(frozen=True, slots=True)
class Feature:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class _Name(Feature):
    is_named: bool  # by the profile's document
    is_used: bool  # not long ago
    is_noted: bool  # as used today


@dataclass(frozen=True, slots=True)
class _Names:
    """The names of one entity that may be stored, with their ids.

    `unnoted` are those of them whose use is to be noted when they come. `fresh_until` is on time.monotonic().
    """

    ids: Mapping[str, int]
    unnoted: Set[str]
    fresh_until: float


class Features:
    """The ids of names. An id never changes, so what was once read stays right."""

    def __init__(
        self, connections: ConnectionSource, *, max_names: int, max_entities: int, unused_days: int = 30
    ) -> None:
        """`max_names`: for each entity, beside those of its document, and those unused for so many days."""
        self._connections = connections
        self._max_names = max_names
        self._max_entities = max_entities
        self._unused_days = unused_days
        self._lock = threading.Lock()
        self._known: OrderedDict[int, _Names] = OrderedDict()
        self._refusals = RecentRefusals(seconds=_REFUSED_SECONDS, maximum=_MOST_REFUSED)

    def known(self, entity_id: int, names: Set[str]) -> Mapping[str, int] | None:
        """Name to id, when that is known for these names without asking the database."""
        known = self._known.get(entity_id)
        if known is None or time.monotonic() > known.fresh_until or not known.unnoted.isdisjoint(names):
            return None
        ids = known.ids
        if names <= ids.keys() or self._refusals.holds(entity_id, names - ids.keys()):
            return ids
        return None

    def ids(self, entity_id: int, names: Iterable[str]) -> Mapping[str, int]:
        """Name to id for at least these names, adding new ones in a committed transaction of their own.

        A name that is missing in the answer is beyond the limit of names that one entity may have. Raises `NotFound`
        when the entity has been deleted.
        """
        wanted = names if isinstance(names, set) else set(names)
        known = self.known(entity_id, wanted)
        return self._asked(entity_id, wanted) if known is None else known

    def forget(self, entity_id: int) -> None:
        """Its profile has changed, or is gone."""
        with self._lock:
            self._known.pop(entity_id, None)
        self._refusals.forget(entity_id)

    def _asked(self, entity_id: int, wanted: set[str]) -> Mapping[str, int]:
        before = self._known.get(entity_id)
        try:
            names = self._intern(entity_id, wanted)
        except psycopg.errors.ForeignKeyViolation:
            raise NotFound("the profile of these records has just been deleted") from None
        except (psycopg.OperationalError, PoolTimeout, DatabaseAway):
            if before is not None and wanted <= before.ids.keys():
                return before.ids  # what is known stands in while the database is away
            raise
        self._remember(entity_id, names)
        return names.ids

    def _intern(self, entity_id: int, wanted: set[str]) -> _Names:
        with self._connections.connection() as connection:
            found = self._read(connection, entity_id)
            new = sorted(wanted - _storable(found).keys())
            if new and self._add(connection, entity_id, new, found):
                found = self._read(connection, entity_id)
            unnoted = {each.name: each.id for each in found if not each.is_named and not each.is_noted}
            used = [unnoted.pop(name) for name in wanted & unnoted.keys()]
            if used:
                _sql["use_features"].run(connection, ids=used)
        ids = _storable(found)
        self._refusals.add(entity_id, wanted - ids.keys())
        return _Names(ids, unnoted.keys() & ids.keys(), time.monotonic() + _FRESH_SECONDS)

    def _add(self, connection: Connection, entity_id: int, new: Sequence[str], found: Sequence[_Name]) -> bool:
        """Whether there was room for any of them."""
        named = _sql["names_of_profile"].values(connection, entity_id=entity_id, names=list(new))
        if not named and self._room(found) <= 0:
            return False
        _sql["lock_features_of_entity"].run(connection, entity_id=entity_id)
        others = [name for name in new if name not in set(named)]
        room = max(self._room(self._read(connection, entity_id)), 0)
        _sql["add_features"].run(connection, entity_id=entity_id, names=sorted([*named, *others[:room]]))
        return True

    def _room(self, found: Sequence[_Name]) -> int:
        return self._max_names - sum(each.is_used and not each.is_named for each in found)

    def _read(self, connection: Connection, entity_id: int) -> list[_Name]:
        return _sql["names_of_entity"].all(connection, _Name, entity_id=entity_id, days=self._unused_days)

    def _remember(self, entity_id: int, names: _Names) -> None:
        with self._lock:
            self._known.pop(entity_id, None)
            self._known[entity_id] = names
            while len(self._known) > self._max_entities:
                self._known.popitem(last=False)


def features_of(connection: Connection, entity_id: int) -> dict[str, int]:
    """Every name of that entity with its id, also those that are not taken any more."""
    rows = _sql["features_of_entity"].all(connection, Feature, entity_id=entity_id)
    return {row.name: row.id for row in rows}


def _storable(names: Iterable[_Name]) -> dict[str, int]:
    return {each.name: each.id for each in names if each.is_named or each.is_used}
