"""How a service sends: the first lines of a program, with this server's address in them."""

from __future__ import annotations

from scouter.auth.permissions import Caller
from scouter.pages.site.page import Page
from scouter.pages.site.visit import Answer, Shown, Visit


class Connect:
    def pages(self) -> list[Page]:
        return [Page("/connect", self.show, threads="rest", summary="How a service sends records here.")]

    def show(self, visit: Visit) -> Answer:
        values = {"origin": visit.origin, "may_write": spaces_in_words(visit.caller, "write")}
        return Shown("connect.html", {**values, "may_read": spaces_in_words(visit.caller, "read")}, seconds=0)


def spaces_in_words(caller: Caller, verb: str) -> str:
    """Where that user may do that: `all spaces`, `shop, risk`, `no space`."""
    spaces = caller.spaces("write" if verb == "write" else "read")
    return "all spaces" if spaces is None else ", ".join(sorted(spaces)) or "no space"
