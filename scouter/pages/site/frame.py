"""What stands around every page: who looks, where one can go, as of when, in which zone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from scouter.auth.permissions import Caller
from scouter.pages.site.notices import Notice
from scouter.pages.site.reader import Reader
from scouter.pages.site.saying import SAID
from scouter.pages.site.visit import Shown, Visit
from scouter.pages.text.times import TimeText, clock, moment, offset_text

_NOBODYS_READER = Reader()
_FOR_ADMINS = (("Messages", "/messages"), ("Archive", "/archive"), ("Users", "/users"), ("Server", "/server"))
# Pages that are reached from another, and belong to it.
_BELONGS = {"/alerts": ("/problems", "/silences", "/policy")}
_FOR_ALL = (("Profiles", "/"), ("Alerts", "/alerts"), ("Connect", "/connect"))


@dataclass(frozen=True, slots=True)
class Link:
    """Of the line at the top. `count`: what waits there."""

    text: str
    to: str
    is_here: bool = False
    count: int = 0


class Frame:
    """`count_alerts`: open ones, by the caller's permissions. `warnings`: for admins, while they hold."""

    def __init__(self, count_alerts: Callable[[Caller], int], warnings: Callable[[], list[Notice]]) -> None:
        self._count_alerts = count_alerts
        self._warnings = warnings

    def values(self, visit: Visit | None, shown: Shown) -> Mapping[str, Any]:
        reader = visit.reader if visit is not None else _NOBODYS_READER
        caller = visit.caller if visit is not None and visit.session is not None else None
        return {
            "reader": reader,
            "caller": caller,
            "links": [] if visit is None or caller is None else self._links(visit, caller),
            "warnings": self._warnings() if caller is not None and caller.is_admin else [],
            "said": SAID.get(visit.said or "") if visit is not None else None,
            "as_of": None if visit is None else _minute(visit.now, reader),
            "offset": "" if visit is None else offset_text(visit.now, reader.zone_info),
            "refresh_seconds": shown.seconds,
            "q": "",
        }

    def _links(self, visit: Visit, caller: Caller) -> list[Link]:
        count = self._count_alerts(caller)
        places = [*_FOR_ALL, *(_FOR_ADMINS if caller.is_admin else ())]
        return [_link(text, to, visit, count if to == "/alerts" else 0) for text, to in places]


def _minute(now: datetime, reader: Reader) -> TimeText:
    """A page that has not changed is the same for a minute, and need not be sent again."""
    at = now.replace(second=0, microsecond=0)
    return replace(moment(at, at, reader.zone_info), text=clock(at.astimezone(reader.zone_info)))


def _link(text: str, to: str, visit: Visit, count: int) -> Link:
    path = visit.here.partition("?")[0]
    is_here = path == to if to == "/" else any(_is_below(path, each) for each in (to, *_BELONGS.get(to, ())))
    return Link(text, to, is_here, count)


def _is_below(path: str, place: str) -> bool:
    return path == place or path.startswith(place + "/")
