"""Registering the company's profiles in the past, and bringing them to where they would be by now."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from scouter.demonstration.documents import drift_type_of, registration
from scouter.demonstration.models import Model
from scouter.demonstration.sent import last_window_end, registration_time
from scouter.postgres.statements import Connection
from scouter.postgres.tables.entities import Entity
from scouter.postgres.tables.late_arrivals import take_late_arrivals
from scouter.postgres.tables.past_times import set_back_profile
from scouter.postgres.tables.profiles import activate
from scouter.profiles.document import acceptable_profile
from scouter.profiles.next_run import next_run_of
from scouter.profiles.registration import register
from scouter.profiles.status import set_status
from scouter.wire.profiles import DriftType, ProfileStatusRequest, RegisterProfileRequest

_DAY = timedelta(days=1)


def registered(connection: Connection, model: Model, now: datetime) -> Entity:
    """Not switched on yet: nobody checks it while its past arrives."""
    at = registration_time(model, now)
    request = msgspec.convert(registration(model, at), RegisterProfileRequest)
    return register(connection, request, acceptable_profile(request, at), at).entity


def bring_up_to_now(connection: Connection, model: Model, entity: Entity, now: datetime) -> None:
    """Its past has been checked. It is switched on, or has been off since then; nothing of what came is late.

    Whoever switches a profile on begins with nothing wrong: this one has been on all the time.
    """
    end, at = last_window_end(model, now), registration_time(model, now)
    previous_run = max(end, at)
    next_run = next_run_of(model.schedule, previous_run)
    activate(connection, entity.id, now=at, next_run=next_run)
    if model.off:
        set_status(connection, _status(model), now - model.off * _DAY)
    set_back_profile(connection, entity.id, registered_at=at, previous_run=previous_run, next_run=next_run)
    take_late_arrivals(connection, entity.id)


def _status(model: Model) -> ProfileStatusRequest:
    kind = DriftType(drift_type_of(model))
    return ProfileStatusRequest(model.name, model.space, model.version, active=False, drift_type=kind)
