"""When records of profiles arrive, in which hours they did, and which profiles are told to be silent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from scouter.policy.hour_set import HourSet
from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("profile_activity")


@dataclass(frozen=True, slots=True)
class WatchedProfile:
    """A profile, and what is known of its arrivals; None: nothing has arrived yet.

    `silent_since`: it is told to be silent. `hours` is the text of a set of hours that begins with `hours_from`.
    """

    entity_id: int
    uid: str
    space: str
    active: bool
    activated_at: datetime
    moved_at: datetime | None
    first_at: datetime | None
    hours: str | None
    hours_from: datetime | None
    silent_since: datetime | None

    def received(self, now: datetime) -> HourSet:
        return HourSet(now) if self.hours_from is None else HourSet.parse(self.hours_from, self.hours or "")


@dataclass(frozen=True, slots=True)
class LockedProfile:
    """As a check has it. `document` is JSON text."""

    entity_id: int
    uid: str
    space: str
    name: str
    version: str
    drift_type: str
    document: str


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Of one profile: the last and the first, and in which hours there were any."""

    moved_at: datetime
    first_at: datetime
    hours: str
    hours_from: datetime

    @property
    def received(self) -> HourSet:
        return HourSet.parse(self.hours_from, self.hours)


def note_arrivals(connection: Connection, hour: datetime, moments: Mapping[int, datetime]) -> None:
    """Of one hour; by entity, when the last of its records in that hour arrived."""
    _sql["note_arrivals"].run(connection, hour=hour, entity_ids=list(moments), moments=list(moments.values()))


def watched_profiles(connection: Connection, entity_id: int | None = None) -> list[WatchedProfile]:
    """All that are active or told to be silent, or that one of them."""
    return _sql["watched_profiles"].all(connection, WatchedProfile, entity_id=entity_id)


def lock_watched(connection: Connection, entity_id: int) -> LockedProfile | None:
    """Until the end of the transaction no check of it is recorded, and nobody switches it off. None: it is gone."""
    return _sql["lock_profile"].one(connection, LockedProfile, entity_id=entity_id)


def silent_profiles(connection: Connection) -> int:
    """How many are told to be silent."""
    count: int = _sql["silent_profiles"].values(connection)[0]
    return count


def arrivals_of_profile(connection: Connection, entity_id: int) -> Arrivals | None:
    """None: nothing has arrived yet."""
    return _sql["arrivals_of_profile"].one(connection, Arrivals, entity_id=entity_id)
