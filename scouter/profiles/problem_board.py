"""Problems as one looks over them: what is going on, what somebody has taken or silenced, what ended lately."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from scouter.policy.silences import Silence, SilenceSubject, silenced_by
from scouter.postgres.statements import Connection
from scouter.postgres.tables.problems import BoardProblem, problem_board
from scouter.postgres.tables.silences import active_silences
from scouter.profiles.problems import problem_item
from scouter.wire.problems import ProblemItem, ProblemState


class Place(StrEnum):
    """Where it stands, in the order in which people look. What somebody has taken and silenced is taken."""

    firing = "firing"
    pending = "pending"
    acknowledged = "acknowledged"
    silenced = "silenced"
    resolved = "resolved"


@dataclass(frozen=True, slots=True)
class ShownProblem:
    """`windows`: of the last ones, the oldest first, whether each was bad. `silence`: what holds its messages back."""

    item: ProblemItem
    place: Place
    windows: Sequence[bool]
    silence: Silence | None


@dataclass(frozen=True, slots=True)
class ProblemBoard:
    """`left_out`: how many more there are of each state."""

    problems: Sequence[ShownProblem]
    left_out: Mapping[ProblemState, int]


def read_board(
    connection: Connection,
    *,
    spaces: Collection[str] | None,
    entity_id: int | None = None,
    begun_since: datetime | None = None,
    ended_since: datetime,
    maximum: int,
) -> ProblemBoard:
    """Of each state at most so many. `spaces` None: of every one; `ended_since`: what was over before is left out."""
    found = problem_board(
        connection,
        spaces=spaces,
        entity_id=entity_id,
        begun_since=begun_since,
        ended_since=ended_since,
        maximum=maximum,
    )
    silences = active_silences(connection, found[0].now) if found else []
    return ProblemBoard([_shown(each, silences) for each in found], _left_out(found))


def silence_subject(item: ProblemItem) -> SilenceSubject:
    return SilenceSubject(
        item.space, item.name, item.version, item.drift_type, item.signal, item.subject, item.direction or ""
    )


def _shown(problem: BoardProblem, silences: Collection[Silence]) -> ShownProblem:
    item = problem_item(problem)
    silence = silenced_by(silences, silence_subject(item), problem.now)
    return ShownProblem(item, _place(item, silence), problem.verdicts, silence)


def _place(item: ProblemItem, silence: Silence | None) -> Place:
    if item.state is ProblemState.ok:
        return Place.resolved
    if item.acknowledged_by is not None:
        return Place.acknowledged
    if silence is not None:
        return Place.silenced
    return Place.firing if item.state is ProblemState.firing else Place.pending


def _left_out(found: Sequence[BoardProblem]) -> dict[ProblemState, int]:
    shown: dict[ProblemState, int] = {}
    totals: dict[ProblemState, int] = {}
    for each in found:
        state = ProblemState(each.state)
        shown[state] = shown.get(state, 0) + 1
        totals[state] = each.of_its_state
    return {state: total - shown[state] for state, total in totals.items() if total > shown[state]}
