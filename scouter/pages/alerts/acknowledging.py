"""Acknowledging on a page, with a note, and taking it back: forms that several pages have."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeAlias
from urllib.parse import urlencode

from msgspec import Meta, Struct

from scouter.auth.permissions import Caller
from scouter.pages.site.alert_count import AlertCount
from scouter.pages.site.forms import ids_of
from scouter.pages.site.quick_reads import QuickReads
from scouter.pages.site.readable import (
    readable_alert,
    readable_profile,
    readable_run,
    require_readable_alerts,
)
from scouter.pages.site.visit import Answer, Moved, Visit
from scouter.postgres.statements import Connection
from scouter.postgres.tables.alert_context import alerts_of_the_same_acknowledgement, count_acknowledged_together
from scouter.profiles.acknowledgement import acknowledge, reopen, reopen_together
from scouter.wire.decoding import convert
from scouter.wire.messages import Timestamp
from scouter.wire.names import WITHOUT_CONTROL
from scouter.wire.open_alerts import AcknowledgeRequest

LONGEST_NOTE = 2000

Back: TypeAlias = Callable[[Visit], str]
"""The address to return to after something was done, without a word of what was done before."""


class _Note(Struct, frozen=True):
    note: Annotated[str, Meta(max_length=LONGEST_NOTE, pattern=WITHOUT_CONTROL)]


class _Moment(Struct, frozen=True):
    at: Timestamp


@dataclass(frozen=True, slots=True)
class Undo:
    """What the reader acknowledged at that moment: so many alerts, which one click opens again."""

    at: str
    count: int


class Acknowledging:
    """Every action answers 303 back. What was acknowledged is named there by its moment: `acknowledged=`."""

    def __init__(self, reads: QuickReads, count: AlertCount) -> None:
        self._reads = reads
        self._count = count

    def actions(self, back: Back) -> Mapping[str, Callable[[Visit], Answer]]:
        return {
            "acknowledge": lambda visit: self._acknowledge(visit, back, _of_ids),
            "acknowledge-features": lambda visit: self._acknowledge(visit, back, _of_features),
            "acknowledge-profile": lambda visit: self._acknowledge(visit, back, _of_profile),
            "acknowledge-check": lambda visit: self._acknowledge(visit, back, _of_check),
            "undo": lambda visit: self._undo(visit, back),
            "reopen": lambda visit: self._reopen(visit, back),
        }

    def _acknowledge(self, visit: Visit, back: Back, wanted: _Wanted) -> Answer:
        """All of it or nothing: who may not write to the space of one gets none acknowledged."""
        note = note_of(visit)
        with self._reads.connection() as connection:
            done = sum(
                acknowledge(connection, visit.caller, each, visit.now).acknowledged
                for each in wanted(connection, visit, note)
            )
        self._count.forget()
        if not done:
            return Moved(back(visit), "nothing")
        return Moved(_with(back(visit), acknowledged=visit.now.isoformat()))

    def _undo(self, visit: Visit, back: Back) -> Answer:
        at = convert({"at": visit.field("at")}, _Moment).at
        with self._reads.connection() as connection:
            done = reopen_together(connection, visit.caller, visit.caller.username, at, visit.now)
        return self._reopened(visit, back, done)

    def _reopen(self, visit: Visit, back: Back) -> Answer:
        """What was acknowledged together with that alert, of the same feature."""
        with self._reads.connection() as connection:
            alert_id = readable_alert(connection, visit.caller, visit.field("alert")).id
            together = alerts_of_the_same_acknowledgement(connection, alert_id) or [alert_id]
            done = reopen(connection, visit.caller, together, visit.now)
        return self._reopened(visit, back, done)

    def _reopened(self, visit: Visit, back: Back, done: int) -> Answer:
        self._count.forget()
        return Moved(back(visit), "reopened" if done else "nothing")


def undo_of(connection: Connection, caller: Caller, at: datetime | None) -> Undo | None:
    """None: he acknowledged nothing then, or it is open again."""
    if at is None:
        return None
    count = count_acknowledged_together(connection, caller.username, at)
    return Undo(at.isoformat(), count) if count else None


def note_of(visit: Visit) -> str | None:
    """Raises `InvalidInput`."""
    return convert({"note": visit.form.get("note", "").strip()}, _Note).note or None


_Wanted: TypeAlias = Callable[[Connection, Visit, str | None], Collection[AcknowledgeRequest]]


def _of_ids(connection: Connection, visit: Visit, note: str | None) -> list[AcknowledgeRequest]:
    ids = ids_of(dict(visit.form), "alerts")
    require_readable_alerts(connection, visit.caller, ids)
    return [AcknowledgeRequest(ids=ids, note=note)]


def _of_features(connection: Connection, visit: Visit, note: str | None) -> list[AcknowledgeRequest]:
    """Each by its newest alert that was shown: what was raised later stays open."""
    newest = [readable_alert(connection, visit.caller, str(each)) for each in ids_of(dict(visit.form), "alerts")]
    return [AcknowledgeRequest(uid=each.uid, feature=each.feature, until=each.created_at, note=note) for each in newest]


def _of_profile(connection: Connection, visit: Visit, note: str | None) -> list[AcknowledgeRequest]:
    """Up to the moment at which the page was made."""
    uid = readable_profile(connection, visit.caller, visit.field("uid")).uid
    until = convert({"at": visit.field("until")}, _Moment).at
    return [AcknowledgeRequest(uid=uid, until=until, note=note)]


def _of_check(connection: Connection, visit: Visit, note: str | None) -> list[AcknowledgeRequest]:
    run_id = readable_run(connection, visit.caller, visit.field("run")).id
    return [AcknowledgeRequest(run_id=run_id, note=note)]


def _with(address: str, **more: str) -> str:
    path, _, anchor = address.partition("#")
    return f"{path}{'&' if '?' in path else '?'}{urlencode(more)}" + (f"#{anchor}" if anchor else "")
