"""Entities: who records belong to. One row for each (space, name, version, drift type), known by its uid."""

from __future__ import annotations

import os
import time
import uuid
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.connections.stale_on_error_cache import StaleOnErrorCache
from scouter.postgres.statements import Connection, named_statements

SERVICE = "Service"  # the drift type of a model service itself, which request metrics belong to

_sql = named_statements("entities")


@dataclass(frozen=True, slots=True)
class Entity:
    id: int
    uid: str
    space: str
    name: str
    version: str
    drift_type: str


class EntityName(NamedTuple):
    """How the legacy wire names an entity."""

    space: str
    name: str
    version: str
    drift_type: str


EntityKey: TypeAlias = str | EntityName  # a uid, or names


class Entities:
    """Look-ups by uid or by name, at most a few seconds old. An identity never changes; it may be deleted."""

    def __init__(self, connections: ConnectionSource, *, maximum: int, seconds: float = 5.0) -> None:
        self._connections = connections
        self._recent: StaleOnErrorCache[EntityKey, Entity] = StaleOnErrorCache(
            self._find, seconds=seconds, maximum=maximum
        )

    def find(self, key: EntityKey) -> Entity | None:
        return self._recent.get(key)

    def service(self, name: EntityName) -> Entity:
        """The service entity of that space, name and version, made when it is not there yet."""
        key = name._replace(drift_type=SERVICE)
        return self.find(key) or self._add_service(key)

    def forget(self, entity: Entity) -> None:
        """Ask the database again about an entity that has been deleted here."""
        self._recent.drop(entity.uid)
        self._recent.drop(EntityName(entity.space, entity.name, entity.version, entity.drift_type))

    def _find(self, key: EntityKey) -> Entity | None:
        if _is_impossible(key):
            return None
        with self._connections.connection() as connection:
            return entity_by_key(connection, key)

    def _add_service(self, key: EntityName) -> Entity:
        with self._connections.connection() as connection:
            entity = add_entity(connection, key) or entity_by_name(connection, key)
        if entity is None:
            raise RuntimeError(f"entity {key} is neither new nor there")
        return entity


def entity_by_key(connection: Connection, key: EntityKey) -> Entity | None:
    if _is_impossible(key):
        return None
    return entity_by_uid(connection, key) if isinstance(key, str) else entity_by_name(connection, key)


def entity_by_uid(connection: Connection, uid: str) -> Entity | None:
    return _sql["entity_by_uid"].one(connection, Entity, uid=uid)


def entity_by_name(connection: Connection, name: EntityName) -> Entity | None:
    return _sql["entity_by_name"].one(connection, Entity, **name._asdict())


def add_entity(connection: Connection, name: EntityName) -> Entity | None:
    """A new entity with a uid of its own; None when the name is taken."""
    return _sql["add_entity"].one(connection, Entity, uid=str(uuid7()), **name._asdict())


def versions_of(connection: Connection, space: str, name: str, drift_type: str) -> list[str]:
    return _sql["entity_versions"].values(connection, space=space, name=name, drift_type=drift_type)


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """`service_id` is the entity of its request metrics; None: none have come."""

    version: str
    service_id: int | None


def model_versions(connection: Connection, space: str, name: str, maximum: int) -> list[ModelVersion]:
    """Of profiles of all kinds and of the service itself, the latest first."""
    if _is_impossible(EntityName(space, name, "", "")):
        return []
    return _sql["model_versions"].all(connection, ModelVersion, space=space, name=name, maximum=maximum)


def _is_impossible(key: EntityKey) -> bool:
    """Postgres has no text with a NUL, so nothing can go by that name."""
    return "\x00" in "".join(key)


def uuid7() -> uuid.UUID:
    """A UUID of version 7 (RFC 9562, 5.7): 48 bits of Unix milliseconds, then random bits."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    high = (milliseconds & (2**48 - 1)) << 80
    return uuid.UUID(int=high | 7 << 76 | (random >> 64 & 0xFFF) << 64 | 2 << 62 | random & (2**62 - 1))
