"""Deleting a profile for whoever may: what is remembered of it here goes as well, and the log says who did it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from scouter.postgres.connections.pool import Pool
from scouter.postgres.statements import Connection
from scouter.postgres.tables.entities import Entities, Entity
from scouter.postgres.tables.features import Features
from scouter.profiles.deletion import Deletion, delete
from scouter.profiles.problem_changes import end_problems

log = logging.getLogger(__name__)


class ProfileRemoval:
    def __init__(
        self,
        pool: Pool,
        entities: Entities,
        features: Features,
        say_goodbye: Callable[[Connection, Iterable[int]], None],
    ) -> None:
        """`say_goodbye`: to groups in which problems of a profile that goes were told."""
        self._pool = pool
        self._say_goodbye = say_goodbye
        self._entities = entities
        self._features = features

    def remove(self, entity: Entity, username: str) -> Deletion:
        """The caller has been asked whether he may. Raises `NotFound` when somebody was faster."""
        with self._pool.connection() as connection:
            self._say_goodbye(connection, end_problems(connection, entity.id))
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
