"""Which groups have something to say about a problem now or later. What they say is decided when they speak."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    join_groups,
    memberships_of_problems,
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
    """What decides about the messages of a profile. `instant`: the end of the window that was checked."""

    profile: CheckedProfile
    policy: Policy
    settings: AlertingSettings
    now: datetime
    instant: datetime


def schedule_messages(
    connection: Connection, changed: Sequence[tuple[StoredProblem, Policy]], plan: MessagePlan
) -> None:
    """In the transaction that changed these problems, each of which comes with the policy of its feature."""
    if plan.policy.messages == "every_alert" or not changed:
        return
    ids = [stored.id for stored, _ in changed if stored.id is not None]
    members = memberships_of_problems(connection, ids)
    fires = [each for each in changed if each[0].problem.state is State.firing]
    if fires:
        _fire(connection, fires, plan, members)
    over = [stored for stored, _ in changed if stored.problem.state is not State.firing]
    told = {
        member.group_id
        for stored in over
        for member in members.get(stored.id or 0, [])
        if member.told is not None and member.told.state is State.firing
    }
    for group_id in sorted(told | _held_back(connection, over, plan)):
        wake_group(connection, group_id, plan.now + PAUSE, plan.policy.group_interval)


def _held_back(connection: Connection, over: Sequence[StoredProblem], plan: MessagePlan) -> set[int]:
    """Groups that may speak of what these problems had held back."""
    held = {signal for stored in over if (signal := holds_back(stored.key.signal)) is not None}
    return {
        group_id
        for signal in sorted(held)
        for group_id in groups_of_signal(connection, plan.profile.entity_id, signal.value)
    }


def _fire(
    connection: Connection,
    fires: Sequence[tuple[StoredProblem, Policy]],
    plan: MessagePlan,
    members: Mapping[int, Sequence[Membership]],
) -> None:
    current: dict[int, list[int]] = {stored.id or 0: [] for stored, _ in fires}
    joining: list[tuple[int, int]] = []
    for key, destination in sorted(_groups(plan).items()):
        own = {
            problem_id: member for problem_id in current for member in members.get(problem_id, []) if member.key == key
        }
        group_id = _scheduled(connection, key, destination, plan, fires, own)
        for problem_id in current:
            in_it = own[problem_id].group_id if problem_id in own else group_id
            assert in_it is not None  # noqa: S101  # a problem that is in no group has something to say
            current[problem_id].append(in_it)
            if problem_id not in own:
                joining.append((in_it, problem_id))
    if joining:
        join_groups(connection, joining)
    _leave_others(connection, current, members)


def _scheduled(
    connection: Connection,
    key: str,
    destination: Destination,
    plan: MessagePlan,
    fires: Sequence[tuple[StoredProblem, Policy]],
    own: Mapping[int, Membership],
) -> int | None:
    """The group, when it has something to say now or later. None: it has not, and all are in it."""
    moments = []
    for stored, policy in fires:
        member = own.get(stored.id or 0)
        moment = _moment(stored, None if member is None else member.told, policy, plan.now)
        if moment is not None or member is None:
            moments.append(moment or plan.now)
    return _schedule(connection, key, destination, min(moments), plan) if moments else None


def _leave_others(
    connection: Connection, current: Mapping[int, Sequence[int]], members: Mapping[int, Sequence[Membership]]
) -> None:
    """Groups of another destination than the present one only take back what they told."""
    for problem_id, group_ids in current.items():
        own = [each for each in members.get(problem_id, []) if not each.is_escalation]
        if any(each.is_current != (each.group_id in group_ids) for each in own):
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


def _moment(stored: StoredProblem, told: Told | None, policy: Policy, now: datetime) -> datetime | None:
    """When there is something to say. What keeps it from being said is looked at when the group speaks."""
    made = decide(stored.problem, stored.evidence.strength, told, policy, now)
    return now if made.kind is not None else next_moment(stored.problem, told, policy, now)


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
