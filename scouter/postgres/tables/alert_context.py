"""What stands beside alerts where people look at them: who was told, in how many checks, since when no longer."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from scouter.postgres.statements import Connection, named_statements
from scouter.postgres.tables.open_alerts import AlertFilter

_sql = named_statements("alert_context")


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message and what became of it. `destination` is its JSON text, which holds no secret.

    `attempts` that have ended.
    """

    id: int
    channel: str
    destination: str
    state: str
    created_at: datetime
    attempts: int
    next_attempt_at: datetime
    delivered_at: datetime | None
    last_error: str | None
    receipt: str | None


@dataclass(frozen=True, slots=True)
class AlertDelivery(Delivered):
    """A message that told of that alert, or of its problem."""

    alert_id: int


@dataclass(frozen=True, slots=True)
class ProblemDelivery(Delivered):
    """A message that told of a problem. `kind`: what it said of it, as the problem's history names it.

    `is_escalation`: to those who are told when nobody takes it.
    """

    kind: str
    episode: int
    is_escalation: bool


@dataclass(frozen=True, slots=True)
class OpenAlertTotals:
    """Features or metrics with open alerts: `still` so in the last check, of so many `profiles`, or `ended`."""

    still: int
    profiles: int
    ended: int


@dataclass(frozen=True, slots=True)
class _Checks:
    alert_id: int
    checks: int


@dataclass(frozen=True, slots=True)
class _Ended:
    alert_id: int
    since: datetime


@dataclass(frozen=True, slots=True)
class _Rule:
    uid: str
    rule: str | None


def deliveries_of_alerts(connection: Connection, ids: Collection[int]) -> list[AlertDelivery]:
    """Oldest first; a message about several of them is listed for each."""
    return _sql["deliveries_of_alerts"].all(connection, AlertDelivery, ids=list(ids))


def deliveries_of_problem(connection: Connection, problem_id: int, maximum: int) -> list[ProblemDelivery]:
    """Newest first."""
    return _sql["deliveries_of_problem"].all(connection, ProblemDelivery, problem_id=problem_id, maximum=maximum)


def open_alert_totals(connection: Connection, wanted: AlertFilter) -> OpenAlertTotals:
    """All that the pages of such a list hold together."""
    found = _sql["open_alert_totals"].one(
        connection,
        OpenAlertTotals,
        spaces=None if wanted.spaces is None else list(wanted.spaces),
        entity_id=wanted.entity_id,
        since=wanted.since,
    )
    return found or OpenAlertTotals(0, 0, 0)


def count_acknowledged_together(connection: Connection, username: str, at: datetime) -> int:
    """How many alerts that user acknowledged at that moment; those that are open again are not among them."""
    return int(_sql["acknowledged_together"].values(connection, username=username, at=at)[0])


def checks_with_open_alerts(connection: Connection, ids: Collection[int]) -> dict[int, int]:
    """For each of these alerts: how many checks raised open ones about the same feature."""
    found = _sql["checks_with_open_alerts"].all(connection, _Checks, ids=list(ids))
    return {each.alert_id: each.checks for each in found}


def ended_by_themselves(connection: Connection, ids: Collection[int]) -> dict[int, datetime]:
    """The end of the first window since each of these alerts whose check saw records, and nothing of the kind.

    Left out: there is none, or the check that raised the alert has expired.
    """
    found = _sql["ended_by_themselves"].all(connection, _Ended, ids=list(ids))
    return {each.alert_id: each.since for each in found}


def alerts_of_the_same_acknowledgement(connection: Connection, alert_id: int) -> list[int]:
    """Of one feature, with the alert itself. Empty: it was not acknowledged, or nobody knows by whom."""
    return _sql["alerts_of_the_same_acknowledgement"].values(connection, id=alert_id)


def spc_rules(connection: Connection, uids: Collection[str]) -> dict[str, str]:
    """The rules of SPC profiles by their uids; others are left out."""
    found = _sql["spc_rules"].all(connection, _Rule, uids=list(uids))
    return {each.uid: each.rule for each in found if each.rule is not None}
