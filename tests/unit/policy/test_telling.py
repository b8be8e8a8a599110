"""What is told of a problem: the vectors of the contract, and the difference at every moment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from scouter.policy.acknowledgement import Acknowledgement, is_acknowledged
from scouter.policy.changes import deactivated
from scouter.policy.escalation import escalation_due
from scouter.policy.firing_rule import Count, FiringRule
from scouter.policy.policy import DEFAULTS
from scouter.policy.problem import Problem, State, Verdict, advanced
from scouter.policy.telling import (
    UNKNOWN_STRENGTH,
    Kind,
    Strength,
    Told,
    decide,
    next_moment,
)
from scouter.wire.recipients import Recipient
from tests.golden import FOLDER
from tests.unit.policy.moments import START, at
from tests.unit.policy.test_problem import after

VECTORS: list[dict[str, Any]] = json.loads((FOLDER / "alert_judgement.json").read_text())["messages"]
FIRING = after([True, True])
OK = after([True, True, False, False])
WEAK = Strength(0.1)


class Watched:
    """One problem whose group speaks at once."""

    def __init__(self, case: dict[str, Any]) -> None:
        self.rule = FiringRule(Count(case["n"], case["m"]), case["k"])
        self.policy = replace(DEFAULTS, repeat_every=timedelta(seconds=case["repeat"]))
        self.silences = [(at(first), at(last)) for first, last in case.get("silences", [])]
        self.problem, self.told = Problem(), None  # type: tuple[Problem, Told | None]
        self.taken: Acknowledgement | None = None
        self.messages: list[list[object]] = []

    def speak(self, now: datetime) -> None:
        held = "silence" if any(first <= now < last for first, last in self.silences) else None
        acknowledged = is_acknowledged(self.problem, self.taken, now)
        made = decide(self.problem, UNKNOWN_STRENGTH, self.told, self.policy, now, held=held, acknowledged=acknowledged)
        self.told = made.told
        if made.kind is not None:
            self.messages.append([(now - START).total_seconds(), made.kind.value])


def steps(case: dict[str, Any]) -> Iterator[tuple[float, str, int]]:
    happened = [(moment, "window", bad) for moment, bad in case["windows"]]
    happened += [(moment, "acknowledged", 0) for moment in case.get("acks", [])]
    happened += [(last, "silence ends", 0) for _, last in case.get("silences", [])]
    yield from sorted(happened, key=lambda each: each[0])


@pytest.mark.parametrize("case", VECTORS, ids=range(len(VECTORS)))
def test_the_vectors_of_the_contract_hold(case: dict[str, Any]) -> None:
    watched = Watched(case)
    for moment, what, bad in steps(case):
        if what == "window":
            new = [Verdict(at(moment), bool(bad))]
            watched.problem = advanced(watched.problem, new, watched.rule, at(moment)).problem
        elif what == "acknowledged":
            watched.taken = Acknowledgement("ada", at(moment), watched.problem.episode)
        watched.speak(at(moment))
    assert watched.messages == case["messages"]


def told_firing(strength: Strength = WEAK, hours: float = 1) -> Told:
    made = decide(FIRING, strength, None, DEFAULTS, at(hours=hours))
    assert made.kind is Kind.firing
    assert made.told is not None
    return made.told


def test_a_problem_that_fired_and_resolved_before_its_group_spoke_is_not_told() -> None:
    assert decide(OK, WEAK, None, DEFAULTS, at(hours=4)).kind is None


def test_what_ended_and_came_again_within_a_silence_is_no_news() -> None:
    again = after([True, True, False, False, True, True])
    assert again.episode == 2
    assert decide(again, WEAK, told_firing(), DEFAULTS, at(hours=5)).kind is None


def test_what_ended_within_a_silence_is_told_when_the_silence_ends() -> None:
    during = decide(OK, WEAK, told_firing(), DEFAULTS, at(hours=3), held="silence 7")
    assert (during.kind, during.held) == (None, "silence 7")
    assert decide(OK, WEAK, during.told, DEFAULTS, at(hours=9)).kind is Kind.resolved


def test_a_new_episode_after_a_resolved_one_is_told_at_once() -> None:
    resolved = decide(OK, WEAK, told_firing(), DEFAULTS, at(hours=3)).told
    again = after([True, True, False, False, True, True])
    made = decide(again, WEAK, resolved, DEFAULTS, at(hours=5))
    assert (made.kind, made.told and made.told.first_at) == (Kind.firing, at(hours=5))


def test_an_effect_that_has_doubled_is_told_once() -> None:
    told = told_firing(Strength(0.1))
    assert decide(FIRING, Strength(0.19), told, DEFAULTS, at(hours=2)).kind is None
    worse = decide(FIRING, Strength(0.2), told, DEFAULTS, at(hours=2))
    assert worse.kind is Kind.worse
    assert decide(FIRING, Strength(0.1), worse.told, DEFAULTS, at(hours=2)).kind is None
    assert decide(FIRING, Strength(0.39), worse.told, DEFAULTS, at(hours=3)).kind is None
    assert decide(FIRING, Strength(0.2), told, replace(DEFAULTS, worse=None), at(hours=2)).kind is None


@pytest.mark.parametrize("strength", [Strength(None), Strength(0.0), Strength(0.3)])
def test_an_effect_that_was_unknown_or_nothing_cannot_double(strength: Strength) -> None:
    told = told_firing(Strength(None) if strength.effect else Strength(0.0))
    assert decide(FIRING, strength, told, DEFAULTS, at(hours=2)).kind is None


def test_values_beyond_three_sigma_are_told_once() -> None:
    worse = decide(FIRING, Strength(0.1, zone_4=True), told_firing(), DEFAULTS, at(hours=2))
    assert worse.kind is Kind.worse
    assert decide(FIRING, Strength(0.1, zone_4=True), worse.told, DEFAULTS, at(hours=2)).kind is None


def test_a_reminder_needs_a_window_that_is_bad_again() -> None:
    told = told_firing()
    assert decide(FIRING, WEAK, told, DEFAULTS, at(hours=48)).kind is None
    bad_again = replace(FIRING, bad_at=at(hours=20))
    assert decide(bad_again, WEAK, told, DEFAULTS, at(hours=24)).kind is None
    assert next_moment(bad_again, told, DEFAULTS, at(hours=24)) == at(hours=25)
    assert decide(bad_again, WEAK, told, DEFAULTS, at(hours=25)).kind is Kind.reminder
    assert decide(bad_again, WEAK, told, replace(DEFAULTS, repeat_every=None), at(hours=99)).kind is None


def test_nobody_is_reminded_of_what_somebody_has_taken_but_hears_that_it_ended() -> None:
    told, bad_again = told_firing(), replace(FIRING, bad_at=at(hours=20))
    reminder = decide(bad_again, WEAK, told, DEFAULTS, at(hours=30), acknowledged=True)
    assert (reminder.kind, reminder.held) == (None, "acknowledged")
    assert decide(OK, WEAK, told, DEFAULTS, at(hours=30), acknowledged=True).kind is Kind.resolved


def test_a_deactivated_profile_ends_what_was_told() -> None:
    ended = deactivated(FIRING, at(hours=2)).problem
    assert decide(ended, WEAK, told_firing(), DEFAULTS, at(hours=2)).kind is Kind.ended
    assert decide(ended, WEAK, None, DEFAULTS, at(hours=2)).kind is None


def test_a_policy_without_resolved_messages_still_tells_the_next_episode() -> None:
    quiet = replace(DEFAULTS, resolved=False)
    made = decide(OK, WEAK, told_firing(), quiet, at(hours=3))
    assert (made.kind, made.told and made.told.state) == (None, State.ok)
    assert decide(FIRING, WEAK, made.told, quiet, at(hours=4)).kind is Kind.firing


def test_there_is_something_to_say_at_once_or_at_the_next_reminder_or_never() -> None:
    told = told_firing()
    assert next_moment(FIRING, None, DEFAULTS, at(hours=3)) == at(hours=3)
    assert next_moment(OK, told, DEFAULTS, at(hours=3)) == at(hours=3)
    assert next_moment(FIRING, told, DEFAULTS, at(hours=3)) is None
    assert next_moment(OK, None, DEFAULTS, at(hours=3)) is None


def test_an_escalation_is_due_once_an_episode_after_it_was_told() -> None:
    policy = replace(DEFAULTS, escalate_after=timedelta(hours=4), escalate_to=(Recipient(pagerduty="ops"),))
    told = told_firing(hours=1)
    assert escalation_due(FIRING, told, policy, None) == at(hours=5)
    reminded = replace(told, at=at(hours=30))
    assert escalation_due(FIRING, reminded, policy, None) == at(hours=5)
    assert escalation_due(FIRING, told, policy, FIRING.episode) is None
    assert escalation_due(FIRING, None, policy, None) is None
    assert escalation_due(OK, told, policy, None) is None
    assert escalation_due(FIRING, told, DEFAULTS, None) is None
