"""What is to be told of a problem: the difference between what was told last and what is so.

One rule for every moment at which a group may speak. So it makes no difference what happened in between: a silence, a
restart, a service that was away for hours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from scouter.policy.policy import Policy
from scouter.policy.problem import Problem, Reason, State


class Kind(StrEnum):
    """Of what is said about one problem."""

    firing = "firing"
    reminder = "reminder"
    worse = "worse"
    resolved = "resolved"
    ended = "ended"


@dataclass(frozen=True, slots=True)
class Strength:
    """How bad it is. `zone_4`: SPC has values beyond three sigma."""

    effect: float | None = None
    zone_4: bool = False


UNKNOWN_STRENGTH = Strength()


@dataclass(frozen=True, slots=True)
class Told:
    """What a message said of a problem. `first_at`: when this stretch of firing was first told."""

    state: State
    episode: int
    at: datetime
    first_at: datetime
    strength: Strength = UNKNOWN_STRENGTH


@dataclass(frozen=True, slots=True)
class Decision:
    """What to say, and what counts as told from then on. `held`: what keeps something from being said."""

    kind: Kind | None
    told: Told | None
    held: str | None = None


def decide(
    problem: Problem,
    strength: Strength,
    told: Told | None,
    policy: Policy,
    now: datetime,
    *,
    held: str | None = None,
    acknowledged: bool = False,
) -> Decision:
    """At a moment when its group may speak. `held`: the silence or the mute that holds now."""
    kind = _difference(problem, strength, told, policy, now)
    if kind is None:
        return Decision(None, told)
    if held is not None:
        return Decision(None, told, held)
    if kind is Kind.reminder and acknowledged:
        return Decision(None, told, "acknowledged")
    after = _told(kind, problem, strength, told, now)
    if kind in (Kind.resolved, Kind.ended) and not policy.resolved:
        return Decision(None, after, "resolved is off")
    return Decision(kind, after)


def next_moment(problem: Problem, told: Told | None, policy: Policy, now: datetime) -> datetime | None:
    """When there may be something to say although nothing new happens until then; None: never."""
    if not _is_told(told):
        return now if problem.state is State.firing else None
    if problem.state is not State.firing:
        return now
    return _reminder_at(problem, told, policy)


def _is_told(told: Told | None) -> bool:
    return told is not None and told.state is State.firing


def _difference(problem: Problem, strength: Strength, told: Told | None, policy: Policy, now: datetime) -> Kind | None:
    if told is None or told.state is not State.firing:
        return Kind.firing if problem.state is State.firing else None
    if problem.state is not State.firing:
        return Kind.ended if problem.reason is Reason.deactivated else Kind.resolved
    if _is_worse(strength, told.strength, policy):
        return Kind.worse
    due = _reminder_at(problem, told, policy)
    return Kind.reminder if due is not None and due <= now else None


def _reminder_at(problem: Problem, told: Told | None, policy: Policy) -> datetime | None:
    """Only with a window that was bad again: without new evidence it would be noise."""
    if told is None or policy.repeat_every is None or problem.bad_at is None or problem.bad_at <= told.at:
        return None
    return told.at + policy.repeat_every


def _is_worse(strength: Strength, told: Strength, policy: Policy) -> bool:
    if policy.worse is None:
        return False
    if strength.zone_4 and not told.zone_4:
        return True
    return strength.effect is not None and bool(told.effect) and strength.effect >= policy.worse * (told.effect or 0)


def _told(kind: Kind, problem: Problem, strength: Strength, told: Told | None, now: datetime) -> Told:
    if told is None or kind is Kind.firing:
        return Told(State.firing, problem.episode, now, now, strength)
    if kind in (Kind.resolved, Kind.ended):
        return replace(told, state=State.ok, episode=problem.episode, at=now)
    return replace(told, episode=problem.episode, at=now, strength=_worst(strength, told.strength))


def _worst(one: Strength, other: Strength) -> Strength:
    """What was told once is no news when it comes back."""
    effects = [each.effect for each in (one, other) if each.effect is not None]
    return Strength(max(effects, default=None), one.zone_4 or other.zone_4)
