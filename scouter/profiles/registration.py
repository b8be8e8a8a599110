"""Registering profiles and switching them on and off, each in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from scouter.auth.permissions import EVERY_SPACE
from scouter.drift.acceptance import require_acceptable
from scouter.drift.schedules import Schedule
from scouter.errors import Conflict, InvalidInput
from scouter.postgres.statements import Connection
from scouter.postgres.tables import profiles
from scouter.postgres.tables.entities import Entity, EntityName, add_entity, entity_by_name, versions_of
from scouter.wire.profiles import (
    DispatchConfig,
    DriftType,
    Profile,
    ProfileStatusRequest,
    RegisterProfileRequest,
    decode_profile,
    superset_document,
)
from scouter.wire.versions import VersionRequest, choose_version


@dataclass(frozen=True, slots=True)
class Registration:
    """What a registration came to."""

    entity: Entity
    active: bool
    dispatch_config: DispatchConfig


def register(connection: Connection, request: RegisterProfileRequest, now: datetime) -> Registration:
    """Store a profile under a version of its own (current wire) or under exactly the version it says (legacy wire).

    Raises `InvalidInput` for a profile that is not acceptable, naming everything that is wrong with it.
    """
    profile = acceptable_profile(request, now)
    profiles.lock_profile_name(connection, profile.config.space, profile.config.name)
    entity = _entity_for(connection, request, profile)
    active = _put(connection, request, entity, profile, now)
    if request.active and request.deactivate_others:
        _deactivate_others(connection, entity, [entity.drift_type], now)
    return Registration(entity, active, profile.config.alert_config.dispatch_config)


def acceptable_profile(request: RegisterProfileRequest, now: datetime) -> Profile:
    profile = decode_profile(request.drift_type, request.profile)
    if profile.config.space != request.space:
        raise InvalidInput("profile.config.space", profile.config.space, f"the request's space, {request.space!r}")
    if request.space == EVERY_SPACE:
        raise InvalidInput("space", request.space, "another name: permissions on 'all' mean every space")
    require_acceptable(profile, now)
    return profile


def stored_form(request: RegisterProfileRequest, entity: Entity) -> str:
    """The document that every client can read, saying what was registered."""
    return superset_document(
        request.drift_type,
        request.profile,
        uid=entity.uid,
        space=entity.space,
        name=entity.name,
        version=entity.version,
    )


def set_status(connection: Connection, request: ProfileStatusRequest, now: datetime) -> int:
    """Switch profiles on or off. How many there are of that version; switching on twice changes nothing."""
    drift_types = [kind.value for kind in ([request.drift_type] if request.drift_type else DriftType)]
    profiles.lock_profile_name(connection, request.space, request.name)
    found = profiles.profiles_for_status(connection, request.space, request.name, request.version, drift_types)
    for state in found:
        if request.active and not state.active:
            next_run = next_run_of(state.schedule, now)
            profiles.activate(connection, state.entity_id, now=now, next_run=next_run)
        elif state.active and not request.active:
            profiles.deactivate(connection, state.entity_id, now=now)
    if found and request.active and request.deactivate_others:
        profiles.deactivate_other_versions(connection, request.space, request.name, request.version, drift_types, now)
    return len(found)


def next_run_of(schedule: str, now: datetime) -> datetime:
    """The first instant of a schedule after `now`. Raises `InvalidInput` when there is none any more."""
    instant = Schedule.parse(schedule).next_after(now)
    if instant is None:
        raise InvalidInput("schedule", schedule, "a schedule that fires again")
    return instant


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
    return profiles.put_profile(
        connection,
        entity.id,
        stored_form(request, entity),
        active=request.active,
        schedule=schedule,
        now=now,
        next_run=next_run_of(schedule, now),
    )


def _deactivate_others(connection: Connection, entity: Entity, drift_types: Sequence[str], now: datetime) -> None:
    profiles.deactivate_other_versions(connection, entity.space, entity.name, entity.version, drift_types, now)
