"""What keeps a problem from being told now, and by which rule it fires and ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from scouter.drift.schedule_gaps import shortest_gap
from scouter.policy.firing_rule import FiringRule
from scouter.policy.identity import Signal
from scouter.policy.mutes import muted_until
from scouter.policy.silences import Silence, silenced_by
from scouter.postgres.connections.backend_sessions import database_time
from scouter.postgres.statements import Connection
from scouter.postgres.tables.alert_policies import policies_of_profile
from scouter.postgres.tables.entities import Entity
from scouter.postgres.tables.profiles import document_of
from scouter.postgres.tables.silences import active_silences
from scouter.profiles.problem_board import silence_subject
from scouter.wire.problems import ProblemItem


@dataclass(frozen=True, slots=True)
class Holding:
    """`judge`: whose word counts for it. `every_alert`: its profile is told check by check, and problems are not."""

    silence: Silence | None
    muted_until: datetime | None
    rule: FiringRule
    judge: str
    every_alert: bool


class _AlertConfig(Struct, frozen=True):
    schedule: str


class _Config(Struct, frozen=True):
    alert_config: _AlertConfig


class _AnyProfile(Struct, frozen=True):
    config: _Config


def holding(connection: Connection, entity: Entity, item: ProblemItem) -> Holding:
    """By the database's clock."""
    now, signal = database_time(connection), Signal(item.signal.value)
    policy = policies_of_profile(connection, entity.id, entity.space).policy(item.subject or None)
    return Holding(
        silence=silenced_by(active_silences(connection, now), silence_subject(item), now),
        muted_until=muted_until(policy.mute, signal, now),
        rule=policy.firing_rule(signal, _gap(connection, entity.id) if signal.is_drift else None),
        judge=policy.judge_of(signal),
        every_alert=policy.messages == "every_alert",
    )


def _gap(connection: Connection, entity_id: int) -> timedelta | None:
    document = document_of(connection, entity_id)
    if document is None:
        return None
    return shortest_gap(msgspec.json.decode(document, type=_AnyProfile).config.alert_config.schedule)
