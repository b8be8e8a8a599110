"""Replacing the document of a stored profile, in one transaction."""

from __future__ import annotations

from datetime import datetime

from scouter.auth.permissions import Caller
from scouter.drift.schedule_gaps import shortest_gap
from scouter.errors import InvalidInput, NotFound
from scouter.policy.problem import Reason
from scouter.postgres.statements import Connection
from scouter.postgres.tables.entities import Entity
from scouter.postgres.tables.profiles import document_of, lock_profile_name, replace_profile
from scouter.profiles.document import stored_form
from scouter.profiles.lookup import ProfileRef, find_if_any, in_transaction
from scouter.profiles.next_run import next_run_of
from scouter.profiles.problem_changes import rejudge_problems
from scouter.wire.profiles import Profile, RegisterProfileRequest


def replace(
    connection: Connection, request: RegisterProfileRequest, profile: Profile, caller: Caller, now: datetime
) -> Entity:
    """Store the document under the uid that it names. No new version; state and last run stay, the next run is new.

    `profile` is the acceptable profile of the request. Raises `InvalidInput` when it is not what the uid belongs to.
    """
    entity = _named(connection, request, profile, caller)
    _require_same(request, profile, entity)
    lock_profile_name(connection, entity.space, entity.name)
    if not _store(connection, entity, request, profile, now):
        raise _unknown(entity.uid)
    return entity


def _named(connection: Connection, request: RegisterProfileRequest, profile: Profile, caller: Caller) -> Entity:
    uid = profile.config.uid
    if uid is None:
        raise InvalidInput("profile.config.uid", None, "the uid that the profile was registered under")
    entity = find_if_any(ProfileRef(uid, request.space), "write", caller, in_transaction(connection))
    if entity is None:
        raise _unknown(uid)
    return entity


def _require_same(request: RegisterProfileRequest, profile: Profile, entity: Entity) -> None:
    if request.drift_type.value != entity.drift_type:
        raise InvalidInput("drift_type", request.drift_type.value, f"{entity.drift_type}, as the uid's profile")
    for field in ("space", "name", "version"):
        sent, registered = getattr(profile.config, field), getattr(entity, field)
        if sent != registered:
            raise InvalidInput(f"profile.config.{field}", sent, f"{registered!r}, as the uid's profile")


def _store(
    connection: Connection, entity: Entity, request: RegisterProfileRequest, profile: Profile, now: datetime
) -> bool:
    document = stored_form(request, entity)
    schedule = profile.config.alert_config.schedule
    before = document_of(connection, entity.id)
    is_there = replace_profile(
        connection,
        entity.id,
        document,
        schedule=schedule,
        schedule_gap=shortest_gap(schedule),
        now=now,
        next_run=next_run_of(schedule, now),
    )
    if is_there and before != document:
        rejudge_problems(connection, entity.id, Reason.profile_changed)
    return is_there


def _unknown(uid: str) -> NotFound:
    return NotFound(ProfileRef(uid).unknown().message, action="register the profile first")
