"""Problems, their history, and who has taken them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from scouter.policy.acknowledgement import Acknowledgement
from scouter.policy.identity import ProblemKey, Side, Signal
from scouter.policy.inhibition import HELD_BACK_BY
from scouter.policy.problem import Problem, Reason, Standing, State, Verdict
from scouter.policy.telling import Strength
from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("problems")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of the newest bad window of a problem. `alert_ids`: the alerts that it raised."""

    strength: Strength = Strength()
    p_value: float | None = None
    late: bool = False
    alert_ids: tuple[int, ...] = ()


NO_EVIDENCE = Evidence()


@dataclass(frozen=True, slots=True)
class StoredProblem:
    """A problem of one profile. `id` None: it is not stored yet."""

    id: int | None
    key: ProblemKey
    problem: Problem
    evidence: Evidence = NO_EVIDENCE


@dataclass(frozen=True, slots=True)
class _ProblemRow:
    id: int
    signal: str
    subject: str
    direction: str
    state: str
    episode: int
    since: datetime | None
    fired_at: datetime | None
    resolved_at: datetime | None
    bad_at: datetime | None
    reason: str | None
    windows: list[datetime]
    verdicts: list[bool]
    settled_state: str
    settled_since: datetime | None
    settled_until: datetime | None
    effect: float | None
    p_value: float | None
    zone_4: bool
    late: bool
    alert_ids: list[int]

    def stored(self, uid: str) -> StoredProblem:
        key = ProblemKey(uid, Signal(self.signal), self.subject, Side(self.direction))
        problem = Problem(
            standing=Standing(State(self.state), self.since),
            episode=self.episode,
            verdicts=tuple(Verdict(*each) for each in zip(self.windows, self.verdicts, strict=True)),
            settled=Standing(State(self.settled_state), self.settled_since),
            settled_until=self.settled_until,
            fired_at=self.fired_at,
            resolved_at=self.resolved_at,
            bad_at=self.bad_at,
            reason=None if self.reason is None else Reason(self.reason),
        )
        evidence = Evidence(Strength(self.effect, self.zone_4), self.p_value, self.late, tuple(self.alert_ids))
        return StoredProblem(self.id, key, problem, evidence)


@dataclass(frozen=True, slots=True)
class ListedProblem:
    """A problem as people see it. `now` is the database's time at which it was read."""

    id: int
    uid: str
    space: str
    name: str
    version: str
    drift_type: str
    signal: str
    subject: str
    direction: str
    state: str
    episode: int
    since: datetime | None
    fired_at: datetime | None
    resolved_at: datetime | None
    reason: str | None
    windows: list[datetime]
    verdicts: list[bool]
    effect: float | None
    p_value: float | None
    zone_4: bool
    late: bool
    last_run_id: int | None
    alert_ids: list[int]
    acknowledged_episode: int | None
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    acknowledged_until: datetime | None
    comment: str | None
    now: datetime


@dataclass(frozen=True, slots=True)
class BoardProblem(ListedProblem):
    """`of_its_state`: how many there are of its state, of which it is the one at `place`."""

    of_its_state: int
    place: int


@dataclass(frozen=True, slots=True)
class ProblemEvent:
    at: datetime
    episode: int
    kind: str
    run_id: int | None
    message_id: int | None
    by: str | None
    detail: str | None


@dataclass(frozen=True, slots=True, order=True)
class HeldBack:
    """Something would be told of a problem, and `why` it is not."""

    problem_id: int
    episode: int
    why: str


@dataclass(frozen=True, slots=True)
class ProblemFilter:
    """Which problems; None: any."""

    spaces: Collection[str] | None = None
    entity_id: int | None = None
    state: str | None = None
    signal: str | None = None
    id: int | None = None


@dataclass(frozen=True, slots=True)
class _SignalRow:
    entity_id: int
    signal: str


@dataclass(frozen=True, slots=True)
class EpisodeMoment:
    episode: int
    at: datetime


def acknowledgement_of(
    episode: int | None, by: str | None, at: datetime | None, until: datetime | None
) -> Acknowledgement | None:
    """From the columns of a problem."""
    return None if episode is None or by is None or at is None else Acknowledgement(by, at, episode, until)


def has_followed_problems(connection: Connection, entity_id: int) -> bool:
    """Whether a window without any finding still says something."""
    followed: bool = _sql["is_followed"].values(connection, entity_id=entity_id)[0]
    return followed


def entities_with_problems(connection: Connection, space: str) -> list[int]:
    """Profiles of a space with problems that are not over."""
    return _sql["entities_with_problems"].values(connection, space=space)


def signals_firing(connection: Connection, entity_ids: Collection[int]) -> dict[int, set[Signal]]:
    """Of those signals that may hold others back; by entity."""
    found: dict[int, set[Signal]] = {}
    signals = [signal.value for signal in HELD_BACK_BY.values()]
    for row in _sql["signals_firing"].all(connection, _SignalRow, entity_ids=list(entity_ids), signals=signals):
        found.setdefault(row.entity_id, set()).add(Signal(row.signal))
    return found


def problems_of_check(
    connection: Connection, entity_id: int, uid: str, bad: Sequence[ProblemKey]
) -> dict[ProblemKey, StoredProblem]:
    """Those that are followed, and those of these keys that are there; locked."""
    rows = _sql["problems_of_check"].all(
        connection,
        _ProblemRow,
        entity_id=entity_id,
        signals=[key.signal.value for key in bad],
        subjects=[key.subject for key in bad],
        directions=[key.direction.value for key in bad],
    )
    return {stored.key: stored for stored in (row.stored(uid) for row in rows)}


