"""The problems of a group at the moment when it may speak: what is to be said of each, and what keeps it from that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from scouter.metrics import MESSAGES_HELD
from scouter.policy.acknowledgement import is_acknowledged
from scouter.policy.escalation import escalation_due
from scouter.policy.merging import PolicyLayers
from scouter.policy.mutes import muted_until
from scouter.policy.policy import Policy
from scouter.policy.problem import State
from scouter.policy.silences import Silence, silenced_by
from scouter.policy.telling import Decision, decide, next_moment
from scouter.postgres.tables.message_groups import Member


@dataclass(frozen=True, slots=True)
class Judged:
    """`next_look`: when something may have changed by itself. `escalates_at`: when somebody else is to be told."""

    member: Member
    policy: Policy
    decision: Decision
    acknowledged: bool = False
    next_look: datetime | None = None
    escalates_at: datetime | None = None

    @property
    def is_told_firing(self) -> bool:
        told = self.decision.told
        return told is not None and told.state is State.firing


@dataclass(frozen=True, slots=True)
class Judge:
    """What decides at one moment. `layers`: policies by entity."""

    layers: Mapping[int, PolicyLayers]
    silences: Sequence[Silence]
    now: datetime

    def of_all(self, members: Sequence[Member], *, is_escalation: bool = False) -> list[Judged]:
        """`is_escalation`: of a group that is told once an episode."""
        policies = [self.layers[each.entity_id].policy(each.subject or None) for each in members]
        if is_escalation:
            policies = [replace(each, repeat_every=None, worse=None, escalate_after=None) for each in policies]
        return [self._of(*each) for each in zip(members, policies, strict=True)]

    def _of(self, member: Member, policy: Policy) -> Judged:
        problem, told = member.problem, member.told
        acknowledged = is_acknowledged(problem, member.acknowledgement, self.now)
        is_told_elsewhere = not member.is_current and problem.state is State.firing
        if policy.messages == "every_alert" or is_told_elsewhere:
            return Judged(member, policy, Decision(None, told), acknowledged)
        why, until = self._held(member, policy)
        made = decide(problem, member.strength, told, policy, self.now, held=why, acknowledged=acknowledged)
        if made.held is not None:
            MESSAGES_HELD.labels(made.held.split(" ")[0]).inc()
            return Judged(member, policy, made, acknowledged, member.acknowledged_until if why is None else until)
        look = next_moment(problem, made.told, policy, self.now)
        escalates_at = escalation_due(problem, made.told, policy)
        if escalates_at is None or why is not None or acknowledged:
            return Judged(member, policy, made, acknowledged, look)
        later = [each for each in (look, escalates_at) if each is not None and each > self.now]
        return Judged(member, policy, made, acknowledged, min(later, default=None), escalates_at)

    def _held(self, member: Member, policy: Policy) -> tuple[str | None, datetime | None]:
        """What keeps it from being told, and until when."""
        silence = silenced_by(self.silences, member.silence_subject, self.now)
        if silence is not None:
            return f"silence {silence.id}", silence.ends_at
        until = muted_until(policy.mute, member.key.signal, self.now)
        return (None, None) if until is None else (f"muted until {until.isoformat()}", until)


def have_something_to_say(judged: Iterable[Judged]) -> bool:
    return any(each.decision.kind is not None for each in judged)


def next_look(judged: Iterable[Judged]) -> datetime | None:
    return min((each.next_look for each in judged if each.next_look is not None), default=None)
