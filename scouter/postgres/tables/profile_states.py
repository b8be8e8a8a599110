"""Profiles by how they are: sorted and cut by the database, then each row with what a list shows of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("profile_states")

RECENT_OUTCOMES = 24


@dataclass(frozen=True, slots=True)
class StateFilter:
    """Which profiles; None: any. `q`: a part of "space/name version", in upper or lower case."""

    space: str | None = None
    name: str | None = None
    drift_type: str | None = None
    state: str | None = None
    q: str | None = None


@dataclass(frozen=True, slots=True)
class StatePlace:
    """Where a profile stands in the order of a list: `place` by its state, `nearness` by its distance."""

    place: int
    nearness: float
    space: str
    name: str
    version: str
    drift_type: str


@dataclass(frozen=True, slots=True)
class ListedState:
    """A row of the list. What `run_` says is of the last run; null when there is none, or it has expired."""

    entity_id: int
    uid: str
    space: str
    name: str
    version: str
    drift_type: str
    active: bool
    schedule: str
    created_at: datetime
    updated_at: datetime
    previous_run: datetime
    next_run: datetime
    state: str
    state_since: datetime
    last_run_id: int | None
    checked: int
    outside: int
    data_until: datetime | None
    furthest_name: str | None
    furthest_distance: float | None
    furthest_beyond: bool
    place: int
    nearness: float
    run_window_start: datetime | None
    run_window_end: datetime | None
    run_outcome: str | None
    run_row_count: int | None
    open_alerts: int
    last_record_at: datetime | None
    recent_outcomes: list[str]


@dataclass(frozen=True, slots=True)
class _StateCount:
    state: str
    profiles: int


_FIRST = dict.fromkeys(f"after_{part}" for part in ("place", "nearness", "space", "name", "version", "drift_type"))


def state_page(
    connection: Connection,
    spaces: Collection[str] | None,
    wanted: StateFilter,
    states: Sequence[str],
    *,
    worst_first: bool,
    after: StatePlace | None,
    maximum: int,
    entity_id: int | None = None,
) -> list[ListedState]:
    """By the order of `states`, then furthest first, then by name; or by name alone. `spaces` None: of every space."""
    begins = _FIRST if after is None else {f"after_{part}": value for part, value in asdict(after).items()}
    return _sql["state_page"].all(
        connection,
        ListedState,
        **_parameters(spaces, wanted),
        **begins,
        entity_id=entity_id,
        state=wanted.state,
        states=list(states),
        worst_first=worst_first,
        outcomes=RECENT_OUTCOMES,
        maximum=maximum,
    )


def count_states(connection: Connection, spaces: Collection[str] | None, wanted: StateFilter) -> dict[str, int]:
    """Profiles by state, whatever state is wanted; those without profiles are left out."""
    counts = _sql["count_states"].all(connection, _StateCount, **_parameters(spaces, wanted))
    return {count.state: count.profiles for count in counts}


def _parameters(spaces: Collection[str] | None, wanted: StateFilter) -> dict[str, object]:
    return {
        "spaces": None if spaces is None else list(spaces),
        "space": wanted.space,
        "name": wanted.name,
        "drift_type": wanted.drift_type,
        "q": wanted.q,
    }
