"""Profiles by how they are, as lists show them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, TypeAlias, get_args

from msgspec import Meta, Struct

from scouter.wire.cursors import Cursor
from scouter.wire.names import WITHOUT_CONTROL, Name
from scouter.wire.profiles import DriftType

ProfileState: TypeAlias = Literal["alert", "failed", "silent", "no_data", "new", "ok", "off"]
StateOrder: TypeAlias = Literal["worst", "name"]
SearchText: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200, pattern=WITHOUT_CONTROL)]

STATES: tuple[ProfileState, ...] = get_args(ProfileState)  # the worst first


class StatesQuery(Struct, frozen=True):
    """Which profiles; `q` is a part of space, name or version. `cursor` is the `next_cursor` of the page before."""

    space: Name | None = None
    name: Name | None = None
    drift_type: DriftType | None = None
    state: ProfileState | None = None
    q: SearchText | None = None
    order: StateOrder = "worst"
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Cursor | None = None


class LastRun(Struct, frozen=True):
    """The check of the newest window: of `checked` features or metrics `outside` alerted."""

    id: int
    window_start: datetime
    window_end: datetime
    outcome: str
    row_count: int
    checked: int
    outside: int


class Furthest(Struct, frozen=True):
    """What is furthest from its training: what alerted before what did not, then by distance.

    `distance` is in times the limit: 1 is three sigma, the threshold of a PSI, the end of a metric's range. Null: there
    is no unit (a PSI without a threshold) or, with `beyond`, it is further than any number says.
    """

    name: str
    distance: float | None
    beyond: bool


class ProfileStateItem(Struct, frozen=True):
    """One profile and how it is.

    `state`, the first that fits: `off`, switched off; `failed`, its last check failed; `alert`, its last check alerted;
    `silent`, its records have stopped, or never came (a problem of that signal fires); `no_data`, its last three
    windows were empty, or all since its registration; `new`, not checked yet; else `ok`.
    `open_alerts` counts features or metrics with alerts that nobody has acknowledged. `last_record_at` is exact within
    two days, before that the end of the last window with records. `recent_outcomes`: of the last 24 windows, the oldest
    first.
    """

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
    state: ProfileState
    state_since: datetime
    last_run: LastRun | None
    furthest: Furthest | None
    open_alerts: int
    last_record_at: datetime | None
    recent_outcomes: list[str]


class StatesPage(Struct, frozen=True):
    """The worst first, or by name."""

    items: list[ProfileStateItem]
    has_next: bool
    next_cursor: str | None


class StatesReply(Struct, frozen=True):
    """`counts`: all profiles that fit, by state, whichever state is asked for."""

    items: list[ProfileStateItem]
    counts: dict[str, int]
    has_next: bool
    next_cursor: str | None


class StatePosition(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where a page ended. `nearness` may be infinite, which JSON has no number for."""

    place: int
    nearness: Annotated[str, Meta(pattern=r"^-?(inf|[0-9][0-9.e+-]*)$", max_length=40)]
    space: Name
    name: Name
    version: Annotated[str, Meta(max_length=256)]
    drift_type: DriftType
