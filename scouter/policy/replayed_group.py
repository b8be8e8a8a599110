"""What a group would have said of one profile's problems, and when: the clock of a group, run from moment to moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from scouter.policy.identity import ProblemKey
from scouter.policy.policy import Policy
from scouter.policy.problem import Problem, State
from scouter.policy.telling import UNKNOWN_STRENGTH, Decision, Kind, Strength, Told, decide, next_moment

Held = tuple[str | None, datetime | None]
"""Why something may not be said now, and until when; twice None: it may."""

_LEAST_WAIT = timedelta(seconds=1)


@dataclass(slots=True)
class Member:
    """A problem as its group knows it. `told` None: nobody was told of it yet."""

    key: ProblemKey
    problem: Problem = field(default_factory=Problem)
    strength: Strength = UNKNOWN_STRENGTH
    p_value: float | None = None
    told: Told | None = None

    @property
    def is_told_firing(self) -> bool:
        return self.told is not None and self.told.state is State.firing


@dataclass(frozen=True, slots=True)
class Said:
    """One problem in one message; `why_not`: what kept it from being said."""

    at: datetime
    kind: Kind
    key: ProblemKey
    effect: float | None
    p_value: float | None
    why_not: str | None = None


class ReplayedGroup:
    """Every problem of the profile, told to one destination. Nobody else is waited for."""

    def __init__(
        self, policy_of: Callable[[str], Policy], holds: Callable[[ProblemKey, Policy, datetime], Held]
    ) -> None:
        """`policy_of`: of a feature or metric; of the profile as a whole, where its name is empty."""
        self._policy_of = policy_of
        self._holds = holds
        self._members: dict[ProblemKey, Member] = {}
        self._notify_at: datetime | None = None
        self._last_said_at: datetime | None = None
        self.said: list[Said] = []

    def member(self, key: ProblemKey) -> Member:
        return self._members.setdefault(key, Member(key))

    @property
    def members(self) -> list[Member]:
        return list(self._members.values())

    def has_changed(self, member: Member, now: datetime) -> None:
        """Its problem is another than before: there may be something to say of it, now or later."""
        if member.problem.state is not State.firing:
            if member.is_told_firing:
                self._plan(now)
            return
        policy = self._policy(member)
        made = decide(member.problem, member.strength, member.told, policy, now)
        moment = now if made.kind is not None else next_moment(member.problem, member.told, policy, now)
        if moment is not None:
            self._plan(max(moment, now))

    def speak_before(self, moment: datetime) -> None:
        while self._notify_at is not None and self._notify_at < moment:
            self._speak(self._notify_at)

    def speak_until(self, moment: datetime) -> None:
        """With what is due at that moment itself."""
        while self._notify_at is not None and self._notify_at <= moment:
            self._speak(self._notify_at)

    def _plan(self, moment: datetime) -> None:
        """It does not speak twice within its interval."""
        if self._last_said_at is not None:
            moment = max(moment, self._last_said_at + self._policy_of("").group_interval)
        self._notify_at = moment if self._notify_at is None else min(self._notify_at, moment)

    def _speak(self, now: datetime) -> None:
        looks, before = [], len(self.said)
        speaking = [
            each for each in self._members.values() if each.problem.state is State.firing or each.is_told_firing
        ]
        for member in sorted(speaking, key=lambda each: each.key):
            look = self._of(member, now)
            if look is not None:
                looks.append(look if look > now else now + _LEAST_WAIT)
        if any(each.why_not is None for each in self.said[before:]):
            self._last_said_at = now
        self._notify_at = min(looks, default=None)

    def _of(self, member: Member, now: datetime) -> datetime | None:
        """Say what there is to say of it. When to look again."""
        policy = self._policy(member)
        why, until = self._holds(member.key, policy, now)
        made = decide(member.problem, member.strength, member.told, policy, now, held=why)
        if made.held is not None:
            self._note_held(member, policy, made, now)
        elif made.kind is not None:
            self.said.append(_said(member, made.kind, now))
        member.told = made.told
        if made.kind is None and why is not None and made.held is not None:
            return until
        return next_moment(member.problem, member.told, policy, now)

    def _note_held(self, member: Member, policy: Policy, made: Decision, now: datetime) -> None:
        wanted = decide(member.problem, member.strength, member.told, policy, now).kind
        if wanted is None:  # the policy says that the end is not told
            wanted = Kind.resolved
        self.said.append(_said(member, wanted, now, made.held))

    def _policy(self, member: Member) -> Policy:
        return self._policy_of(member.key.subject)


def _said(member: Member, kind: Kind, now: datetime, why_not: str | None = None) -> Said:
    return Said(now, kind, member.key, member.strength.effect, member.p_value, why_not)
