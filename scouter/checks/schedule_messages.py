"""Which groups have something to say about a problem now or later. What they say is decided when they speak."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from scouter.alerting.channels.recipients import recipients_destinations
from scouter.checks.checked_profile import CheckedProfile
from scouter.policy.groups import PAUSE, earliest_moment, group_key
from scouter.policy.inhibition import holds_back
from scouter.policy.policy import Policy
from scouter.policy.problem import State
from scouter.policy.telling import Told, decide, next_moment
from scouter.postgres.statements import Connection
from scouter.postgres.tables.message_groups import (
    Membership,
    groups_of_signal,
    join_group,
    memberships_of_problem,
    schedule_group,
    set_current_groups,
    wake_group,
)
from scouter.postgres.tables.problems import StoredProblem
from scouter.settings.alerting import AlertingSettings
from scouter.wire.notifications import Destination, dispatch_of
from scouter.wire.profiles import ConsoleDispatch, DispatchConfig


@dataclass(frozen=True, slots=True)
class MessagePlan:
    """What decides about the messages of a problem. `instant`: the end of the window that was checked."""

    profile: CheckedProfile
    policy: Policy
    settings: AlertingSettings
    now: datetime
    instant: datetime


def schedule_messages(connection: Connection, stored: StoredProblem, plan: MessagePlan) -> None:
    """In the transaction that changed the problem."""
    if plan.policy.messages == "every_alert" or stored.id is None:
        return
    members = {each.key: each for each in memberships_of_problem(connection, stored.id)}
    if stored.problem.state is State.firing:
        ordinary = {key: each for key, each in members.items() if not each.is_escalation}
        _fires(connection, stored, stored.id, plan, ordinary)
        return
    waking = {
        member.group_id for member in members.values() if member.told is not None and member.told.state is State.firing
    }
    for group_id in sorted(waking | _held_back(connection, stored, plan)):
        wake_group(connection, group_id, plan.now + PAUSE, plan.policy.group_interval)


def _held_back(connection: Connection, stored: StoredProblem, plan: MessagePlan) -> set[int]:
    """Groups that may speak of what this problem had held back."""
    held = holds_back(stored.key.signal)
    return set() if held is None else set(groups_of_signal(connection, plan.profile.entity_id, held.value))


def _fires(
    connection: Connection,
    stored: StoredProblem,
    problem_id: int,
    plan: MessagePlan,
    members: Mapping[str, Membership],
) -> None:
    group_ids = []
    for key, destination in sorted(_groups(plan).items()):
        member = members.get(key)
        moment = _moment(stored, None if member is None else member.told, plan)
        if member is not None and moment is None:
            group_ids.append(member.group_id)
            continue
        group_ids.append(_schedule(connection, key, destination, moment or plan.now, plan))
        join_group(connection, group_ids[-1], problem_id)
    if set(group_ids) != {member.group_id for member in members.values() if member.is_current}:
        set_current_groups(connection, problem_id, group_ids)


def _groups(plan: MessagePlan) -> dict[str, Destination]:
    """By key. Two destinations of a profile are two groups."""
    profile, policy = plan.profile, plan.policy
    found = recipients_destinations(policy.to, _own(profile.document), plan.settings)
    return {
        group_key(
            policy, space=profile.space, uid=profile.uid, channel=each.channel.value, destination=_text(each)
        ): each
        for each in found
    }


def _own(document: str) -> DispatchConfig:
    """A document that cannot be read is why its check failed: the console is told of that."""
    try:
        return dispatch_of(document)
    except msgspec.MsgspecError:
        return DispatchConfig(console=ConsoleDispatch(enabled=True))


def _moment(stored: StoredProblem, told: Told | None, plan: MessagePlan) -> datetime | None:
    """When there is something to say. What keeps it from being said is looked at when the group speaks."""
    made = decide(stored.problem, stored.evidence.strength, told, plan.policy, plan.now)
    return plan.now if made.kind is not None else next_moment(stored.problem, told, plan.policy, plan.now)


def _schedule(connection: Connection, key: str, destination: Destination, moment: datetime, plan: MessagePlan) -> int:
    return schedule_group(
        connection,
        key=key,
        space=plan.profile.space,
        channel=destination.channel.value,
        destination=_text(destination),
        notify_at=max(moment, earliest_moment(plan.now, None, plan.policy)),
        opened_at=plan.now if moment <= plan.now else None,
        instant=plan.instant if moment <= plan.now else None,
        interval=plan.policy.group_interval,
    )


def _text(destination: Destination) -> str:
    return msgspec.json.encode(destination).decode()
