"""The first page: is anything wrong, where, how far, since when, and does data arrive?"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct

from scouter.pages.site.page import Page
from scouter.pages.site.quick_reads import QuickReads
from scouter.pages.site.visit import PREFIX, Answer, Shown, Visit
from scouter.pages.text.times import TimeText, ago, ahead, duration
from scouter.pages.wording.outcomes import KINDS, STATES_COUNTED, kind_in_words, state_in_words
from scouter.postgres.tables.profile_listing import profiles_by_space
from scouter.postgres.tables.profile_states import StateFilter
from scouter.profiles.states import counts_by_state, profile_states
from scouter.wire.cursors import Cursor
from scouter.wire.names import Name
from scouter.wire.profile_states import STATES, ProfileState, ProfileStateItem, SearchText, StateOrder
from scouter.wire.profiles import DriftType

ROWS = 100
_LATE_WINDOWS = 2  # without a record for as long as so many windows are
_MOST_SPACES = 500  # to choose from


class OverviewQuery(Struct, frozen=True):
    space: Name | None = None
    kind: DriftType | None = None
    state: ProfileState | None = None
    q: SearchText | None = None
    order: StateOrder = "worst"
    after: Cursor | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A profile in the list."""

    item: ProfileStateItem
    state: str
    kind: str
    address: str
    why: str
    last_data: TimeText | None
    is_late: bool
    next_check: TimeText | None


@dataclass(frozen=True, slots=True)
class Tile:
    """How many profiles are in a state."""

    state: str
    words: str
    count: int
    address: str
    is_chosen: bool


class Overview:
    def __init__(self, reads: QuickReads) -> None:
        self._reads = reads

    def pages(self) -> list[Page]:
        return [Page("/", self.show, query=OverviewQuery, summary="All profiles, the worst first.")]

    def show(self, visit: Visit) -> Answer:
        query: OverviewQuery = visit.query
        readable = visit.caller.spaces("read")
        if readable is not None and not readable:
            return Shown("no_space.html", {})
        spaces = _looked_at(query.space, readable)
        wanted = StateFilter(None, None, query.kind and query.kind.value, query.state, query.q)
        with self._reads.connection() as connection:
            found = profile_states(connection, spaces, wanted, order=query.order, cursor=query.after, limit=ROWS)
            counts = counts_by_state(connection, spaces, wanted)
            known = [each.space for each in profiles_by_space(connection, readable)][:_MOST_SPACES]
        values: dict[str, Any] = {
            "rows": [_row(item, visit) for item in found.items],
            "tiles": _tiles(counts, query),
            "total": counts.get(query.state, 0) if query.state else sum(counts.values()),
            "spaces": known,
            "kinds": KINDS,
            "query": query,
            "q": query.q or "",
            "origin": visit.origin,
            "first_page": address(query) if query.after else None,
            "next_page": address(query, after=found.next_cursor) if found.next_cursor else None,
            "everything": address(OverviewQuery()),
        }
        is_new = not sum(counts.values()) and query == OverviewQuery()
        return Shown("nothing_registered.html" if is_new else "overview.html", values, seconds=5 if is_new else 30)


def profile_address(uid: str) -> str:
    return f"{PREFIX}/profile?{urlencode({'uid': uid})}"


def address(query: OverviewQuery, **changed: str | None) -> str:
    """Of the same list, but for what is changed. All that is shown is in it."""
    said = {
        "space": query.space,
        "kind": query.kind and query.kind.value,
        "state": query.state,
        "q": query.q,
        "order": None if query.order == "worst" else query.order,
    }
    given = {name: value for name, value in {**said, **changed}.items() if value}
    return f"{PREFIX}/" + (f"?{urlencode(given)}" if given else "")


def _looked_at(space: str | None, readable: Collection[str] | None) -> Collection[str] | None:
    """A space that may not be read looks like one that there is not."""
    if space is None:
        return readable
    return [space] if readable is None or space in readable else []


def _tiles(counts: Mapping[ProfileState, int], query: OverviewQuery) -> Sequence[Tile]:
    """Each leads to the profiles in that state; the chosen one back to all."""
    return [_tile(state, counts[state], query) for state in STATES]


def _tile(state: ProfileState, count: int, query: OverviewQuery) -> Tile:
    is_chosen = query.state == state
    return Tile(state, STATES_COUNTED[state], count, address(query, state=None if is_chosen else state), is_chosen)


def _row(item: ProfileStateItem, visit: Visit) -> Row:
    now, zone = visit.now, visit.reader.zone_info
    last = None if item.last_record_at is None else ago(item.last_record_at, now, zone)
    return Row(
        item,
        state_in_words(item.state),
        kind_in_words(item.drift_type),
        profile_address(item.uid),
        _why(item, now),
        last,
        _is_late(item, visit),
        ahead(item.next_run, now, zone) if item.active else None,
    )


def _why(item: ProfileStateItem, now: datetime) -> str:
    """Instead of a distance, where there is none to show."""
    if item.state == "off":
        return "not checked"
    if item.state == "failed":
        return "the last check failed"
    since = duration((now - item.state_since).total_seconds())
    if item.state in ("silent", "no_data"):
        return f"no records for {since}"
    if item.state == "new":
        return f"registered {since} ago, not checked yet"
    return "" if item.furthest else "nothing could be measured"


def _is_late(item: ProfileStateItem, visit: Visit) -> bool:
    """No record for longer than two of its windows."""
    if not item.active or item.last_record_at is None:
        return False
    return visit.now - item.last_record_at > _LATE_WINDOWS * (item.next_run - item.previous_run)
