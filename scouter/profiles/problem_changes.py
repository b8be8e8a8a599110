"""What becomes of the problems of a profile that is switched off or on, or whose rules are others by now.

In the transaction of whoever changes the profile, which holds it: no check is recorded meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

import msgspec

from scouter.policy.changes import activated_again, deactivated, rules_changed
from scouter.policy.groups import PAUSE
from scouter.policy.policy import DEFAULTS
from scouter.policy.problem import Change, Problem, Reason, State
from scouter.postgres.connections.backend_sessions import database_time
from scouter.postgres.statements import Connection
from scouter.postgres.tables.message_groups import memberships_of_problems, wake_group
from scouter.postgres.tables.problems import (
    add_problem_event,
    entities_with_problems,
    problems_of_profile,
    put_problem,
)


def end_problems(connection: Connection, entity_id: int) -> list[int]:
    """Nobody looks at it any more. The groups in which one of its problems was told to fire."""
    now = database_time(connection)
    return _change(connection, entity_id, lambda problem: deactivated(problem, now), now)


def restart_problems(connection: Connection, entity_id: int) -> None:
    """It is switched on again: what was before says nothing about what comes."""
    _change(connection, entity_id, activated_again, database_time(connection))


def rejudge_problems(connection: Connection, entity_id: int, reason: Reason) -> None:
    """Its document, its schedule or its policy is another."""
    _change(connection, entity_id, lambda problem: rules_changed(problem, reason), database_time(connection))


def rejudge_space(connection: Connection, space: str) -> None:
    """The policy of a whole space is another."""
    for entity_id in entities_with_problems(connection, space):
        rejudge_problems(connection, entity_id, Reason.policy_changed)


def _change(connection: Connection, entity_id: int, change_of: Callable[[Problem], Change], now: datetime) -> list[int]:
    told: set[int] = set()
    for stored in problems_of_profile(connection, entity_id, ""):
        change = change_of(stored.problem)
        if change.problem == stored.problem or stored.id is None:
            continue
        after = replace(stored, problem=change.problem)
        put_problem(connection, entity_id, after, followed=change.problem.state is not State.ok, run_id=None)
        if change.step is not None:
            detail = msgspec.json.encode({"reason": change.problem.reason}).decode()
            episode = change.problem.episode
            add_problem_event(connection, stored.id, change.step.value, at=now, episode=episode, detail=detail)
        if stored.problem.state is State.firing and change.problem.state is State.ok:
            told |= set(_groups_that_told(connection, stored.id))
    for group_id in sorted(told):
        wake_group(connection, group_id, now + PAUSE, DEFAULTS.group_interval)
    return sorted(told)


def _groups_that_told(connection: Connection, problem_id: int) -> Iterable[int]:
    for member in memberships_of_problems(connection, [problem_id]).get(problem_id, []):
        if member.told is not None and member.told.state is State.firing:
            yield member.group_id
