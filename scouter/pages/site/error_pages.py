"""What went wrong, said on a page: what is refused here is refused as everywhere, and only the words' dress differs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import falcon

from scouter.pages.site.outage import Outage
from scouter.pages.site.reader import Reader
from scouter.pages.site.replies import Replies
from scouter.pages.site.visit import PREFIX, Shown, Visit
from scouter.pages.text.times import moment

_TITLES = {
    400: "This cannot be shown",
    401: "Sign in first",
    403: "Not for you",
    404: "Nothing here",
    405: "This cannot be done here",
    409: "Not done",
    413: "Too much",
    429: "Too many attempts",
    501: "Not kept here",
    503: "Not now",
}
_OTHER = "Something failed"
# Where Falcon itself has answered, its words are those of HTTP.
_WORDS = {404: "there is no page at this address", 405: "this page cannot do that"}
_AWAY = ("UNAVAILABLE", "DISK_FULL")


class ErrorPages:
    """Falcon middleware. It comes last, so that it is asked first: others count and log what has been refused."""

    def __init__(self, replies: Replies, outage: Callable[[], Outage]) -> None:
        self._replies = replies
        self._outage = outage

    def process_response(self, request: falcon.Request, response: falcon.Response, _: object, __: bool) -> None:
        refused = response.context.get("refused")
        if refused is None or not (request.path + "/").startswith(PREFIX + "/"):
            return
        visit: Visit | None = request.context.get("visit")
        status = falcon.http_status_to_code(response.status)
        response.content_type = falcon.MEDIA_HTML
        shown = _page(status, refused, request.context.id, _outage_in_words(self._outage(), visit))
        response.data = self._replies.html(shown, visit).encode("utf-8", "replace")
        self._replies.dress(response)


def _page(status: int, refused: Any, request_id: str, outage: Mapping[str, Any]) -> Shown:
    """`refused` is the body that programs get: `error`, `code`, `suggested_action`."""
    values = {
        "title": _TITLES.get(status, _OTHER),
        "status": status,
        "what": _WORDS[status] if status in _WORDS and refused.error.startswith(str(status)) else refused.error,
        "is_of_a_field": refused.field is not None,
        "action": refused.suggested_action,
        "is_away": refused.code in _AWAY and status == 503,
        "request_id": request_id if status >= 500 else None,
        **outage,
    }
    return Shown("error.html", values, status, seconds=5 if status == 503 else 0)


def _outage_in_words(outage: Outage, visit: Visit | None) -> Mapping[str, Any]:
    """`since` as the reader says it; where nobody was admitted, in UTC."""
    if outage.since is None:
        return {"since": None, "waiting": outage.waiting}
    reader, now = (Reader(), datetime.now(UTC)) if visit is None else (visit.reader, visit.now)
    return {"since": moment(outage.since, now, reader.zone_info), "waiting": outage.waiting}
