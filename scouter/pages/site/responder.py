"""What Falcon calls for one page: who looks is admitted, what is asked for is read, the page is made and given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import datetime
from urllib.parse import quote

import falcon

from scouter.auth.permissions import Caller
from scouter.pages.site.forms import MAX_FORM_BYTES, form_of
from scouter.pages.site.origins import require_own
from scouter.pages.site.page import Page, require
from scouter.pages.site.reader import Reader
from scouter.pages.site.reading_room import ReadingRoom
from scouter.pages.site.replies import Replies
from scouter.pages.site.visit import PREFIX, SESSION_COOKIE, SIGN_IN, Answer, Cookie, Moved, Visit
from scouter.users.page_sessions import PageSession, PageSessions
from scouter.wire.decoding import convert_query

NOBODY = Caller("", frozenset(), frozenset())


class Responder:
    def __init__(
        self,
        page: Page,
        sessions: PageSessions,
        replies: Replies,
        room: ReadingRoom,
        public_url: str | None,
        now: Callable[[], datetime],
    ) -> None:
        self._page = page
        self._sessions = sessions
        self._replies = replies
        self._room = room
        self._public_url = public_url
        self._now = now

    def on_get(self, request: falcon.Request, response: falcon.Response, **parts: str) -> None:
        if self._page.show is None:
            raise falcon.HTTPMethodNotAllowed(["POST"])
        self._respond(request, response, parts, self._page.show)

    on_head = on_get  # Falcon leaves the body out

    def on_post(self, request: falcon.Request, response: falcon.Response, **parts: str) -> None:
        if not self._page.actions:
            raise falcon.HTTPMethodNotAllowed(["GET", "HEAD"])
        require_own(request.get_header, self._public_url)
        self._respond(request, response, parts, self._page.act)

    def _respond(
        self,
        request: falcon.Request,
        response: falcon.Response,
        parts: Mapping[str, str],
        answer: Callable[[Visit], Answer],
    ) -> None:
        cookie = cookie_of(request, SESSION_COOKIE)
        session = self._sessions.of(cookie) if cookie else None
        # For a page about an error, too.
        visit = request.context.visit = self._visit(request, session, parts)
        if session is None and self._page.who != "anybody":
            self._replies.give(self._way_in(request, cookie), visit, request, response)
            return
        require(self._page.who, visit)
        threads = self._page.acts_in if request.method == "POST" else self._page.threads
        with self._room.seat() if threads == "pages" else nullcontext():
            given = answer(self._with_what_was_sent(visit, request))
            self._replies.give(given, visit, request, response)
        if session is not None and session.renewed is not None and request.method == "GET":
            self._replies.set_cookie(response, Cookie(SESSION_COOKIE, session.renewed, _seconds_of(session)))

    def _visit(self, request: falcon.Request, session: PageSession | None, parts: Mapping[str, str]) -> Visit:
        return Visit(
            caller=session.caller if session else NOBODY,
            reader=Reader.of(lambda name: cookie_of(request, name)),
            now=self._now(),
            here=request.relative_uri.removeprefix(PREFIX) or "/",
            origin=self._public_url or f"{request.scheme}://{request.get_header('Host') or request.host}",
            address=request.context.address,
            said=_text(request.params.get("said")),
            parts=parts,
            session=session.claims if session else None,
        )

    def _with_what_was_sent(self, visit: Visit, request: falcon.Request) -> Visit:
        page, form = self._page, {}
        if request.method == "POST":
            form = form_of(request.bounded_stream.read(MAX_FORM_BYTES + 1), request.content_type)
        query = convert_query(_not_empty(request.params), page.query, accepted=page.accepted) if page.query else None
        return visit.with_sent(query, form)

    def _way_in(self, request: falcon.Request, cookie: str | None) -> Moved:
        """A form that meets an ended session is not sent again: it leads to the page that it was on."""
        why = "&expired=1" if cookie is not None and self._sessions.has_expired(cookie) else ""
        return Moved(f"{SIGN_IN}?next={quote(request.relative_uri, safe='')}{why}")


def cookie_of(request: falcon.Request, name: str) -> str | None:
    values = request.get_cookie_values(name) if "HTTP_COOKIE" in request.env else None
    return values[0] if values else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _not_empty(parameters: Mapping[str, object]) -> Mapping[str, object]:
    """A form that is sent by GET has all its fields, those that say nothing too."""
    return {name: value for name, value in parameters.items() if value != ""}


def _seconds_of(session: PageSession) -> int:
    return max(int((session.claims.expires - session.claims.issued).total_seconds()), 0)
