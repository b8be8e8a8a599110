"""Switching the profiles of a version on and off, in one transaction."""

from __future__ import annotations

from datetime import datetime

from scouter.postgres.statements import Connection
from scouter.postgres.tables import profiles
from scouter.profiles.next_run import next_run_of
from scouter.profiles.problem_changes import end_problems, restart_problems
from scouter.wire.profiles import DriftType, ProfileStatusRequest


def set_status(connection: Connection, request: ProfileStatusRequest, now: datetime) -> int:
    """Switch profiles on or off. How many there are of that version; switching on twice changes nothing."""
    drift_types = [kind.value for kind in ([request.drift_type] if request.drift_type else DriftType)]
    profiles.lock_profile_name(connection, request.space, request.name)
    found = profiles.profiles_for_status(connection, request.space, request.name, request.version, drift_types)
    for state in found:
        if request.active and not state.active:
            next_run = next_run_of(state.schedule, now)
            profiles.activate(connection, state.entity_id, now=now, next_run=next_run)
            restart_problems(connection, state.entity_id)
        elif state.active and not request.active:
            profiles.deactivate(connection, state.entity_id, now=now)
            end_problems(connection, state.entity_id)
    if found and request.active and request.deactivate_others:
        others = profiles.deactivate_other_versions(
            connection, request.space, request.name, request.version, drift_types, now
        )
        for entity_id in others:
            end_problems(connection, entity_id)
    return len(found)