def problems_of_profile(connection: Connection, entity_id: int, uid: str) -> list[StoredProblem]:
    """All of them; locked."""
    return [row.stored(uid) for row in _sql["problems_of_profile"].all(connection, _ProblemRow, entity_id=entity_id)]


def put_problem(
    connection: Connection, entity_id: int, stored: StoredProblem, *, followed: bool, run_id: int | None
) -> int:
    """`followed`: good windows still say something about it. Its id."""
    key, problem, evidence = stored.key, stored.problem, stored.evidence
    put: int = _sql["put_problem"].values(
        connection,
        entity_id=entity_id,
        signal=key.signal.value,
        subject=key.subject,
        direction=key.direction.value,
        state=problem.state.value,
        episode=problem.episode,
        since=problem.since,
        fired_at=problem.fired_at,
        resolved_at=problem.resolved_at,
        bad_at=problem.bad_at,
        reason=None if problem.reason is None else problem.reason.value,
        windows=[verdict.window_end for verdict in problem.verdicts],
        verdicts=[verdict.bad for verdict in problem.verdicts],
        settled_state=problem.settled.state.value,
        settled_since=problem.settled.since,
        settled_until=problem.settled_until,
        followed=followed,
        effect=evidence.strength.effect,
        zone_4=evidence.strength.zone_4,
        p_value=evidence.p_value,
        late=evidence.late,
        run_id=run_id,
        alert_ids=list(evidence.alert_ids),
    )[0]
    return put


def add_problem_event(
    connection: Connection,
    problem_id: int,
    kind: str,
    *,
    at: datetime,
    episode: int,
    run_id: int | None = None,
    message_id: int | None = None,
    by: str | None = None,
    detail: str | None = None,
) -> None:
    """`detail`: JSON text."""
    _sql["add_problem_event"].run(
        connection,
        problem_id=problem_id,
        at=at,
        episode=episode,
        kind=kind,
        run_id=run_id,
        message_id=message_id,
        by=by,
        detail=detail,
    )


def add_check_events(
    connection: Connection, steps: Sequence[tuple[StoredProblem, str, str]], *, at: datetime, run_id: int
) -> None:
    """What one check did to problems: each stored, with the kind of event and its detail, JSON text."""
    _sql["add_check_events"].run(
        connection,
        problem_ids=[stored.id for stored, _, _ in steps],
        episodes=[stored.problem.episode for stored, _, _ in steps],
        kinds=[kind for _, kind, _ in steps],
        details=[detail for _, _, detail in steps],
        at=at,
        run_id=run_id,
    )


def windows_evaluated_after(
    connection: Connection, entity_id: int, window_end: datetime, maximum: int
) -> list[datetime]:
    """The ends of the windows that were evaluated after that one, the oldest first."""
    return _sql["windows_evaluated_after"].values(
        connection, entity_id=entity_id, window_end=window_end, maximum=maximum
    )


def problem_page(
    connection: Connection, wanted: ProblemFilter, *, below_id: int | None, maximum: int
) -> list[ListedProblem]:
    """Newest first."""
    return _sql["problem_page"].all(
        connection,
        ListedProblem,
        spaces=None if wanted.spaces is None else list(wanted.spaces),
        entity_id=wanted.entity_id,
        state=wanted.state,
        signal=wanted.signal,
        id=wanted.id,
        below_id=below_id,
        maximum=maximum,
    )


def problem_board(
    connection: Connection,
    *,
    spaces: Collection[str] | None,
    entity_id: int | None,
    begun_since: datetime | None,
    ended_since: datetime,
    maximum: int,
) -> list[BoardProblem]:
    """What is going on and what ended since then, by state, at most so many of each; the latest first."""
    return _sql["problem_board"].all(
        connection,
        BoardProblem,
        spaces=None if spaces is None else list(spaces),
        entity_id=entity_id,
        begun_since=begun_since,
        ended_since=ended_since,
        maximum=maximum,
    )


def add_held_events(connection: Connection, held: Collection[HeldBack], at: datetime) -> None:
    """Something is not told of them; nothing is written where that was known."""
    ordered = sorted(set(held))
    _sql["add_held_events"].run(
        connection,
        at=at,
        problem_ids=[each.problem_id for each in ordered],
        episodes=[each.episode for each in ordered],
        whys=[each.why for each in ordered],
    )


def events_of_problem(connection: Connection, problem_id: int, maximum: int) -> list[ProblemEvent]:
    """The newest first."""
    return _sql["events_of_problem"].all(connection, ProblemEvent, problem_id=problem_id, maximum=maximum)


def acknowledge_problem(
    connection: Connection, problem_id: int, *, by: str, until: datetime | None, comment: str
) -> EpisodeMoment | None:
    """None: it does not fire."""
    return _sql["acknowledge_problem"].one(
        connection, EpisodeMoment, id=problem_id, by=by, until=until, comment=comment
    )


def take_acknowledgement_back(connection: Connection, problem_id: int) -> EpisodeMoment | None:
    """None: nobody has taken it."""
    return _sql["take_acknowledgement_back"].one(connection, EpisodeMoment, id=problem_id)
