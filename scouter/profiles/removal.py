"""Deleting a profile for whoever may: what is remembered of it here goes as well, and the log says who did it."""

from __future__ import annotations

import logging

from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.entities import Entities, Entity
from scouter.postgres.tables.features import Features
from scouter.profiles.deletion import Deletion, delete

log = logging.getLogger(__name__)


class ProfileRemoval:
    def __init__(self, pool: Pool, entities: Entities, features: Features) -> None:
        self._pool = pool
        self._entities = entities
        self._features = features

    def remove(self, entity: Entity, username: str) -> Deletion:
        """The caller has been asked whether he may. Raises `NotFound` when somebody was faster."""
        with self._pool.connection() as connection:
            deletion = delete(connection, entity)
        self._forget(entity)
        if deletion.service is not None:
            self._forget(deletion.service)
        log.info("%r deleted profile %s: %s", username, described(entity), deletion.rows)
        return deletion

    def _forget(self, gone: Entity) -> None:
        self._entities.forget(gone)
        self._features.forget(gone.id)


def described(entity: Entity) -> str:
    return f"{entity.drift_type} profile {entity.space}/{entity.name} {entity.version}"
