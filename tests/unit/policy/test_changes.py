"""What happens to a problem beside its windows."""

from __future__ import annotations

import pytest

from scouter.policy.acknowledgement import Acknowledgement, is_acknowledged
from scouter.policy.changes import activated_again, deactivated, rules_changed
from scouter.policy.firing_rule import Count, FiringRule
from scouter.policy.problem import Problem, Reason, State, Step, Verdict, advanced
from tests.unit.policy.moments import at
from tests.unit.policy.test_problem import TWO_OF_THREE, after

FIRING = after([True, True])


def test_a_problem_ends_when_its_profile_is_deactivated() -> None:
    change = deactivated(FIRING, at(hours=5))
    assert (change.step, change.problem.state, change.problem.reason) == (Step.ended, State.ok, Reason.deactivated)
    assert change.problem.resolved_at == at(hours=5)
    assert deactivated(Problem(), at()).step is None


def test_verdicts_start_empty_when_it_is_activated_again() -> None:
    problem = activated_again(deactivated(FIRING, at(hours=5)).problem).problem
    assert problem.verdicts == ()
    late = advanced(problem, [Verdict(at(hours=0), bad=True)], TWO_OF_THREE, at(hours=6), late=True)
    assert late.problem.state is State.ok
    first = advanced(problem, [Verdict(at(hours=6), bad=True)], TWO_OF_THREE, at(hours=6))
    assert (first.problem.state, first.problem.episode) == (State.pending, 2)


@pytest.mark.parametrize("reason", [Reason.profile_changed, Reason.policy_changed])
def test_a_firing_problem_goes_on_when_the_rules_change(reason: Reason) -> None:
    strict = FiringRule(Count(3, 3), 2)
    change = rules_changed(FIRING, reason)
    assert (change.step, change.problem.state, change.problem.reason) == (Step.changed, State.firing, reason)
    good = advanced(change.problem, [Verdict(at(hours=2), bad=False)], strict, at(hours=2)).problem
    assert good.state is State.firing
    assert advanced(good, [Verdict(at(hours=3), bad=False)], strict, at(hours=3)).step is Step.resolved


def test_a_pending_problem_begins_anew_when_the_rules_change() -> None:
    change = rules_changed(after([True]), Reason.profile_changed)
    assert (change.step, change.problem.state, change.problem.verdicts) == (Step.changed, State.ok, ())
    assert rules_changed(Problem(), Reason.profile_changed).step is None


def test_an_acknowledgement_holds_for_its_episode_and_until_its_end() -> None:
    taken = Acknowledgement("ada", at(hours=2), episode=1, until=at(hours=9))
    assert is_acknowledged(FIRING, taken, at(hours=8))
    assert not is_acknowledged(FIRING, taken, at(hours=9))
    assert not is_acknowledged(FIRING, None, at(hours=8))
    assert not is_acknowledged(FIRING, Acknowledgement("ada", at(), episode=2), at(hours=8))
    assert not is_acknowledged(after([True]), Acknowledgement("ada", at(), episode=1), at(hours=8))
