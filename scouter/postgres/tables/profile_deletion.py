"""Deleting a profile with everything that belongs to it."""

from __future__ import annotations

from dataclasses import astuple, dataclass

from scouter.postgres.statements import Connection, named_statements
from scouter.postgres.tables.entities import Entity

_sql = named_statements("profile_deletion")


@dataclass(frozen=True, slots=True)
class Deleted:
    """How many rows of each kind went."""

    profiles: int
    features: int
    spc_records: int
    psi_records: int
    custom_records: int
    observability_records: int
    archived_records: int
    alerts: int
    runs: int
    deliveries: int
    tags: int

    def __add__(self, other: Deleted) -> Deleted:
        pairs = zip(astuple(self), astuple(other), strict=True)
        return Deleted(*(mine + theirs for mine, theirs in pairs))


def lock_entities(connection: Connection) -> None:
    """Until the end of the transaction no record is stored, on any server."""
    _sql["lock_entities"].run(connection)


def delete_entity(connection: Connection, entity_id: int) -> Deleted:
    """Delete an entity and what belongs to it. Take `lock_entities` first."""
    deleted = Deleted(
        profiles=_sql["delete_profile"].run(connection, entity_id=entity_id),
        features=_sql["delete_features"].run(connection, entity_id=entity_id),
        spc_records=_sql["delete_spc_records"].run(connection, entity_id=entity_id),
        psi_records=_sql["delete_psi_records"].run(connection, entity_id=entity_id),
        custom_records=_sql["delete_custom_records"].run(connection, entity_id=entity_id),
        observability_records=_sql["delete_observability_records"].run(connection, entity_id=entity_id),
        archived_records=int(_sql["delete_archived"].values(connection, entity_id=entity_id)[0]),
        alerts=_sql["delete_alerts"].run(connection, entity_id=entity_id),
        runs=_sql["delete_runs"].run(connection, entity_id=entity_id),
        deliveries=_sql["delete_deliveries"].run(connection, entity_id=entity_id),
        tags=_sql["delete_tags"].run(connection, entity_id=entity_id),
    )
    _sql["delete_entity"].run(connection, entity_id=entity_id)
    return deleted


def service_without_profiles(connection: Connection, space: str, name: str, version: str) -> Entity | None:
    """The service entity of that version, when no profile of the version is left."""
    return _sql["service_without_profiles"].one(connection, Entity, space=space, name=name, version=version)
