"""What happened to a problem, and every message of it: sent, on its way, or held back and why."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec
from msgspec import Struct

from scouter.pages.alerts.told import destination_of, told_one
from scouter.pages.site import addresses
from scouter.pages.site.visit import Visit
from scouter.pages.text.plain_text import shortened
from scouter.pages.text.times import TimeText, to_the_minute
from scouter.pages.wording.problems import event_in_words, reason_in_words
from scouter.postgres.tables.alert_context import ProblemDelivery
from scouter.wire.problems import ProblemEventItem

_SILENCE = re.compile(r"silence ([0-9a-f-]{36})")
_MUTED = re.compile(r"muted until (\S+)")
HELD = "held"
_ESCALATED = ", because nobody took it"
_TOLD = "told "


class _Detail(Struct, frozen=True):
    """What the history keeps beside an event, as far as it is said."""

    why: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class EventRow:
    """`message`: the id of the message that it was, to be found in the table of messages."""

    at: TimeText
    episode: int
    words: str
    why: str
    link: str | None
    by: str | None
    run: str | None
    message: int | None


@dataclass(frozen=True, slots=True)
class MessageRow:
    """`id` None: nothing was sent, and `became` says why; `link` leads to what held it back."""

    id: int | None
    at: TimeText
    said: str
    to: str
    became: str
    link: str | None
    state: str
    answer: str | None


def event_rows(events: Iterable[ProblemEventItem], visit: Visit) -> list[EventRow]:
    return [_event(each, visit) for each in events]


def message_rows(
    deliveries: Iterable[ProblemDelivery], events: Iterable[ProblemEventItem], visit: Visit
) -> list[MessageRow]:
    """The newest first."""
    dated = [*_sent(deliveries, visit), *_held_back(events, visit)]
    return [row for _, row in sorted(dated, key=lambda each: each[0], reverse=True)]


def why_held(why: str, visit: Visit) -> tuple[str, str | None]:
    """In words, and where to look."""
    if found := _SILENCE.fullmatch(why):
        return "held back by a silence", f"/silences?expired=1#silence-{found[1]}"
    if (found := _MUTED.fullmatch(why)) and (until := _parsed(found[1])):
        return f"muted until {to_the_minute(until, visit.now, visit.reader.zone_info).text}", None
    words = {
        "acknowledged": "no reminder: somebody has taken it",
        "resolved is off": "the policy says that ends are not told",
        "silent of the same profile": "held back while no records come at all",
        "failing of the same profile": "held back while its check fails",
    }
    return words.get(why, shortened(why, 200)), None


def _sent(deliveries: Iterable[ProblemDelivery], visit: Visit) -> Iterator[tuple[datetime, MessageRow]]:
    zone = visit.reader.zone_info
    for each in deliveries:
        one = told_one(each, visit)
        yield (
            each.created_at,
            MessageRow(
                id=each.id,
                at=to_the_minute(each.created_at, visit.now, zone),
                said=event_in_words(each.kind).removeprefix("Told that "),
                to=destination_of(each) + (_ESCALATED if each.is_escalation else ""),
                became=one.words,
                link=None,
                state=each.state,
                answer=each.receipt or each.last_error,
            ),
        )


def _held_back(events: Iterable[ProblemEventItem], visit: Visit) -> Iterator[tuple[datetime, MessageRow]]:
    for each in events:
        if each.kind == HELD:
            words, link = why_held(_detail(each).why or "", visit)
            at = to_the_minute(each.at, visit.now, visit.reader.zone_info)
            yield each.at, MessageRow(None, at, "nothing", "nobody", words, link, HELD, None)


def _event(event: ProblemEventItem, visit: Visit) -> EventRow:
    detail = _detail(event)
    why, link = reason_in_words(detail.reason), None
    if event.kind == HELD:
        why, link = why_held(detail.why or "", visit)
    return EventRow(
        at=to_the_minute(event.at, visit.now, visit.reader.zone_info),
        episode=event.episode,
        words=event_in_words(event.kind),
        why=why,
        link=link,
        by=event.by,
        run=None if event.run_id is None else addresses.check(event.run_id),
        message=event.message_id if event.kind.startswith(_TOLD) else None,
    )


def _detail(event: ProblemEventItem) -> _Detail:
    if event.detail is None:
        return _Detail()
    try:
        return msgspec.json.decode(event.detail, type=_Detail)
    except msgspec.MsgspecError:  # of another version: it is shown without
        return _Detail()


def _parsed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
