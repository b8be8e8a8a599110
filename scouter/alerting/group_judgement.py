"""The problems of a group at the moment when it may speak: what is to be said of each, and what keeps it from that."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from scouter.metrics import MESSAGES_HELD
from scouter.policy.acknowledgement import is_acknowledged
from scouter.policy.escalation import escalation_due
from scouter.policy.identity import Signal
from scouter.policy.inhibition import held_back_by
from scouter.policy.merging import PolicyLayers
from scouter.policy.mutes import muted_until
from scouter.policy.policy import Policy
from scouter.policy.problem import State
from scouter.policy.silences import Silence, silenced_by
from scouter.policy.telling import Decision, decide, next_moment
from scouter.postgres.tables.message_groups import Member


@dataclass(frozen=True, slots=True)
class Judged:
    """`next_look`: when something may have changed by itself. `policy`: the one that holds for it.

    `is_escalated`: nobody has taken it in time, and others have to be told now.
    """

    member: Member
    decision: Decision
    acknowledged: bool
    next_look: datetime | None
    policy: Policy
    is_escalated: bool = False

    @property
    def is_told_firing(self) -> bool:
        told = self.decision.told
        return told is not None and told.state is State.firing


@dataclass(frozen=True, slots=True)
class Judge:
    """What decides at one moment. `layers` and `firing`, signals that may hold others back, are by entity."""

    layers: Mapping[int, PolicyLayers]
    silences: Sequence[Silence]
    now: datetime
    firing: Mapping[int, Collection[Signal]]

    def of_all(self, members: Iterable[Member]) -> list[Judged]:
        return [self._of(each, self.layers[each.entity_id].policy(each.subject or None)) for each in members]

    def _of(self, member: Member, policy: Policy) -> Judged:
        problem, told = member.problem, member.told
        acknowledged = is_acknowledged(problem, member.acknowledgement, self.now)
        is_firing = problem.state is State.firing
        if policy.messages == "every_alert" or (is_firing and not _is_told_here(member)):
            return Judged(member, Decision(None, told), acknowledged, None, policy)
        why, until = self._held(member, policy)
        if member.escalated_episode is not None and is_firing and acknowledged and why is None:
            why, until = "acknowledged", member.acknowledged_until
        made = decide(problem, member.strength, told, policy, self.now, held=why, acknowledged=acknowledged)
        if made.held is not None:
            MESSAGES_HELD.labels(made.held.split(" ")[0]).inc()
            until = member.acknowledged_until if why is None else until
            return Judged(member, made, acknowledged, until, policy)
        looked = Judged(member, made, acknowledged, next_moment(problem, made.told, policy, self.now), policy)
        return looked if member.escalated_episode is not None else self._escalated(looked, why is not None, until)

    def _escalated(self, judged: Judged, is_held: bool, until: datetime | None) -> Judged:
        """Whether others have to be told, or when that has to be looked at."""
        member = judged.member
        due = escalation_due(member.problem, judged.decision.told, judged.policy, member.escalated_in)
        if due is None:
            return judged
        if due <= self.now and not is_held and not judged.acknowledged:
            return replace(judged, is_escalated=True)
        look = due if due > self.now else until if is_held else member.acknowledged_until
        return replace(judged, next_look=_earlier(judged.next_look, look))

    def _held(self, member: Member, policy: Policy) -> tuple[str | None, datetime | None]:
        """What keeps it from being told, and until when. Whatever ends without a time wakes the group by itself."""
        by = held_back_by(member.key.signal, self.firing.get(member.entity_id, ()))
        if by is not None and member.problem.state is State.firing:
            return f"{by} of the same profile", None
        silence = silenced_by(self.silences, member.silence_subject, self.now)
        if silence is not None:
            return f"silence {silence.id}", silence.ends_at
        until = muted_until(policy.mute, member.key.signal, self.now)
        return (None, None) if until is None else (f"muted until {until.isoformat()}", until)


def _is_told_here(member: Member) -> bool:
    """While it fires. An escalation is told once an episode, and taken back when that is over."""
    if member.escalated_episode is None:
        return member.is_current
    told = member.told
    return member.escalated_episode == member.episode and (told is None or told.state is not State.firing)


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((each for each in (one, other) if each is not None), default=None)


def have_something_to_say(judged: Iterable[Judged]) -> bool:
    return any(each.decision.kind is not None for each in judged)


def next_look(judged: Iterable[Judged]) -> datetime | None:
    return min((each.next_look for each in judged if each.next_look is not None), default=None)
