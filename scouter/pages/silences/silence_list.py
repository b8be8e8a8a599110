"""Silences: those that hold, those that will, and those that are over; ended early, or given another end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from msgspec import Struct

from scouter.errors import InvalidInput, NotFound
from scouter.pages.site import addresses
from scouter.pages.site.page import Page
from scouter.pages.site.quick_reads import QuickReads
from scouter.pages.site.visit import Answer, Moved, Shown, Visit
from scouter.pages.text.time_ranges import field_text, sent_moment
from scouter.pages.text.times import TimeText, to_the_minute
from scouter.pages.wording.silences import matchers_in_words
from scouter.profiles.silences import change, end, listed_silences
from scouter.wire.silences import ChangeSilenceRequest, MatcherItem, SilenceItem, SilenceState

_MOST = 200
_SECTIONS = {
    SilenceState.active: ("Active", "nothing is told of what they match"),
    SilenceState.pending: ("Pending", "they begin later"),
    SilenceState.expired: ("Expired", "of the last year"),
}


class SilencesQuery(Struct, frozen=True):
    """`expired`: also those that are over."""

    expired: bool = False


@dataclass(frozen=True, slots=True)
class SilenceRow:
    """`field`: its end as a field for a date and a time has it. `space`: the one that it can match, None: any."""

    id: UUID
    matches: str
    starts: TimeText
    ends: TimeText
    field: str
    comment: str
    made_by: str
    made: TimeText
    changed_by: str | None
    changed: TimeText | None
    space: str | None
    may_change: bool


class SilenceList:
    def __init__(self, reads: QuickReads) -> None:
        self._reads = reads

    def pages(self) -> list[Page]:
        actions = {"end": self.end, "change": self.change}
        summary = "Silences that hold, that will, and that are over."
        return [Page("/silences", self.show, actions, query=SilencesQuery, acts_in="rest", summary=summary)]

    def show(self, visit: Visit) -> Answer:
        return self._page(visit)

    def end(self, visit: Visit) -> Answer:
        silence_id = _id_of(visit)
        with self._reads.connection() as connection:
            end(connection, visit.caller, silence_id)
        return Moved(addresses.silences(), "silence-ended")

    def change(self, visit: Visit) -> Answer:
        """What is refused is said above the list."""
        try:
            silence_id, wanted = _id_of(visit), _changed(visit)
            with self._reads.connection() as connection:
                change(connection, visit.caller, silence_id, wanted)
        except InvalidInput as refused:
            return self._page(visit, refused)
        return Moved(addresses.silences(), "silence-changed")

    def _page(self, visit: Visit, refused: InvalidInput | None = None) -> Answer:
        readable = visit.caller.spaces("read")
        if readable is not None and not readable:
            return Shown("no_space.html", {})
        with self._reads.connection() as connection:
            found = listed_silences(connection, visit.caller, expired=visit.query.expired, limit=_MOST)
        values = {
            "sections": _sections(found.items, visit),
            "is_cut": len(found.items) >= _MOST,
            "query": visit.query,
            "why": refused and refused.message,
            "may_make": _may_make(visit),
        }
        return Shown("silences.html", values, 200 if refused is None else 400, seconds=0)


def _may_make(visit: Visit) -> bool:
    """In some space at least."""
    spaces = visit.caller.spaces("write")
    return spaces is None or bool(spaces)


def _sections(items: Sequence[SilenceItem], visit: Visit) -> list[dict[str, Any]]:
    made = [(state, [_row(each, visit) for each in items if each.state is state]) for state in _SECTIONS]
    return [
        {"state": state.value, "title": _SECTIONS[state][0], "words": _SECTIONS[state][1], "rows": rows}
        for state, rows in made
        if rows
    ]


def _row(item: SilenceItem, visit: Visit) -> SilenceRow:
    now, zone = visit.now, visit.reader.zone_info
    space = _space_of(item.matchers)
    may = visit.caller.is_admin if space is None else visit.caller.may("write", space)
    return SilenceRow(
        id=item.id,
        matches=matchers_in_words(item.matchers),
        starts=to_the_minute(item.starts_at, now, zone),
        ends=to_the_minute(item.ends_at, now, zone),
        field=field_text(item.ends_at, zone),
        comment=item.comment,
        made_by=item.created_by,
        made=to_the_minute(item.created_at, now, zone),
        changed_by=item.updated_by,
        changed=None if item.updated_at is None else to_the_minute(item.updated_at, now, zone),
        space=space,
        may_change=may and item.state is not SilenceState.expired,
    )


def _space_of(matchers: Sequence[MatcherItem]) -> str | None:
    """The only space that they can match; None: there may be several, which is an admin's to silence."""
    return next((each.value for each in matchers if each.field == "space" and each.comparison == "="), None)


def _id_of(visit: Visit) -> UUID:
    try:
        return UUID(visit.field("silence"))
    except ValueError:
        raise NotFound("there is no such silence") from None


def _changed(visit: Visit) -> ChangeSilenceRequest:
    """Raises `InvalidInput`."""
    text = visit.field("until").strip()
    ends_at = sent_moment("until", text, visit.reader.zone_info)
    if ends_at is None:
        raise InvalidInput("until", text, "a date and time that is still to come")
    return ChangeSilenceRequest(ends_at=ends_at)
