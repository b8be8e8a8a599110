"""Problems, groups and messages as a drill left them in the database."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import psycopg

from scouter.policy.identity import ProblemKey, Side, Signal
from scouter.policy.policy import Policy
from scouter.policy.problem import Problem, Reason, Standing, State, Verdict
from scouter.postgres.tables.alert_policies import policies_of_space
from scouter.wire.problem_messages import ProblemMessage, decode_message
from tests.drills.problem_replay import ProfileReplay, Replayed, ReplayedRun, Step

_PROFILES = """
    SELECT entity.id, entity.uid, entity.space, entity.drift_type, profile.schedule
    FROM profile JOIN entity ON entity.id = profile.entity_id"""
_RUNS = """
    SELECT entity_id, id, window_end, outcome, late, result::text, finished_at FROM check_run ORDER BY entity_id, id"""
_PROBLEMS = """
    SELECT problem.id, entity.uid, signal, subject, direction, followed, state, since, episode, windows, verdicts,
           settled_state, settled_since, settled_until, reason
    FROM problem JOIN entity ON entity.id = problem.entity_id"""
_EVENTS = "SELECT problem_id, kind, episode, run_id, message_id FROM problem_event ORDER BY id"
_HELD = "held"
_GROUPS = "SELECT id, sequence FROM message_group"
_MEMBERS = "SELECT group_id, problem_id, is_current, told_state, told_episode FROM message_group_problem"
_MESSAGES = """
    SELECT id, group_id, sequence, channel, state, attempts, last_error, receipt, payload::text
    FROM alert_delivery WHERE group_id IS NOT NULL ORDER BY group_id, sequence"""


@dataclass(frozen=True)
class StoredMessage:
    id: int
    group_id: int
    sequence: int
    channel: str
    state: str
    attempts: int
    last_error: str | None
    receipt: str | None
    content: ProblemMessage

    @property
    def was_cut_off(self) -> bool:
        """A try of it came to nothing that anybody wrote down: whoever made it was killed."""
        return self.attempts > 1 and self.last_error is None

    @property
    def name(self) -> str:
        """Its key, and how it went."""
        return f"{self.content.key} by {self.channel} ({self.state}, {self.attempts} tries, {self.last_error})"

    @property
    def hook_keys(self) -> list[str]:
        """Of its requests to a webhook, one for each problem."""
        return [f"{each.problem.id}:{each.problem.episode}:{self.sequence}" for each in self.content.problems]


@dataclass(frozen=True)
class StoredProblem:
    key: ProblemKey
    problem: Problem  # without times by the clock
    followed: bool
    steps: list[Step]
    told: list[tuple[int, str, int]]  # message id, kind, episode
    held: int = 0  # times that it is written down that something kept it from being told


@dataclass(frozen=True)
class StoredMember:
    group_id: int
    problem_id: int
    is_current: bool
    told_state: str | None
    told_episode: int | None


@dataclass(frozen=True)
class Stored:
    problems: Mapping[int, StoredProblem]
    groups: Mapping[int, int]  # the sequence that each has come to
    members: Sequence[StoredMember]
    messages: Sequence[StoredMessage]
    replayed: Mapping[ProblemKey, Replayed]

    @classmethod
    def read(cls, connection: psycopg.Connection) -> Stored:
        return cls(
            problems=_problems(connection),
            groups=dict(connection.execute(_GROUPS).fetchall()),
            members=[StoredMember(*row) for row in connection.execute(_MEMBERS)],
            messages=[_message(row) for row in connection.execute(_MESSAGES)],
            replayed=_replayed(connection),
        )


def _problems(connection: psycopg.Connection) -> dict[int, StoredProblem]:
    steps: dict[int, list[Step]] = defaultdict(list)
    told: dict[int, list[tuple[int, str, int]]] = defaultdict(list)
    held: Counter[int] = Counter()
    for problem_id, kind, episode, run_id, message_id in connection.execute(_EVENTS):
        if kind.startswith("told "):
            told[problem_id].append((message_id, kind.removeprefix("told "), episode))
        elif kind == _HELD:
            held[problem_id] += 1
        else:
            steps[problem_id].append(Step(kind, episode, run_id))
    found = {}
    for problem_id, uid, signal, subject, direction, followed, *columns in connection.execute(_PROBLEMS):
        key = ProblemKey(uid, Signal(signal), subject, Side(direction))
        history = (steps[problem_id], told[problem_id], held[problem_id])
        found[problem_id] = StoredProblem(key, _problem(*columns), followed, *history)
    return found


def _problem(
    state: str,
    since: datetime | None,
    episode: int,
    windows: list[datetime],
    verdicts: list[bool],
    settled_state: str,
    settled_since: datetime | None,
    settled_until: datetime | None,
    reason: str | None,
) -> Problem:
    return Problem(
        standing=Standing(State(state), since),
        episode=episode,
        verdicts=tuple(Verdict(*each) for each in zip(windows, verdicts, strict=True)),
        settled=Standing(State(settled_state), settled_since),
        settled_until=settled_until,
        reason=None if reason is None else Reason(reason),
    )


def _message(row: tuple[Any, ...]) -> StoredMessage:
    content = decode_message(row[-1])
    assert isinstance(content, ProblemMessage)
    names = [each.name for each in fields(StoredMessage)]
    return StoredMessage(**dict(zip(names, (*row[:-1], content), strict=True)))


def _replayed(connection: psycopg.Connection) -> dict[ProblemKey, Replayed]:
    runs: dict[int, list[ReplayedRun]] = defaultdict(list)
    for entity_id, *columns in connection.execute(_RUNS):
        runs[entity_id].append(ReplayedRun(*columns))
    policies: dict[str, Policy] = {}
    found: dict[ProblemKey, Replayed] = {}
    for entity_id, uid, space, drift_type, schedule in connection.execute(_PROFILES).fetchall():
        if space not in policies:
            policies[space] = policies_of_space(connection, space).policy()
        found |= ProfileReplay(uid, drift_type, schedule, policies[space]).play(runs[entity_id])
    return found
