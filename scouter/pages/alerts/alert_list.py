"""What needs a person, over all profiles: open alerts, those of one feature together, and what was acknowledged."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from msgspec import Struct

from scouter.errors import InvalidInput
from scouter.pages.alerts.acknowledging import Acknowledging, undo_of
from scouter.pages.alerts.alert_rows import AcknowledgedRow, AlertRows, OpenRow
from scouter.pages.problems.board import ProblemSection, problem_sections
from scouter.pages.site import addresses
from scouter.pages.site.page import Page
from scouter.pages.site.quick_reads import QuickReads
from scouter.pages.site.readable import readable_profile
from scouter.pages.site.visit import Answer, Shown, Visit
from scouter.pages.wording.open_alerts import SPANS, open_verdict
from scouter.postgres.statements import Connection
from scouter.postgres.tables.alert_context import open_alert_totals
from scouter.postgres.tables.entities import Entity
from scouter.postgres.tables.open_alerts import AlertFilter
from scouter.postgres.tables.profile_listing import profiles_by_space
from scouter.profiles.open_alerts import acknowledged_alerts, open_alerts
from scouter.wire.cursors import Cursor
from scouter.wire.messages import Timestamp
from scouter.wire.names import Name, Uid

ROWS = 50
_MOST_SPACES = 500  # to choose from

AlertState: TypeAlias = Literal["open", "acknowledged"]
Span: TypeAlias = Literal["24h", "7d", "30d"]


class AlertListQuery(Struct, frozen=True):
    """`acknowledged` is the moment of what was just done here."""

    space: Name | None = None
    profile: Uid | None = None
    state: AlertState = "open"
    since: Span | None = None
    after: Cursor | None = None
    acknowledged: Timestamp | None = None


class AlertList:
    def __init__(self, reads: QuickReads, rows: AlertRows, acknowledging: Acknowledging) -> None:
        self._reads = reads
        self._rows = rows
        self._acknowledging = acknowledging

    def pages(self) -> list[Page]:
        actions = self._acknowledging.actions(lambda visit: address(visit.query))
        summary = "Open and acknowledged alerts of all profiles that one may read."
        return [Page("/alerts", self.show, actions, query=AlertListQuery, summary=summary)]

    def show(self, visit: Visit) -> Answer:
        query: AlertListQuery = visit.query
        readable = visit.caller.spaces("read")
        if readable is not None and not readable:
            return Shown("no_space.html", {})
        with self._reads.connection() as connection:
            profile = None if query.profile is None else readable_profile(connection, visit.caller, query.profile)
            wanted = _filter(query, readable, profile, visit)
            known = [each.space for each in profiles_by_space(connection, readable)][:_MOST_SPACES]
            undo = undo_of(connection, visit.caller, query.acknowledged)
            listed = self._listed(connection, wanted, visit)
            problems = _problems(connection, wanted, visit)
        values = {
            "query": query,
            "profile": profile,
            "spaces": known,
            "spans": SPANS,
            "problems": problems,
            "of_policy": addresses.policy(uid=query.profile, space=None if query.profile else query.space),
            "undo": undo,
            "may_acknowledge_profile": profile is not None and visit.caller.may("write", profile.space),
            "until": visit.now.isoformat(),
            "here": address(query),
            "states": [(state, address(query, state=state, after=None)) for state in ("open", "acknowledged")],
            "first_page": address(query, after=None) if query.after else None,
            "everything": address(AlertListQuery(state=query.state)),
            "without_profile": address(query, profile=None, after=None),
            "is_everything": (query.space, query.profile, query.since) == (None, None, None),
        }
        return Shown("alerts.html", {**values, **listed})

    def _listed(self, connection: Connection, wanted: AlertFilter, visit: Visit) -> dict[str, Any]:
        query: AlertListQuery = visit.query
        if query.state == "acknowledged":
            done = acknowledged_alerts(connection, wanted, cursor=query.after, limit=ROWS)
            return _values(visit, done.next_cursor, acknowledged=self._rows.acknowledged(connection, done.items, visit))
        found = open_alerts(connection, wanted, cursor=_number(query.after), limit=ROWS)
        rows = self._rows.open(connection, found.items, visit)
        last = [] if rows else acknowledged_alerts(connection, wanted, limit=1).items
        values = _values(visit, found.next_cursor, rows, last=self._rows.acknowledged(connection, last, visit))
        totals = open_alert_totals(connection, wanted)
        return {**values, "verdict": open_verdict(totals.still, totals.profiles, totals.ended)}


def _problems(connection: Connection, wanted: AlertFilter, visit: Visit) -> Sequence[ProblemSection]:
    """Above the first page of what is open."""
    query: AlertListQuery = visit.query
    if query.state != "open" or query.after is not None:
        return []
    return problem_sections(connection, wanted.spaces, visit, entity_id=wanted.entity_id, begun_since=wanted.since)


def address(query: AlertListQuery, **changed: str | None) -> str:
    """Of the same list, but for what is changed; below the prefix. All that is shown is in it."""
    said: dict[str, str | None] = {
        "space": query.space,
        "profile": query.profile,
        "state": query.state,
        "since": query.since,
        "after": query.after,
    }
    chosen = {**said, **changed}
    return addresses.alerts(**{**chosen, "state": None if chosen["state"] == "open" else chosen["state"]})


def _values(
    visit: Visit,
    next_cursor: int | str | None,
    rows: Sequence[OpenRow] = (),
    *,
    acknowledged: Sequence[AcknowledgedRow] = (),
    last: Sequence[AcknowledgedRow] = (),
) -> dict[str, Any]:
    """`still` and `ended`: what the last checks still find, and what they do not any more."""
    following = None if next_cursor is None else address(visit.query, after=str(next_cursor))
    still, ended = [each for each in rows if each.still], [each for each in rows if not each.still]
    return {
        "still": still,
        "ended": ended,
        "all_of_page": _together(rows),
        "all_ended": _together(ended),
        "acknowledged": acknowledged,
        "last": last[0] if last else None,
        "next_page": following,
        "verdict": None,
    }


def _together(rows: Sequence[OpenRow]) -> Mapping[str, Any]:
    """Those of them that may be acknowledged: their ids as a form sends them."""
    own = [str(each.row.id) for each in rows if each.row.may_write]
    return {"ids": ",".join(own), "rows": len(own)}


def _filter(
    query: AlertListQuery, readable: Collection[str] | None, profile: Entity | None, visit: Visit
) -> AlertFilter:
    since = None if query.since is None else visit.now - SPANS[query.since].length
    return AlertFilter(_spaces(query.space, readable), entity_id=profile.id if profile else None, since=since)


def _spaces(space: str | None, readable: Collection[str] | None) -> Collection[str] | None:
    """A space that may not be read looks like one that there is not."""
    if space is None:
        return readable
    return [space] if readable is None or space in readable else []


def _number(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise InvalidInput("after", cursor, "where an earlier page ended")
    return int(cursor)
