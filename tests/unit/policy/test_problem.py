"""States of a problem: the vectors of the contract, and what holds in whatever order verdicts come."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scouter.policy.firing_rule import Count, FiringRule
from scouter.policy.problem import LEAST_REPLACEABLE, Change, Problem, Reason, State, Step, Verdict, advanced
from tests.golden import FOLDER
from tests.unit.policy.moments import at

VECTORS: list[dict[str, Any]] = json.loads((FOLDER / "alert_judgement.json").read_text())["machine"]
RULES = st.builds(
    lambda bad, more, resolve: FiringRule(Count(bad, bad + more), resolve),
    st.integers(1, 3),
    st.integers(0, 3),
    st.integers(1, 4),
)
TWO_OF_THREE = FiringRule(Count(2, 3), 2)


def after(bits: list[bool], rule: FiringRule = TWO_OF_THREE, problem: Problem | None = None) -> Problem:
    """One window an hour, recorded in their order."""
    problem = problem or Problem()
    for hour, bad in enumerate(bits):
        problem = advanced(problem, [Verdict(at(hours=hour), bad)], rule, at(hours=hour)).problem
    return problem


def checked_again(problem: Problem, hour: int, *, bad: bool, rule: FiringRule = TWO_OF_THREE) -> Change:
    return advanced(problem, [Verdict(at(hours=hour), bad)], rule, at(hours=100), late=True)


def derived(problem: Problem) -> tuple[object, ...]:
    """What its windows alone make of it."""
    return problem.standing, problem.verdicts, problem.settled, problem.settled_until


@pytest.mark.parametrize("case", VECTORS, ids=range(len(VECTORS)))
def test_the_vectors_of_the_contract_hold(case: dict[str, Any]) -> None:
    rule, problem = FiringRule(Count(case["n"], case["m"]), case["resolve"]), Problem()
    for hour, (bit, (state, event)) in enumerate(zip(case["bits"], case["states"], strict=True)):
        verdicts = [] if bit is None else [Verdict(at(hours=hour), bool(bit))]
        change = advanced(problem, verdicts, rule, at(hours=hour))
        problem = change.problem
        assert problem.state == state
        assert (change.step if change.step in (Step.firing, Step.resolved) else None) == event


@given(rule=RULES, bits=st.lists(st.booleans(), max_size=30), data=st.data())
def test_any_order_of_checking_windows_again_ends_in_the_same_state(
    rule: FiringRule, bits: list[bool], data: st.DataObject
) -> None:
    problem = after(bits, rule)
    replaceable = range(max(len(bits) - max(LEAST_REPLACEABLE, rule.context + 1), 0), len(bits))
    replaced = data.draw(st.dictionaries(st.sampled_from(replaceable), st.booleans())) if replaceable else {}
    orders = [data.draw(st.permutations(list(replaced))) for _ in range(2)]
    ends = []
    for order in orders:
        again = problem
        for hour in order:
            again = checked_again(again, hour, bad=replaced[hour], rule=rule).problem
        ends.append(derived(again))
    at_first = [replaced.get(hour, bad) for hour, bad in enumerate(bits)]
    assert ends[0] == ends[1] == derived(after(at_first, rule))


@given(rule=RULES, bits=st.lists(st.booleans(), max_size=8), data=st.data())
def test_windows_that_are_recorded_in_any_order_end_in_the_same_state(
    rule: FiringRule, bits: list[bool], data: st.DataObject
) -> None:
    shuffled = Problem()
    for hour in data.draw(st.permutations(range(len(bits)))):
        shuffled = advanced(shuffled, [Verdict(at(hours=hour), bits[hour])], rule, at(hours=100)).problem
    together = advanced(Problem(), [Verdict(at(hours=h), bad) for h, bad in enumerate(bits)], rule, at(hours=100))
    assert derived(shuffled) == derived(together.problem) == derived(after(bits, rule))


@given(rule=RULES, bits=st.lists(st.booleans(), max_size=30), between=st.integers(-1, 30))
def test_adding_a_good_window_never_fires(rule: FiringRule, bits: list[bool], between: int) -> None:
    problem = after(bits, rule)
    change = advanced(problem, [Verdict(at(hours=between + 0.5), bad=False)], rule, at(hours=100))
    assert change.step is not Step.firing


@given(rule=RULES, bits=st.lists(st.booleans(), max_size=40))
def test_what_is_kept_decides_as_the_whole_history_would(rule: FiringRule, bits: list[bool]) -> None:
    fires = False
    for last in range(len(bits)):
        if fires:
            good = bits[: last + 1][-rule.resolve :]
            fires = any(good)
        else:
            fires = bits[last] and sum(bits[: last + 1][-rule.fire.windows :]) >= rule.fire.bad
    problem = after(bits, rule)
    assert (problem.state is State.firing) == fires
    assert len(problem.verdicts) <= max(LEAST_REPLACEABLE, rule.context + 1) + rule.context


@given(rule=RULES, bits=st.lists(st.booleans(), max_size=20), good=st.integers(0, 10), more=st.lists(st.booleans()))
def test_good_windows_of_a_problem_that_follows_none_need_not_be_written_down(
    rule: FiringRule, bits: list[bool], good: int, more: list[bool]
) -> None:
    problem = after(bits, rule)
    if problem.follows_windows(rule):
        return
    written, hour = problem, len(bits)
    for later in range(good):
        written = advanced(written, [Verdict(at(hours=hour + later), bad=False)], rule, at(hours=100)).problem
    for later, bad in enumerate(more, hour + good):
        new = [Verdict(at(hours=later), bad)]
        problem, written = advanced(problem, new, rule, at()).problem, advanced(written, new, rule, at()).problem
        assert (problem.state, problem.since, problem.episode) == (written.state, written.since, written.episode)


def test_a_new_bad_window_begins_a_new_episode() -> None:
    first = after([True, True, False, False])
    assert (first.state, first.episode, first.since) == (State.ok, 1, None)
    again = advanced(first, [Verdict(at(hours=4), bad=True)], TWO_OF_THREE, at(hours=4))
    assert (again.problem.state, again.problem.episode, again.step) == (State.pending, 2, Step.pending)
    assert again.problem.since == at(hours=4)


def test_an_episode_is_the_same_from_its_first_bad_window_on() -> None:
    assert after([True, False, True]).since == at(hours=0)
    assert after([True, False, True, True]).episode == 1


def test_a_bad_window_that_was_alone_has_passed() -> None:
    problem = after([True, False])
    change = advanced(problem, [Verdict(at(hours=2), bad=False)], TWO_OF_THREE, at(hours=2))
    assert (change.step, change.problem.state) == (Step.passed, State.ok)


def test_late_records_that_make_a_window_good_resolve_and_say_why() -> None:
    change = checked_again(after([True, True]), 0, bad=False)
    assert (change.step, change.problem.reason) == (Step.resolved, Reason.late_records)
    assert change.problem.resolved_at == at(hours=100)


def test_late_records_that_make_a_window_bad_may_fire() -> None:
    change = checked_again(after([False, False, True]), 1, bad=True)
    assert (change.step, change.problem.reason, change.problem.since) == (
        Step.firing,
        Reason.late_records,
        at(hours=1),
    )


def test_windows_that_can_be_replaced_no_more_make_no_difference() -> None:
    problem = after([False] * 30)
    assert advanced(problem, [Verdict(at(hours=3), bad=True)], TWO_OF_THREE, at(hours=31)) == Change(problem)


def test_when_the_newest_bad_window_was_recorded_is_kept() -> None:
    problem = after([True, True, False])
    assert problem.bad_at == at(hours=1)
    assert checked_again(problem, 0, bad=True).problem.bad_at == at(hours=1)
    assert checked_again(problem, 2, bad=True).problem.bad_at == at(hours=100)
