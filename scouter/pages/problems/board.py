"""Problems as rows of a list, by where they stand: firing, pending, acknowledged, silenced, over."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from scouter.pages.site import addresses
from scouter.pages.site.visit import Visit
from scouter.pages.text.times import TimeText, to_the_minute
from scouter.pages.wording.problems import SIGNALS, bad_windows, problem_sentence, reason_in_words, title_of
from scouter.policy.silences import Silence
from scouter.postgres.statements import Connection
from scouter.profiles.problem_board import Place, ProblemBoard, ShownProblem, read_board
from scouter.wire.problems import ProblemItem, ProblemState

SHOWN_FOR = timedelta(days=7)
"""After it is over."""

_MOST = 50  # of each state
_PLACES = {
    Place.firing: ("Firing", "alert", "in as many bad windows as it takes"),
    Place.pending: ("Pending", "new", "bad windows, but not as many yet as it takes"),
    Place.acknowledged: ("Acknowledged", "off", "somebody has taken them"),
    Place.silenced: ("Silenced", "off", "nothing is told of them for some time"),
    Place.resolved: ("Over", "ok", "in the last 7 days"),
}
_STATES = {
    Place.firing: ProblemState.firing,
    Place.pending: ProblemState.pending,
    Place.resolved: ProblemState.ok,
}
_OPEN = (Place.firing, Place.acknowledged, Place.silenced)  # shown without a click


@dataclass(frozen=True, slots=True)
class SilenceNote:
    """What holds a problem's messages back, and until when."""

    address: str
    by: str
    comment: str
    until: TimeText


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """`windows` are outcomes as a strip has them. Addresses are below the prefix."""

    id: int
    address: str
    title: str
    space: str
    name: str
    version: str
    kind: str
    of_profile: str
    sentence: str
    since: TimeText | None
    over: TimeText | None
    why_over: str
    bad: str
    windows: Sequence[str]
    taken_by: str | None
    taken_until: TimeText | None
    comment: str | None
    silence: SilenceNote | None
    may_take: bool
    needs_write: bool


@dataclass(frozen=True, slots=True)
class ProblemSection:
    """`more`: how many of its state are not shown. `folded`: behind a click."""

    place: str
    title: str
    mark: str
    words: str
    rows: Sequence[ProblemRow]
    more: int
    folded: bool


def problem_sections(
    connection: Connection,
    spaces: Collection[str] | None,
    visit: Visit,
    *,
    entity_id: int | None = None,
    begun_since: datetime | None = None,
) -> list[ProblemSection]:
    """Those that have rows, in the order in which people look."""
    board = read_board(
        connection,
        spaces=spaces,
        entity_id=entity_id,
        begun_since=begun_since,
        ended_since=visit.now - SHOWN_FOR,
        maximum=_MOST,
    )
    return list(_sections(board, visit))


def windows_of(verdicts: Sequence[bool]) -> list[str]:
    """As outcomes of checks, for a strip."""
    return ["alert" if bad else "ok" for bad in verdicts]


def silence_note(silence: Silence | None, visit: Visit) -> SilenceNote | None:
    if silence is None:
        return None
    until = to_the_minute(silence.ends_at, visit.now, visit.reader.zone_info)
    return SilenceNote(f"/silences#silence-{silence.id}", silence.created_by, silence.comment, until)


def _sections(board: ProblemBoard, visit: Visit) -> Iterator[ProblemSection]:
    for place, (title, mark, words) in _PLACES.items():
        rows = [_row(each, visit) for each in board.problems if each.place is place]
        if rows:
            state = _STATES.get(place)
            more = 0 if state is None else board.left_out.get(state, 0)
            yield ProblemSection(place.value, title, mark, words, rows, more, place not in _OPEN)


def _row(shown: ShownProblem, visit: Visit) -> ProblemRow:
    item = shown.item
    may_write = visit.caller.may("write", item.space)
    fires = item.state is ProblemState.firing and item.acknowledged_by is None
    return ProblemRow(
        id=item.id,
        address=addresses.problem(item.id),
        title=title_of(item),
        space=item.space,
        name=item.name,
        version=item.version,
        kind=SIGNALS[item.signal],
        of_profile=addresses.profile(item.uid),
        sentence=problem_sentence(item),
        since=_moment(item.since, visit),
        over=_moment(_over(item), visit),
        why_over=reason_in_words(item.reason) if item.state is ProblemState.ok else "",
        bad=bad_windows(list(shown.windows)) if shown.place is not Place.resolved else "",
        windows=windows_of(shown.windows),
        taken_by=item.acknowledged_by,
        taken_until=_moment(item.acknowledged_until, visit),
        comment=item.comment or None,
        silence=silence_note(shown.silence, visit),
        may_take=fires and may_write,
        needs_write=fires and not may_write,
    )


def _over(item: ProblemItem) -> datetime | None:
    return item.resolved_at if item.state is ProblemState.ok else None


def _moment(when: datetime | None, visit: Visit) -> TimeText | None:
    return None if when is None else to_the_minute(when, visit.now, visit.reader.zone_info)
