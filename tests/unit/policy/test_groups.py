"""What is told together, when, and in which words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from scouter.drift.descriptions import Wording
from scouter.policy.group_message import MOST_CHARACTERS, GroupNews, body_of, title_of
from scouter.policy.groups import earliest_moment, group_key, wait_for_others
from scouter.policy.identity import ProblemKey, Side, Signal
from scouter.policy.mentions import Mention, line_of
from scouter.policy.policy import DEFAULTS
from scouter.policy.problem import Reason
from scouter.policy.shared_causes import SharedCause, shared_causes
from scouter.policy.telling import Kind, Strength
from tests.unit.policy.moments import at

AGE = Mention(Kind.firing, ProblemKey("u1", Signal.psi, "age"), "churn", "1.2.0", at(hours=3), Strength(0.31), 1e-6, 2)
NOW = at(hours=5)


def key(**changes: Any) -> str:
    named: dict[str, Any] = {"space": "credit", "uid": "u1", "channel": "slack", "destination": "{}", **changes}
    return group_key(DEFAULTS, **named)


def news(*mentions: Mention, causes: dict[str, SharedCause] | None = None, undelivered: int = 0) -> GroupNews:
    return GroupNews("credit", mentions, causes or {}, "https://here/alerts", undelivered)


def test_profiles_of_a_space_share_a_group_and_those_of_a_webhook_do_not() -> None:
    assert key(uid="u1") == key(uid="u2")
    assert key(channel="webhook", uid="u1") != key(channel="webhook", uid="u2")
    others = {key(space="sales"), key(channel="console"), key(destination='{"a": 1}'), key(is_escalation=True)}
    assert len(others - {key()}) == 4
    apart = replace(DEFAULTS, group_by="profile")
    named: dict[str, Any] = {"space": "credit", "channel": "slack", "destination": "{}"}
    assert group_key(apart, uid="u1", **named) != group_key(apart, uid="u2", **named)


def test_a_group_waits_for_those_that_were_due_at_the_same_instant() -> None:
    opened, instant = at(hours=3), at(hours=3)
    wait = [wait_for_others(at(hours=3, seconds=20), opened, instant, due, DEFAULTS) for due in ([], [at(hours=4)])]
    assert wait == [None, None]
    others = [at(hours=3), at(hours=4)]
    assert wait_for_others(at(hours=3, seconds=20), opened, instant, others, DEFAULTS) == at(hours=3, seconds=25)
    assert wait_for_others(at(hours=3, seconds=298), opened, instant, others, DEFAULTS) == at(hours=3, seconds=300)
    assert wait_for_others(at(hours=3, seconds=300), opened, instant, others, DEFAULTS) is None


def test_a_group_speaks_after_five_seconds_and_then_no_oftener_than_its_interval() -> None:
    assert earliest_moment(NOW, None, DEFAULTS) == NOW + timedelta(seconds=5)
    assert earliest_moment(NOW, NOW - timedelta(minutes=2), DEFAULTS) == NOW + timedelta(minutes=3)
    assert earliest_moment(NOW, NOW - timedelta(hours=2), DEFAULTS) == NOW + timedelta(seconds=5)


@pytest.mark.parametrize(
    ("firing", "having", "shared"), [(3, 3, True), (3, 6, True), (3, 7, False), (2, 2, False), (4, 1, True)]
)
def test_a_cause_is_shared_by_three_profiles_and_half_of_those_that_have_it(
    firing: int, having: int, shared: bool
) -> None:
    found = shared_causes({"age": [f"u{number}" for number in range(firing)]}, {"age": having})
    assert bool(found) == shared
    if shared:
        assert found["age"] == SharedCause("age", firing, max(firing, having))


def test_a_problem_of_a_whole_profile_has_no_shared_cause() -> None:
    assert shared_causes({"": ["a", "b", "c"], "age": ["a", "a", "a"]}, {}) == {}


def test_the_first_line_counts_what_is_new_still_wrong_and_ended() -> None:
    still, ended = replace(AGE, kind=Kind.reminder), replace(AGE, kind=Kind.resolved, resolved_at=at(hours=4))
    assert title_of(news(AGE, AGE, still, replace(AGE, kind=Kind.worse), ended)) == "2 new, 2 still, 1 ended: credit"
    assert title_of(news(ended)) == "1 ended: credit"


@pytest.mark.parametrize(
    ("mention", "line"),
    [
        (AGE, "age of churn 1.2.0: PSI 0.31, since 03:00 UTC, p = 1e-06, 2 bad windows lately"),
        (
            replace(AGE, key=ProblemKey("u", Signal.spc, "age", Side.above), p_value=None, windows_bad=1),
            "age of churn 1.2.0: 0.31 sigma above its center, since 03:00 UTC",
        ),
        (
            replace(AGE, key=ProblemKey("u", Signal.custom, "mae", Side.below), p_value=None, windows_bad=1, late=True),
            "mae of churn 1.2.0: 0.31 below its initial value, since 03:00 UTC, seen in late records",
        ),
        (
            replace(AGE, key=ProblemKey("u", Signal.silent), p_value=None, windows_bad=1, since=at(hours=-1)),
            "churn 1.2.0: no records come any more, since 2026-10-04 23:00 UTC",
        ),
        (
            replace(AGE, kind=Kind.worse, windows_bad=0, acknowledged_by="ada"),
            "age of churn 1.2.0: PSI 0.31, since 03:00 UTC, p = 1e-06, worse than told before, taken by ada",
        ),
        (
            replace(AGE, kind=Kind.resolved, resolved_at=at(hours=6.5), reason=Reason.late_records),
            "age of churn 1.2.0: resolved, after 3 h 30 min, late records",
        ),
        (
            replace(AGE, kind=Kind.ended, resolved_at=at(hours=4), reason=Reason.deactivated),
            "age of churn 1.2.0: ended, after 1 h, deactivated",
        ),
    ],
)
def test_a_line_says_what_is_wrong_where_and_since_when(mention: Mention, line: str) -> None:
    assert line_of(mention, NOW) == line


@pytest.mark.parametrize("signal", Signal)
def test_every_signal_has_words(signal: Signal) -> None:
    assert line_of(replace(AGE, key=ProblemKey("u", signal, "age")), NOW)
    assert line_of(replace(AGE, key=ProblemKey("u", signal, "age"), strength=Strength()), NOW)


def test_problems_are_ordered_by_subject_and_indented_as_each_channel_wants() -> None:
    income = replace(AGE, key=ProblemKey("u", Signal.psi, "income"), problem_id=2)
    ended = replace(AGE, kind=Kind.resolved, resolved_at=at(hours=4))
    said = news(income, AGE, ended)
    assert body_of(said, Wording.console, NOW).splitlines() == [
        "New:",
        "    age of churn 1.2.0: PSI 0.31, since 03:00 UTC, p = 1e-06, 2 bad windows lately",
        "    income of churn 1.2.0: PSI 0.31, since 03:00 UTC, p = 1e-06, 2 bad windows lately",
        "Ended:",
        "    age of churn 1.2.0: resolved, after 1 h",
    ]
    assert body_of(said, Wording.ops_genie, NOW) == body_of(said, Wording.console, NOW)
    assert "\nage of churn" in body_of(said, Wording.slack, NOW)


def test_a_shared_cause_is_told_once() -> None:
    mentions = [replace(AGE, name=f"model {number}", problem_id=number) for number in range(1, 8)]
    other = replace(AGE, key=ProblemKey("u", Signal.psi, "income"), problem_id=9)
    text = body_of(news(*mentions, other, causes={"age": SharedCause("age", 7, 9)}), Wording.slack, NOW)
    assert text.splitlines() == [
        "New:",
        "age: 7 of 9 profiles (model 1 1.2.0, model 2 1.2.0, model 3 1.2.0, model 4 1.2.0, model 5 1.2.0 ...), "
        "first seen 03:00 UTC: probably upstream",
        "income of churn 1.2.0: PSI 0.31, since 03:00 UTC, p = 1e-06, 2 bad windows lately",
    ]


def test_at_most_thirty_subjects_are_named_and_the_rest_counted() -> None:
    many = [replace(AGE, key=ProblemKey("u", Signal.psi, f"f{n:03}"), problem_id=n) for n in range(71)]
    lines = body_of(news(*many), Wording.slack, NOW).splitlines()
    assert len(lines) == 1 + 30 + 1
    assert lines[-1] == "and 41 more: https://here/alerts"


def test_no_message_is_longer_than_it_may_be() -> None:
    long = [
        replace(AGE, key=ProblemKey("u", Signal.psi, f"{n}" * 1000), name="n" * 200, problem_id=n) for n in range(30)
    ]
    text = body_of(news(*long, undelivered=2), Wording.console, NOW)
    assert text.startswith("2 earlier messages could not be delivered\n")
    assert MOST_CHARACTERS - 1000 < len(text) <= MOST_CHARACTERS + 100
    assert " more: https://here/alerts" in text


def test_a_name_stays_on_its_line() -> None:
    hostile = replace(AGE, key=ProblemKey("u", Signal.psi, "a\nNew:\n\x1b[2J"), version="1\r\n2")
    assert len(body_of(news(hostile), Wording.console, NOW).splitlines()) == 2
