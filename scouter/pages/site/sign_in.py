"""The way in and out."""

from __future__ import annotations

from urllib.parse import urlsplit

from msgspec import Struct

from scouter.auth.page_tokens import PAGE_LIFETIME
from scouter.errors import NotAuthenticated, TooManyAttempts
from scouter.pages.site.page import Page
from scouter.pages.site.reader import ZONE_COOKIE, is_zone
from scouter.pages.site.visit import PREFIX, SESSION_COOKIE, SIGN_IN, Answer, Cookie, Moved, Shown, Visit
from scouter.users.page_sessions import PageSessions
from scouter.wire.users import LONGEST_PASSWORD, LONGEST_USERNAME

_A_YEAR = 365 * 86400
_LONGEST_NEXT = 4000


class SignInQuery(Struct, frozen=True):
    next: str | None = None
    expired: str | None = None


class SignIn:
    def __init__(self, sessions: PageSessions) -> None:
        self._sessions = sessions

    def pages(self) -> list[Page]:
        return [
            Page(
                SIGN_IN,
                self.show,
                {"sign-in": self.sign_in},
                "anybody",
                query=SignInQuery,
                threads="rest",
                acts_in="logins",
                summary="The way in.",
            ),
            Page("/sign-out", None, {"sign-out": self.sign_out}, threads="rest", summary="The way out."),
        ]

    def show(self, visit: Visit) -> Answer:
        after = way_on(visit.query.next)
        if visit.session is not None:
            return Moved(after)
        why = "You were signed out after twelve hours." if visit.query.expired else None
        return _form(after, why)

    def sign_in(self, visit: Visit) -> Answer:
        username, password, after = visit.field("username"), visit.field("password"), way_on(visit.form.get("next"))
        if len(username) > LONGEST_USERNAME or len(password) > LONGEST_PASSWORD:
            return _form(after, "Wrong name or password.", 401)
        try:
            token = self._sessions.sign_in(username, password, visit.address)
        except NotAuthenticated:
            return _form(after, "Wrong name or password.", 401)
        except TooManyAttempts as refused:
            return _form(after, f"Too many failed attempts. Try again in {refused.retry_after_seconds} s.", 429)
        cookies = (Cookie(SESSION_COOKIE, token, int(PAGE_LIFETIME.total_seconds())), *_zone(visit.form.get("zone")))
        return Moved(after, cookies=cookies)

    def sign_out(self, visit: Visit) -> Answer:
        if visit.session is not None:
            self._sessions.end(visit.session)
        return Moved(SIGN_IN, "signed-out", (Cookie(SESSION_COOKIE, "", 0),))


def way_on(sent: str | None) -> str:
    """Where to go after it, below the prefix: a page of ours, else the first one. Nobody is led elsewhere."""
    path = (sent or "")[:_LONGEST_NEXT]
    inside = path.startswith(PREFIX + "/") and not any(each in path for each in "\\\r\n\0")
    after = path.removeprefix(PREFIX) if inside else "/"
    split = urlsplit(after)
    if split.netloc or split.scheme or after.startswith("//") or after.startswith((SIGN_IN, "/sign-out")):
        return "/"
    return after


def _form(after: str, why: str | None, status: int = 200) -> Shown:
    return Shown("sign_in.html", {"next": PREFIX + after, "why": why, "is_wrong": status != 200}, status, seconds=0)


def _zone(sent: str | None) -> tuple[Cookie, ...]:
    """The browser's, where its script could say."""
    return (Cookie(ZONE_COOKIE, sent, _A_YEAR),) if sent and is_zone(sent) else ()
