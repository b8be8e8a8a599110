"""When somebody else is told: a problem that fires, was told, and that nobody has taken."""

from __future__ import annotations

from datetime import datetime

from scouter.policy.policy import Policy
from scouter.policy.problem import Problem, State
from scouter.policy.telling import Told


def escalation_due(
    problem: Problem, told: Told | None, policy: Policy, escalated_episode: int | None
) -> datetime | None:
    """When it is due if nobody acknowledges it until then. None: never. Once an episode."""
    if policy.escalate_after is None or not policy.escalate_to:
        return None
    if problem.state is not State.firing or told is None or told.state is not State.firing:
        return None
    return None if escalated_episode == problem.episode else told.first_at + policy.escalate_after
