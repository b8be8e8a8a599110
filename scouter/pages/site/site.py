"""All pages, and the one way in which each is served."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import falcon

from scouter.pages.site.error_pages import ErrorPages
from scouter.pages.site.frame import Frame
from scouter.pages.site.outage import Outage
from scouter.pages.site.page import Page, Section, Threads
from scouter.pages.site.reading_room import ReadingRoom
from scouter.pages.site.rendering import Templates
from scouter.pages.site.replies import Replies
from scouter.pages.site.responder import Responder
from scouter.pages.site.static_files import StaticFiles, StaticFolder
from scouter.pages.site.visit import PREFIX
from scouter.users.page_sessions import PageSessions

App = falcon.App[falcon.Request, falcon.Response]
_STATIC = PREFIX + "/static/{name}"


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """`reads`: pages made at once. `public_url`: what this server is called from outside, where that is said."""

    reads: int
    public_url: str | None = None

    @property
    def has_tls(self) -> bool:
        return (self.public_url or "").startswith("https:")


class Site:
    """Safe to use from any thread."""

    def __init__(
        self,
        sections: Iterable[Section],
        sessions: PageSessions,
        frame: Frame,
        outage: Callable[[], Outage],
        settings: SiteSettings,
        now: Callable[[], datetime],
    ) -> None:
        self.pages: list[Page] = [page for section in sections for page in section.pages()]
        self._static = StaticFiles()
        replies = Replies(Templates(self._static), frame, has_tls=settings.has_tls)
        room = ReadingRoom(settings.reads)
        self._responders = [
            (_path(page), Responder(page, sessions, replies, room, settings.public_url, now)) for page in self.pages
        ]
        self._error_pages = ErrorPages(replies, outage)

    def addresses(self) -> Iterator[tuple[str, str, Threads]]:
        """Method, path and whose threads, of everything here: the port has to know before it reads a request."""
        yield "GET", _STATIC, "rest"
        for page in self.pages:
            if page.show is not None:
                yield "GET", _path(page), page.threads
            if page.actions:
                yield "POST", _path(page), page.acts_in

    def open_forms(self) -> frozenset[str]:
        """Paths whose forms anybody may send."""
        return frozenset(_path(page) for page in self.pages if page.who == "anybody" and page.actions)

    def install(self, app: App) -> None:
        app.add_middleware(self._error_pages)
        app.add_route(_STATIC, StaticFolder(self._static))
        for address, responder in self._responders:
            app.add_route(address, responder)


def _path(page: Page) -> str:
    """As the port has it: a slash at its end is taken off before anything is looked for."""
    return (PREFIX + page.address).rstrip("/")
