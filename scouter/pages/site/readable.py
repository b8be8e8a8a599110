"""What somebody may look at. What there is not and what he may not read look alike, so that nobody learns by asking."""

from __future__ import annotations

from collections.abc import Collection

from scouter.auth.permissions import Caller
from scouter.errors import NotFound, PermissionDenied
from scouter.postgres.statements import Connection
from scouter.postgres.tables.acknowledgements import spaces_of_alerts
from scouter.postgres.tables.entities import SERVICE, Entity, entity_by_uid
from scouter.profiles.open_alerts import alert_by_id
from scouter.profiles.problems import problem_detail
from scouter.profiles.runs import run_item
from scouter.wire.open_alerts import AlertDetail
from scouter.wire.problems import ProblemDetail
from scouter.wire.runs import RunItem

_LARGEST_ALERT, _LARGEST_RUN, _LARGEST_PROBLEM = 2**31 - 1, 2**63 - 1, 2**63 - 1


def readable_profile(connection: Connection, caller: Caller, uid: str) -> Entity:
    """Raises `NotFound`."""
    found = None if "\x00" in uid else entity_by_uid(connection, uid)
    if found is None or found.drift_type == SERVICE or not caller.may("read", found.space):
        raise NotFound("there is no such profile, or you may not read its space")
    return found


def writable_profile(connection: Connection, caller: Caller, uid: str) -> Entity:
    """Raises `NotFound`, and `PermissionDenied` for whoever may only read it."""
    found = readable_profile(connection, caller, uid)
    caller.require("write", found.space)
    return found


def readable_run(connection: Connection, caller: Caller, run_id: str) -> RunItem:
    """Raises `NotFound`; for what is no number, too."""
    number = _number(run_id, _LARGEST_RUN)
    found = None if number is None else run_item(connection, number)
    if found is None or not caller.may("read", found.space):
        raise NotFound(
            "there is no such check, or you may not read its space",
            action="checks are kept for SCOUTER_RUN_DAYS; older ones have expired",
        )
    return found


def readable_alert(connection: Connection, caller: Caller, alert_id: str) -> AlertDetail:
    """Raises `NotFound`; for what is no number, too."""
    number = _number(alert_id, _LARGEST_ALERT)
    found = None if number is None else alert_by_id(connection, number)
    if found is None or not caller.may("read", found.space):
        raise _no_alert()
    return found


def readable_problem(connection: Connection, caller: Caller, problem_id: str) -> ProblemDetail:
    """Raises `NotFound`; for what is no number, too."""
    number = _number(problem_id, _LARGEST_PROBLEM)
    try:
        if number is not None:
            return problem_detail(connection, caller, number)
    except (NotFound, PermissionDenied):
        pass  # they look alike
    raise NotFound(
        "there is no such problem, or you may not read its space",
        action="problems are kept for SCOUTER_RUN_DAYS after they are over; older ones have gone",
    )


def require_readable_alerts(connection: Connection, caller: Caller, ids: Collection[int]) -> None:
    """Raises `NotFound` unless he may read all of them."""
    wanted = set(ids)
    known = spaces_of_alerts(connection, wanted) if all(0 < each <= _LARGEST_ALERT for each in wanted) else []
    if {each.id for each in known if caller.may("read", each.space)} != wanted:
        raise _no_alert()


def _no_alert() -> NotFound:
    return NotFound(
        "there is no such alert, or you may not read its space",
        action="alerts are kept for SCOUTER_ALERT_DAYS; older ones have expired",
    )


def _number(text: str, largest: int) -> int | None:
    """None: nothing can have that id."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(largest))):
        return None
    return int(text) if 0 < int(text) <= largest else None
