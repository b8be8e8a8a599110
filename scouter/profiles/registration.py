"""Registering a profile, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from scouter.drift.schedule_gaps import shortest_gap
from scouter.errors import Conflict
from scouter.policy.problem import Reason
from scouter.postgres.statements import Connection
from scouter.postgres.tables import profiles
from scouter.postgres.tables.entities import Entity, EntityName, add_entity, entity_by_name, versions_of
from scouter.profiles.document import stored_form
from scouter.profiles.next_run import next_run_of
from scouter.profiles.problem_changes import end_problems, rejudge_problems
from scouter.wire.profiles import DispatchConfig, Profile, RegisterProfileRequest
from scouter.wire.versions import VersionRequest, choose_version


@dataclass(frozen=True, slots=True)
class Registration:
    """What a registration came to."""

    entity: Entity
    active: bool
    dispatch_config: DispatchConfig


def register(connection: Connection, request: RegisterProfileRequest, profile: Profile, now: datetime) -> Registration:
    """Store a profile under a version of its own (current wire) or under exactly the version it says (legacy wire).

    `profile` is the acceptable profile of the request: judging a large one takes a while, and no connection.
    """
    profiles.lock_profile_name(connection, profile.config.space, profile.config.name)
    entity = _entity_for(connection, request, profile)
    active = _put(connection, request, entity, profile, now)
    if request.active and request.deactivate_others:
        _deactivate_others(connection, entity, now)
    return Registration(entity, active, profile.config.alert_config.dispatch_config)


def _entity_for(connection: Connection, request: RegisterProfileRequest, profile: Profile) -> Entity:
    config, kind = profile.config, request.drift_type.value
    if request.version_request is None:
        name = EntityName(config.space, config.name, config.version, kind)
        entity = entity_by_name(connection, name) or add_entity(connection, name)
    else:
        version = _chosen_version(connection, request.version_request, profile, kind)
        entity = add_entity(connection, EntityName(config.space, config.name, version, kind))
    if entity is None:
        raise Conflict("somebody else registered this version at the same moment", action="register again")
    return entity


def _chosen_version(connection: Connection, request: VersionRequest, profile: Profile, kind: str) -> str:
    return choose_version(request, versions_of(connection, profile.config.space, profile.config.name, kind))


def _put(
    connection: Connection, request: RegisterProfileRequest, entity: Entity, profile: Profile, now: datetime
) -> bool:
    schedule = profile.config.alert_config.schedule
    document, before = stored_form(request, entity), profiles.document_of(connection, entity.id)
    active = profiles.put_profile(
        connection,
        entity.id,
        document,
        active=request.active,
        schedule=schedule,
        schedule_gap=shortest_gap(schedule),
        now=now,
        next_run=next_run_of(schedule, now),
    )
    if before not in (None, document):  # a service that registers at every start changes nothing
        rejudge_problems(connection, entity.id, Reason.profile_changed)
    return active


def _deactivate_others(connection: Connection, entity: Entity, now: datetime) -> None:
    kind = [entity.drift_type]
    others = profiles.deactivate_other_versions(connection, entity.space, entity.name, entity.version, kind, now)
    for entity_id in others:
        end_problems(connection, entity_id)
