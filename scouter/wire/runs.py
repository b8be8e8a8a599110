"""The history of checks, as it is read."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Raw, Struct

from scouter.wire.names import Name, Uid, Version
from scouter.wire.profiles import DriftType

WaitingState: TypeAlias = Literal["inactive", "window", "grace", "due", "retry", "under_way"]


class RunsQuery(Struct, frozen=True):
    """One profile's runs, by uid or by names, or those of all profiles that the caller may read."""

    uid: Uid | None = None
    space: Name | None = None
    name: Name | None = None
    version: Version | None = None
    drift_type: DriftType | None = None
    outcome: Literal["no_data", "ok", "alert", "failed"] | None = None
    limit: Annotated[int, Meta(ge=1, le=500)] = 50
    cursor: Annotated[int, Meta(ge=1, le=2**63 - 1)] | None = None


class AskRunRequest(Struct, frozen=True):
    """Names one profile: by uid, or by the other four together."""

    uid: Uid | None = None
    space: Name | None = None
    name: Name | None = None
    version: Version | None = None
    drift_type: DriftType | None = None


class RunItem(Struct, frozen=True):
    """One check: its window (window_start, window_end], how it ended, and what it saw.

    `result` holds the alerts, the observations of every feature or metric, what could not be checked and why, and
    beside alerts the judgements: whether they are more than chance, and large enough to matter.
    `note` says what to know beside it, such as a channel that lacks its settings. `attempt` above 1 means that earlier
    tries failed, or, with `late`, that records arrived after an earlier check, or that somebody asked for it:
    `asked_by`. Such a check raises no alert that an earlier one of its window raised; `result` has all of them.
    """

    id: int
    uid: str
    space: str
    name: str
    version: str
    drift_type: str
    window_start: datetime
    window_end: datetime
    attempt: int
    outcome: str
    late: bool
    row_count: int
    result: Raw | None
    error: str | None
    note: str | None
    started_at: datetime
    finished_at: datetime
    asked_by: str | None = None


class RunSummary(Struct, frozen=True):
    """One check without what it saw; `alerts`: how many it raised."""

    id: int
    window_start: datetime
    window_end: datetime
    attempt: int
    outcome: str
    late: bool
    asked_by: str | None
    row_count: int
    alerts: int
    error: str | None
    note: str | None
    started_at: datetime
    finished_at: datetime


class RunSummaryPage(Struct, frozen=True):
    """Newest first."""

    items: list[RunSummary]
    has_next: bool
    next_cursor: int | None


class WaitingRun(Struct, frozen=True):
    """What the next check of a profile waits for: its window is (window_start, window_end], and it is due at `due_at`.

    `state`: `inactive`, `window` (which is not over), `grace` (the last records of it may be on their way), `due` (some
    server has to take it up), `retry` (the last try failed) or `under_way`. `message` says it in words.
    """

    state: WaitingState
    message: str
    window_start: datetime
    window_end: datetime
    due_at: datetime | None


class RunPage(Struct, frozen=True):
    """Newest first; ask again with `next_cursor` as `cursor`. `waiting` is about one profile, if one was asked for."""

    items: list[RunItem]
    has_next: bool
    next_cursor: int | None
    waiting: WaitingRun | None = None
