"""A group that may speak: what it has to say, who keeps it from saying it, and one message of it in the outbox."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from scouter.alerting.group_messages import MessageParts, Telling, message_of
from scouter.alerting.problem_outbox import outbox_payload
from scouter.metrics import MESSAGES_HELD, MESSAGES_WRITTEN
from scouter.policy.acknowledgement import is_acknowledged
from scouter.policy.groups import PAUSE, wait_for_others
from scouter.policy.merging import PolicyLayers
from scouter.policy.mutes import muted_until
from scouter.policy.policy import Policy
from scouter.policy.problem import State
from scouter.policy.shared_causes import SharedCause, shared_causes
from scouter.policy.silences import Silence, silenced_by
from scouter.policy.telling import Decision, decide, next_moment
from scouter.postgres.statements import Connection
from scouter.postgres.tables.alert_policies import policies_of_profiles
from scouter.postgres.tables.message_groups import (
    DueGroup,
    Member,
    NewMessage,
    Spoken,
    ToldBefore,
    add_message,
    alerts_of_problems,
    due_group,
    firing_in_space,
    given_up_since,
    group_has_spoken,
    group_to_leave,
    group_waits,
    is_anything_due,
    members_of_group,
    profiles_having,
    replace_message,
    set_told,
    undelivered_message,
)
from scouter.postgres.tables.problems import add_held_event, add_problem_event
from scouter.postgres.tables.silences import active_silences

# What nobody got has to be told again: that is seen when the group looks after so long.
_LOOKS_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Judged:
    """A problem of the group at this moment. `next_look`: when something may have changed by itself."""

    member: Member
    decision: Decision
    acknowledged: bool
    next_look: datetime | None

    @property
    def is_told_firing(self) -> bool:
        told = self.decision.told
        return told is not None and told.state is State.firing


def speak(connection: Connection) -> bool:
    """Let the group speak that has been due for longest, in the caller's transaction. False: none is due."""
    group = due_group(connection)
    if group is not None:
        _speak_of(connection, group)
    return group is not None


def say_goodbye(connection: Connection, group_ids: Iterable[int]) -> None:
    """These groups speak at once: what they know of a profile is about to be deleted."""
    for group_id in sorted(group_ids):
        group = group_to_leave(connection, group_id)
        if group is not None:
            _speak_of(connection, group)


def _speak_of(connection: Connection, group: DueGroup) -> None:
    members = members_of_group(connection, group.id)
    layers = policies_of_profiles(connection, group.space, {each.entity_id for each in members})
    again = _waits_until(connection, group, members, layers)
    if again is not None:
        group_waits(connection, group.id, again)
        return
    judged = _judge(members, layers, active_silences(connection, group.now), group.now)
    if any(each.decision.kind is not None for each in judged):
        _replace_or_tell(connection, group, judged, layers)
    else:
        _keep_told(connection, group, judged)
        group_waits(connection, group.id, _next_look(judged))


def _waits_until(
    connection: Connection, group: DueGroup, members: Sequence[Member], layers: Mapping[int, PolicyLayers]
) -> datetime | None:
    """None: it may speak."""
    if group.instant is None or not members:
        return None
    due = [group.instant] if is_anything_due(connection, group.space, group.instant) else []
    policy = layers[members[0].entity_id].policy()
    return wait_for_others(group.now, group.opened_at, group.instant, due, policy)


def _judge(
    members: Sequence[Member], layers: Mapping[int, PolicyLayers], silences: Sequence[Silence], now: datetime
) -> list[_Judged]:
    return [_judge_one(each, layers[each.entity_id].policy(each.subject or None), silences, now) for each in members]


def _judge_one(member: Member, policy: Policy, silences: Sequence[Silence], now: datetime) -> _Judged:
    problem, told = member.problem, member.told
    acknowledged = is_acknowledged(problem, member.acknowledgement, now)
    if policy.messages == "every_alert" or (not member.is_current and problem.state is State.firing):
        return _Judged(member, Decision(None, told), acknowledged, None)
    why, until = _held(member, policy, silences, now)
    made = decide(problem, member.strength, told, policy, now, held=why, acknowledged=acknowledged)
    if made.held is not None:
        MESSAGES_HELD.labels(made.held.split(" ")[0]).inc()
    if made.kind is None and made.held is not None:
        return _Judged(member, made, acknowledged, member.acknowledged_until if why is None else until)
    return _Judged(member, made, acknowledged, next_moment(problem, made.told, policy, now))


