"""Somebody has taken a problem: no reminders and no escalation until it ends, or until the time that they named."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from scouter.policy.problem import Problem, State


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """`until` None: for as long as the episode lasts."""

    by: str
    at: datetime
    episode: int
    until: datetime | None = None
    comment: str = ""


def is_acknowledged(problem: Problem, acknowledgement: Acknowledgement | None, now: datetime) -> bool:
    """Of this episode, and not over."""
    return (
        acknowledgement is not None
        and problem.state is State.firing
        and acknowledgement.episode == problem.episode
        and (acknowledgement.until is None or now < acknowledgement.until)
    )
