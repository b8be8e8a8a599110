"""How profiles are: the list that says whether anything is wrong, the worst first."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import cast

from scouter.errors import InvalidInput
from scouter.postgres.paging import Page, rows_to_fetch
from scouter.postgres.statements import Connection
from scouter.postgres.tables.profile_states import ListedState, StateFilter, StatePlace, count_states, state_page
from scouter.wire.cursors import cursor_at, position_at
from scouter.wire.profile_states import (
    STATES,
    Furthest,
    LastRun,
    ProfileState,
    ProfileStateItem,
    StateOrder,
    StatePosition,
    StatesPage,
)
from scouter.wire.profiles import DriftType

ANY = StateFilter()


def profile_states(
    connection: Connection,
    spaces: Collection[str] | None,
    wanted: StateFilter = ANY,
    *,
    order: StateOrder = "worst",
    cursor: str | None = None,
    limit: int = 100,
) -> StatesPage:
    """A page of the profiles in these spaces (None: in every one). Raises `InvalidInput` for a cursor of no page."""
    after = None if cursor is None else _place_at(cursor)
    found = state_page(
        connection,
        spaces,
        wanted,
        STATES,
        worst_first=order == "worst",
        after=after,
        maximum=rows_to_fetch(limit),
    )
    page = Page.of(found, limit)
    return StatesPage([_item(row) for row in page.rows], page.has_next, page.next_cursor(_cursor))


def profile_state(connection: Connection, entity_id: int) -> ProfileStateItem | None:
    """The same of one profile. None: there is none."""
    found = state_page(connection, None, ANY, STATES, worst_first=False, after=None, maximum=1, entity_id=entity_id)
    return _item(found[0]) if found else None


def counts_by_state(
    connection: Connection, spaces: Collection[str] | None, wanted: StateFilter = ANY
) -> Mapping[ProfileState, int]:
    """How many profiles are in each state, 0 included, whichever state is wanted."""
    counts = count_states(connection, spaces, wanted)
    return {state: counts.get(state, 0) for state in STATES}


def _item(row: ListedState) -> ProfileStateItem:
    return ProfileStateItem(
        uid=row.uid,
        space=row.space,
        name=row.name,
        version=row.version,
        drift_type=row.drift_type,
        active=row.active,
        schedule=row.schedule,
        created_at=row.created_at,
        updated_at=row.updated_at,
        previous_run=row.previous_run,
        next_run=row.next_run,
        state=cast("ProfileState", row.state),
        state_since=row.state_since,
        last_run=_last_run(row),
        furthest=_furthest(row),
        open_alerts=row.open_alerts,
        last_record_at=row.last_record_at,
        recent_outcomes=row.recent_outcomes,
    )


def _last_run(row: ListedState) -> LastRun | None:
    if row.last_run_id is None or row.run_window_start is None or row.run_window_end is None:
        return None
    outcome, row_count = row.run_outcome or "", row.run_row_count or 0
    return LastRun(
        row.last_run_id, row.run_window_start, row.run_window_end, outcome, row_count, row.checked, row.outside
    )


def _furthest(row: ListedState) -> Furthest | None:
    if row.furthest_name is None:
        return None
    return Furthest(row.furthest_name, row.furthest_distance, row.furthest_beyond)


def _cursor(last: ListedState) -> str:
    position = StatePosition(
        last.place, repr(last.nearness), last.space, last.name, last.version, DriftType(last.drift_type)
    )
    return cursor_at(position)


def _place_at(cursor: str) -> StatePlace:
    at = position_at(cursor, StatePosition)
    try:
        nearness = float(at.nearness)
    except ValueError:
        raise InvalidInput("cursor", cursor, "the next_cursor of an earlier page") from None
    return StatePlace(at.place, nearness, at.space, at.name, at.version, at.drift_type.value)
