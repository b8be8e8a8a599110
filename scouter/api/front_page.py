"""What this is, for whoever opens the server's address and knows nothing yet."""

from __future__ import annotations

from pathlib import Path

import falcon

from scouter.api.routing import AnyRoute, Request, Route
from scouter.version import VERSION
from scouter.wire.front_page import FrontPageReply

_PAGES = "/scouter/ui/"
_PAGE = Path(__file__).with_name("front_page.html")
_WHAT = (
    "This is Scouter for Python, a server that monitors models: services send it features and metrics with the client "
    "scouter-ml, it checks them for drift and raises alerts."
)


class FrontPage:
    """Browsers are led to the pages, where there are any."""

    def __init__(self, *, has_pages: bool = False) -> None:
        self._has_pages = has_pages

    def routes(self) -> list[AnyRoute]:
        return [
            Route(
                "GET",
                "/",
                self.say,
                "What this is: a sentence and where to go on, or for browsers a page.",
                FrontPageReply,
                permission="none",
                public=True,
                page=self.page,
            )
        ]

    def say(self, _: Request[None, None]) -> FrontPageReply:
        return FrontPageReply(_WHAT, VERSION)

    def page(self) -> str:
        if self._has_pages:
            raise falcon.HTTPSeeOther(_PAGES)
        return _PAGE.read_text(encoding="utf-8").replace("{what}", _WHAT).replace("{version}", VERSION)
