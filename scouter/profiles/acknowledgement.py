"""Acknowledging alerts, and taking it back: one, all of a check, all of a profile or of one of its features.

Whoever acknowledges needs write on the space of every alert: all of it is done, or nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from scouter.auth.permissions import Caller
from scouter.errors import InvalidInput, NotFound
from scouter.postgres.statements import Connection
from scouter.postgres.tables.acknowledgements import (
    AlertSpace,
    Signature,
    acknowledge_alerts,
    acknowledge_until,
    alerts_acknowledged_together,
    alerts_of_run,
    give_problems_back,
    spaces_of_alerts,
    take_problems,
)
from scouter.postgres.tables.acknowledgements import reopen_alerts as reopen_in_table
from scouter.postgres.tables.alerts import set_alert_active
from scouter.postgres.tables.entities import Entity
from scouter.postgres.tables.runs import space_of_run
from scouter.profiles import lookup
from scouter.profiles.lookup import ProfileRef, in_transaction
from scouter.wire.open_alerts import AcknowledgeRequest

_WAYS = "exactly one of ids, run_id, or uid with until"


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What was done, and `at` which moment: by that it can be taken back."""

    acknowledged: int
    already: int
    at: datetime


def acknowledge(connection: Connection, caller: Caller, wanted: AcknowledgeRequest, now: datetime) -> Acknowledgement:
    """Raises `InvalidInput`, `NotFound` for an alert, a check or a profile that is not there, `PermissionDenied`."""
    entity = (
        None if wanted.uid is None else lookup.find(ProfileRef(wanted.uid), "write", caller, in_transaction(connection))
    )
    _require_one_way(wanted)
    by = Signature(caller.username, now, wanted.note)
    done = _acknowledge(connection, caller, wanted, by, entity)
    take_problems(connection, by)
    return done


def set_active(connection: Connection, alert_id: int, caller: Caller, now: datetime, *, active: bool) -> bool:
    """Of one alert, and with it of its problem. False: there is no such alert."""
    done = set_alert_active(connection, alert_id, active=active, username=caller.username, now=now)
    if active:
        give_problems_back(connection, [alert_id])
    else:
        take_problems(connection, Signature(caller.username, now))
    return done


def _acknowledge(
    connection: Connection, caller: Caller, wanted: AcknowledgeRequest, by: Signature, entity: Entity | None
) -> Acknowledgement:
    if wanted.ids is not None:
        return _acknowledge_ids(connection, caller, wanted.ids, by)
    if wanted.run_id is not None:
        return _acknowledge_run(connection, caller, wanted.run_id, by)
    assert entity is not None and wanted.until is not None  # noqa: S101  # the third way
    return Acknowledgement(acknowledge_until(connection, entity.id, wanted.feature, wanted.until, by), 0, by.now)


def reopen(connection: Connection, caller: Caller, ids: Collection[int], now: datetime) -> int:
    """Open again what was acknowledged. How many of them were. Raises as `acknowledge`."""
    _require_all(connection, caller, ids)
    give_problems_back(connection, ids)
    return reopen_in_table(connection, ids, now)


def reopen_together(connection: Connection, caller: Caller, username: str, at: datetime, now: datetime) -> int:
    """Take back what that user acknowledged at that moment. How many alerts are open again."""
    together = alerts_acknowledged_together(connection, username, at)
    _require_spaces(caller, together)
    ids = [alert.id for alert in together]
    give_problems_back(connection, ids)
    return reopen_in_table(connection, ids, now)


def _acknowledge_ids(connection: Connection, caller: Caller, ids: Collection[int], by: Signature) -> Acknowledgement:
    distinct = set(ids)
    _require_all(connection, caller, distinct)
    done = acknowledge_alerts(connection, distinct, by)
    return Acknowledgement(done, len(distinct) - done, by.now)


def _acknowledge_run(connection: Connection, caller: Caller, run_id: int, by: Signature) -> Acknowledgement:
    space = space_of_run(connection, run_id)
    if space is None:
        raise NotFound(f"there is no run {run_id}")
    lookup.authorise(space, "write", caller)
    ids = alerts_of_run(connection, run_id)
    done = acknowledge_alerts(connection, ids, by)
    return Acknowledgement(done, len(ids) - done, by.now)


def _require_all(connection: Connection, caller: Caller, ids: Collection[int]) -> None:
    found = spaces_of_alerts(connection, ids)
    _require_spaces(caller, found)
    missing = set(ids) - {alert.id for alert in found}
    if missing:
        raise NotFound(f"there is no alert {min(missing)}")


def _require_spaces(caller: Caller, alerts: Iterable[AlertSpace]) -> None:
    for space in sorted({alert.space for alert in alerts}):
        lookup.authorise(space, "write", caller)


def _require_one_way(wanted: AcknowledgeRequest) -> None:
    ways = [name for name in ("ids", "run_id", "uid") if getattr(wanted, name) is not None]
    if len(ways) != 1:
        raise InvalidInput("ids", ways or None, _WAYS)
    if wanted.uid is None and (wanted.feature is not None or wanted.until is not None):
        field = "feature" if wanted.feature is not None else "until"
        raise InvalidInput(field, str(getattr(wanted, field)), "nothing, without a uid")
    if wanted.uid is not None and wanted.until is None:
        raise InvalidInput("until", None, "a moment: what is raised later stays open")
