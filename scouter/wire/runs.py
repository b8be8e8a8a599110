"""The history of checks, as it is read."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Raw, Struct

from scouter.wire.names import Name, Uid, Version
from scouter.wire.profiles import DriftType


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


class RunItem(Struct, frozen=True):
    """One check: its window (window_start, window_end], how it ended, and what it saw.

    `result` holds the alerts, the observations of every feature or metric, and what could not be checked and why.
    `note` says what to know beside it, such as a channel that lacks its settings. `attempt` above 1 means that earlier
    tries failed, or, with `late`, that records arrived after an earlier check.
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


class RunPage(Struct, frozen=True):
    """Newest first; ask again with `next_cursor` as `cursor`."""

    items: list[RunItem]
    has_next: bool
    next_cursor: int | None
