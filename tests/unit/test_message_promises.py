"""A judge of messages who could not find anything would prove nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import pytest

from scouter.policy.identity import ProblemKey, Signal
from scouter.policy.problem import Problem, Standing, State, Verdict
from scouter.wire.problem_messages import MessageKind
from tests.drills.message_promises import (
    Said,
    tellings_of,
    unnoted_tellings,
    untold,
    wrong_memories,
    wrong_problems,
    wrong_sequences,
    wrong_tellings,
)
from tests.drills.problem_replay import Replayed, Step
from tests.drills.stored_messages import Stored, StoredMember, StoredMessage, StoredProblem
from tests.notifications import news, problem_message

KEY, PROBLEM, GROUPS = ProblemKey("uid-1", Signal.psi, "age"), 41, (7, 8)
END = datetime(2026, 1, 2, tzinfo=UTC)
FIRING = Problem(Standing(State.firing, END), episode=2, verdicts=(Verdict(END, bad=True),))
OK = Problem(Standing(), episode=1)
FIRED, RESOLVED, FIRED_AGAIN = Step("firing", 1, 10), Step("resolved", 1, 11), Step("firing", 2, 12)
TOLD_ALL: tuple[Said, ...] = (("firing", 1), ("resolved", 1), ("firing", 2))


def message(group: int, sequence: int, said: Said, state: str = "delivered") -> StoredMessage:
    kind, episode = said
    content = problem_message(MessageKind(kind), sequence, problems=(news(MessageKind(kind), episode=episode),))
    return StoredMessage(100 * group + sequence, group, sequence, "webhook", state, 1, None, None, content)


def left(
    said: Sequence[Said] = TOLD_ALL,
    problem: Problem = FIRING,
    steps: Sequence[Step] = (FIRED, RESOLVED, FIRED_AGAIN),
    told_state: str = "firing",
    state: str = "delivered",
) -> Stored:
    """Two groups, one of each channel, that told the same."""
    messages = [message(group, at, each, state) for group in GROUPS for at, each in enumerate(said, start=1)]
    told = [(each.id, each.content.kind.value, each.content.problems[0].problem.episode) for each in messages]
    return Stored(
        problems={PROBLEM: StoredProblem(KEY, problem, True, list(steps), told)},
        groups=dict.fromkeys(GROUPS, len(said)),
        members=[StoredMember(group, PROBLEM, True, told_state, 2) for group in GROUPS],
        messages=messages,
        replayed={KEY: Replayed(FIRING, True, [FIRED, RESOLVED, FIRED_AGAIN])},
    )


def test_nothing_is_wrong_where_everything_was_told() -> None:
    stored = left()
    tellings = tellings_of(stored)
    assert [*wrong_problems(stored), *wrong_sequences(stored), *unnoted_tellings(stored), *untold(stored)] == []
    assert [*wrong_tellings(stored, tellings), *wrong_memories(stored, tellings)] == []


@pytest.mark.parametrize("changes", [{"problem": OK}, {"steps": (FIRED,)}, {"steps": (FIRED, FIRED, RESOLVED)}])
def test_a_problem_that_is_not_what_its_runs_make_is_found(changes: dict[str, object]) -> None:
    assert len(list(wrong_problems(left(**changes)))) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize("sequences", [(1, 3), (1, 1, 2), (2, 3), (1, 2)])
def test_a_gap_a_double_and_a_missing_message_are_found(sequences: Sequence[int]) -> None:
    stored = left()
    messages = [message(7, each, ("firing", 1)) for each in sequences]
    changed = Stored(stored.problems, {7: 3}, stored.members, messages, stored.replayed)
    assert len(list(wrong_sequences(changed))) == 1


@pytest.mark.parametrize(
    "said",
    [
        (("firing", 1), ("firing", 2)),
        (("resolved", 1), ("firing", 2)),
        (("firing", 1), ("resolved", 1), ("reminder", 2)),
        (("firing", 1), ("resolved", 1), ("firing", 3)),
    ],
)
def test_what_could_not_have_been_told_is_found(said: Sequence[Said]) -> None:
    stored = left(said)
    assert len(list(wrong_tellings(stored, tellings_of(stored)))) == len(GROUPS)


def test_what_nobody_got_was_not_told() -> None:
    stored = left(state="replaced")
    assert tellings_of(stored) == {}
    assert len(list(wrong_memories(stored, tellings_of(stored)))) == len(GROUPS)


def test_what_is_untold_is_found() -> None:
    assert len(list(untold(left(told_state="ok")))) == len(GROUPS)
    assert len(list(untold(left(problem=OK)))) == len(GROUPS)
    stored = left()
    one_group = Stored(stored.problems, stored.groups, stored.members[:1], stored.messages, stored.replayed)
    assert len(list(untold(one_group))) == 1


def test_a_telling_that_is_in_no_history_is_found() -> None:
    stored = left()
    other = msgspec.structs.replace(stored.messages[0].content, problems=(news(), news(id=42)))
    messages = [StoredMessage(701, 7, 1, "webhook", "delivered", 1, None, None, other), *stored.messages[1:]]
    changed = Stored(stored.problems, stored.groups, stored.members, messages, stored.replayed)
    assert len(list(unnoted_tellings(changed))) == 1
