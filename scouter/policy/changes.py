"""What happens to a problem beside its windows: its profile is switched off or on, or the rules have changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from scouter.policy.problem import NOTHING_WRONG, Change, Problem, Reason, State, Step


def deactivated(problem: Problem, at: datetime) -> Change:
    """Nobody looks at the profile any more, so nothing about it is wrong any more."""
    after = replace(_without_verdicts(problem), standing=NOTHING_WRONG, reason=Reason.deactivated)
    if problem.state is State.ok:
        return Change(after)
    return Change(replace(after, resolved_at=at), Step.ended)


def activated_again(problem: Problem) -> Change:
    """Windows from before say nothing about those that come."""
    return Change(replace(_without_verdicts(problem), standing=NOTHING_WRONG, reason=Reason.activated_again))


def rules_changed(problem: Problem, reason: Reason) -> Change:
    """A problem that fires goes on and ends by the new rules; one that was pending begins anew.

    `reason`: the profile, its schedule, its policy or its judgement is another.
    """
    if problem.state is State.firing:
        return Change(_all_settled(replace(problem, reason=reason)), Step.changed)
    after = replace(_without_verdicts(problem), standing=NOTHING_WRONG, reason=reason)
    return Change(after, Step.changed if problem.state is State.pending else None)


def _all_settled(problem: Problem) -> Problem:
    """What the old rules made of these windows stands, whatever the new ones would make of them."""
    last = problem.verdicts[-1].window_end if problem.verdicts else problem.settled_until
    return replace(problem, settled=problem.standing, settled_until=last)


def _without_verdicts(problem: Problem) -> Problem:
    """Late records of the windows that are dropped count no more."""
    last = problem.verdicts[-1].window_end if problem.verdicts else problem.settled_until
    return replace(problem, verdicts=(), settled=NOTHING_WRONG, settled_until=last)
