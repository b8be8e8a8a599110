"""Checks under way: claims with a lease, and how they end."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("checks")


@dataclass(frozen=True, slots=True)
class CheckClaim:
    """A profile that is ours to check until the lease lapses."""

    entity_id: int
    uid: str
    space: str
    name: str
    version: str
    drift_type: str
    document: str
    schedule: str
    previous_run: datetime
    attempts: int
    lease_token: UUID
    claimed_at: datetime
    grace: timedelta

    @property
    def shown(self) -> str:
        return f"{self.drift_type} {self.space}/{self.name} {self.version}"


@dataclass(frozen=True, slots=True)
class WaitingCheck:
    """The next check of a profile, of (previous_run, next_run]. After a failed try it is made at `retry_at`."""

    active: bool
    previous_run: datetime
    next_run: datetime
    retry_at: datetime | None
    is_under_way: bool
    due_at: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class Scheduled:
    """When a profile is checked, and since when it is there."""

    schedule: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class _Schedule:
    schedule: str


def claim_check(connection: Connection, *, grace: timedelta, lease: timedelta) -> CheckClaim | None:
    """The profile that has been due for longest, or None. Its grace is no longer than its schedule's shortest gap."""
    return _sql["claim_check"].one(connection, CheckClaim, token=uuid4(), grace=grace, lease=lease)


def renew_leases(connection: Connection, tokens: Collection[UUID], lease: timedelta) -> None:
    _sql["renew_leases"].run(connection, tokens=list(tokens), lease=lease)


def schedule_under_lease(connection: Connection, claim: CheckClaim) -> str | None:
    """The profile's present schedule, locked until the end of the transaction; None: it is not ours any more."""
    found = _sql["schedule_under_lease"].one(connection, _Schedule, entity_id=claim.entity_id, token=claim.lease_token)
    return found.schedule if found else None


def finish_check(
    connection: Connection,
    claim: CheckClaim,
    window_end: datetime,
    next_run: datetime | None,
    schedule_gap: timedelta | None,
) -> None:
    """The window is done with. Without a next run the profile is switched off: its schedule never fires again."""
    _sql["finish_check"].run(
        connection,
        entity_id=claim.entity_id,
        token=claim.lease_token,
        window_end=window_end,
        next_run=next_run or window_end,
        schedule_gap=schedule_gap,
        fires_again=next_run is not None,
    )


def retry_check(connection: Connection, claim: CheckClaim, pause: timedelta) -> None:
    _sql["retry_check"].run(connection, entity_id=claim.entity_id, token=claim.lease_token, pause=pause)


def seconds_until_due(connection: Connection, grace: timedelta) -> float | None:
    """None: no profile is active."""
    seconds: float | None = _sql["seconds_until_due"].values(connection, grace=grace)[0]
    return seconds


def schedule_of(connection: Connection, entity_id: int) -> Scheduled | None:
    return _sql["schedule_of"].one(connection, Scheduled, entity_id=entity_id)


def waiting_check(connection: Connection, entity_id: int, grace: timedelta) -> WaitingCheck | None:
    return _sql["waiting_check"].one(connection, WaitingCheck, entity_id=entity_id, grace=grace)
