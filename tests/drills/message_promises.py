"""Whether problems and messages are what runs make of them. Each promise is a list of what breaks it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from scouter.policy.identity import ProblemKey
from scouter.policy.problem import Problem, State
from tests.drills.problem_replay import Replayed
from tests.drills.stored_messages import Stored

Said: TypeAlias = tuple[str, int]
"""What a message says of a problem, and of which episode."""
Tellings: TypeAlias = Mapping[tuple[int, int], Sequence[Said]]
"""By group and problem, in order, without what nobody got."""

OVER = ("resolved", "ended")
_NOBODY_GOT = ("replaced", "given_up")


def tellings_of(stored: Stored) -> Tellings:
    found: dict[tuple[int, int], list[Said]] = defaultdict(list)
    for message in stored.messages:
        if message.state not in _NOBODY_GOT:
            for news in message.content.problems:
                found[message.group_id, news.problem.id].append((news.state.value, news.problem.episode))
    return found


def wrong_problems(stored: Stored) -> Iterator[str]:
    """Other states, verdicts or histories than the runs make."""
    there = {each.key: each for each in stored.problems.values()}
    for key in sorted(there.keys() | stored.replayed.keys()):
        expected, found = stored.replayed.get(key), there.get(key)
        if expected is None or found is None:
            yield f"{_named(key)} is {'missing' if found is None else 'one that no run makes'}"
        elif (found.problem, found.followed) != (_without_times(expected), expected.followed):
            yield f"{_named(key)} is {found.problem}, and by its runs {_without_times(expected)}"
        elif found.steps != expected.steps:
            yield f"{_named(key)} went through {found.steps}, and by its runs through {expected.steps}"


def wrong_sequences(stored: Stored) -> Iterator[str]:
    sequences: dict[int, list[int]] = defaultdict(list)
    for message in stored.messages:
        sequences[message.group_id].append(message.sequence)
    for group, last in stored.groups.items():
        if sequences[group] != list(range(1, last + 1)):
            yield f"group {group} has come to {last} with the messages {sequences[group]}"


def wrong_tellings(stored: Stored, tellings: Tellings) -> Iterator[str]:
    """Told as new twice, as over though nobody knew, or of an episode in which that did not happen."""
    for (group, problem), said in tellings.items():
        steps = stored.problems[problem].steps
        began = {step.episode for step in steps if step.kind == "firing"}
        ended = {step.episode for step in steps if step.kind in OVER}
        known: int | None = None
        for kind, episode in said:
            # The end of what was told may come to be told when the next episode has begun and does not fire yet.
            happened = bool(ended & set(range(known or 0, episode + 1))) if kind in OVER else episode in began
            if (kind == "firing") is (known is not None) or not happened:
                key = stored.problems[problem].key
                yield f"group {group} told {kind} of episode {episode} of {_named(key)}: {said}"
            known = None if kind in OVER else episode


def unnoted_tellings(stored: Stored) -> Iterator[str]:
    """Each problem of a message has it in its history once, and nothing else is there."""
    told = sorted(
        (message.id, news.problem.id, news.state.value)
        for message in stored.messages
        for news in message.content.problems
    )
    noted = sorted(
        (message_id, problem_id, kind)
        for problem_id, problem in stored.problems.items()
        for message_id, kind, _ in problem.told
    )
    if told != noted:
        yield f"messages told {sorted(set(told) - set(noted))}, histories {sorted(set(noted) - set(told))} beside that"


def wrong_memories(stored: Stored, tellings: Tellings) -> Iterator[str]:
    """A group that remembers something else than it told."""
    for member in stored.members:
        said = tellings.get((member.group_id, member.problem_id), ())
        kind, episode = said[-1] if said else (None, None)
        state = None if kind is None else "ok" if kind in OVER else "firing"
        if (member.told_state, member.told_episode) != (state, episode):
            key = stored.problems[member.problem_id].key
            yield f"group {member.group_id} thinks it told {member.told_state} of {_named(key)}, and told {said}"


def untold(stored: Stored) -> Iterator[str]:
    """Now that nothing holds messages back, people know what fires, and of nothing else that it does."""
    member_of = defaultdict(set)
    for member in stored.members:
        problem = stored.problems[member.problem_id]
        member_of[member.problem_id].add(member.group_id)
        fires = problem.problem.state is State.firing
        if member.is_current and fires != (member.told_state == "firing"):
            known = member.told_state or "nothing"
            yield f"{_named(problem.key)} is {problem.problem.state}, and group {member.group_id} told {known} of it"
    for problem_id, problem in stored.problems.items():
        if problem.problem.state is State.firing and len(member_of[problem_id]) != 2:
            yield f"{_named(problem.key)} fires, and is told in {len(member_of[problem_id])} groups, not in two"


def untold_episodes(stored: Stored, tellings: Tellings) -> int:
    """That fired and were over, or went on as what was told already, before anybody could be told."""
    fired = {
        (problem_id, step.episode)
        for problem_id, problem in stored.problems.items()
        for step in problem.steps
        if step.kind == "firing"
    }
    told = {(problem_id, episode) for (_, problem_id), said in tellings.items() for _, episode in said}
    return len(fired - told)


def _without_times(replayed: Replayed) -> Problem:
    """The times at which something was recorded are known to the database alone."""
    return replace(replayed.problem, fired_at=None, resolved_at=None, bad_at=None)


def _named(key: ProblemKey) -> str:
    return f"{key.signal} {key.subject or 'of all'} {key.direction or 'anywhere'} of {key.uid}"