def _held(
    member: Member, policy: Policy, silences: Sequence[Silence], now: datetime
) -> tuple[str | None, datetime | None]:
    """What keeps it from being told, and until when."""
    silence = silenced_by(silences, member.silence_subject, now)
    if silence is not None:
        return f"silence {silence.id}", silence.ends_at
    until = muted_until(policy.mute, member.key.signal, now)
    return (None, None) if until is None else (f"muted until {until.isoformat()}", until)


def _replace_or_tell(
    connection: Connection, group: DueGroup, judged: Sequence[_Judged], layers: Mapping[int, PolicyLayers]
) -> None:
    """A message that nobody has sent yet gives way: there is one at most, and it says what is so."""
    waiting = undelivered_message(connection, group.id)
    if waiting is None:
        _tell(connection, group, judged)
        return
    if waiting.is_claimed:
        group_waits(connection, group.id, group.now + PAUSE)
        return
    replace_message(connection, waiting, group.id)
    members = members_of_group(connection, group.id)
    known = {each.member.entity_id for each in judged}
    if not {each.entity_id for each in members} <= known:
        layers = policies_of_profiles(connection, group.space, {each.entity_id for each in members})
    anew = _judge(members, layers, active_silences(connection, group.now), group.now)
    if any(each.decision.kind is not None for each in anew):
        _tell(connection, group, anew)
    else:
        _keep_told(connection, group, anew)
        group_waits(connection, group.id, _next_look(anew))


def _tell(connection: Connection, group: DueGroup, judged: Sequence[_Judged]) -> None:
    tellings = [
        Telling(each.member, each.decision.kind, each.acknowledged) for each in judged if each.decision.kind is not None
    ]
    spoken = _spoken(group, judged)
    parts = MessageParts(
        group=group,
        spoken=spoken,
        causes=_causes(connection, group, tellings),
        alerts=alerts_of_problems(connection, {each for telling in tellings for each in telling.member.alert_ids}),
        firing=sum(each.is_told_firing for each in judged),
        undelivered=given_up_since(connection, group.id),
    )
    message = message_of(tellings, parts)
    new = NewMessage(
        group_id=group.id,
        sequence=spoken.sequence,
        kind=message.kind.value,
        channel=group.channel,
        destination=group.destination,
        payload=outbox_payload(message),
        alert_ids=message.alert_ids,
        undo=[ToldBefore(each.member.id, each.member.told) for each in tellings],
    )
    message_id = add_message(connection, new, group.now)
    _keep_told(connection, group, judged)
    for telling in tellings:
        _write_down(connection, telling, message_id, group.now)
    look = _next_look(judged)
    later = group.now + _LOOKS_AFTER
    group_has_spoken(connection, group.id, spoken, now=group.now, notify_at=later if look is None else min(look, later))
    MESSAGES_WRITTEN.labels(group.channel, message.kind.value).inc()


def _spoken(group: DueGroup, judged: Sequence[_Judged]) -> Spoken:
    """An episode of a group begins when it goes from quiet to firing."""
    sequence = group.sequence + 1
    was_firing = any(each.member.told is not None and each.member.told.state is State.firing for each in judged)
    if was_firing:
        return Spoken(group.episode, group.since, sequence, group.opening)
    begun = [each.member.since for each in judged if each.is_told_firing and each.member.since is not None]
    return Spoken(group.episode + 1, min(begun, default=group.now), sequence, sequence)


def _causes(connection: Connection, group: DueGroup, tellings: Sequence[Telling]) -> dict[str, SharedCause]:
    subjects = {each.member.subject for each in tellings if each.member.key.signal.is_drift}
    if not subjects:
        return {}
    firing = firing_in_space(connection, group.space, subjects)
    return shared_causes(firing, profiles_having(connection, group.space, subjects))


def _keep_told(connection: Connection, group: DueGroup, judged: Sequence[_Judged]) -> None:
    """And why something is not told, for whoever asks."""
    for each in judged:
        if each.decision.told != each.member.told:
            set_told(connection, group.id, each.member.id, each.decision.told)
        if each.decision.held is not None:
            episode = each.member.episode
            add_held_event(connection, each.member.id, each.decision.held, at=group.now, episode=episode)


def _write_down(connection: Connection, telling: Telling, message_id: int, now: datetime) -> None:
    member = telling.member
    kind = f"told {telling.kind.value}"
    add_problem_event(connection, member.id, kind, at=now, episode=member.episode, message_id=message_id)


def _next_look(judged: Sequence[_Judged]) -> datetime | None:
    return min((each.next_look for each in judged if each.next_look is not None), default=None)
