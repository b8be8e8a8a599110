"""Pages as data: address, who may look, what it asks for, what it shows, what can be done there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from scouter.errors import InvalidInput
from scouter.pages.site.visit import Answer, Visit
from scouter.wire.refusal_words import Accepted, by_type_alone

Who = Literal["anybody", "any user", "reads some space", "admin"]
Threads = Literal["pages", "logins", "outside", "rest"]
"""Whose threads make it. Those of `pages` are few, so that people never keep messages waiting; those of `outside` wait
for services of others."""


@dataclass(frozen=True)
class Page:
    """`show` answers GET; `actions` answer POST, each under its word in the field `do`.

    `who` is asked before anything is looked up; what is of one space is for the page to authorise.
    """

    address: str
    show: Callable[[Visit], Answer] | None = None
    actions: Mapping[str, Callable[[Visit], Answer]] = field(default_factory=dict)
    who: Who = "any user"
    query: Any = None
    accepted: Accepted = by_type_alone
    threads: Threads = "pages"
    acts_in: Threads = "pages"
    summary: str = ""

    def act(self, visit: Visit) -> Answer:
        """Raises `InvalidInput` for what cannot be done here."""
        wanted = visit.form.get("do", "")
        action = self.actions.get(wanted)
        if action is None:
            raise InvalidInput("do", wanted or None, f"one of {', '.join(sorted(self.actions))}")
        return action(visit)


class Section(Protocol):
    """Some pages that belong together."""

    def pages(self) -> list[Page]: ...


def require(who: Who, visit: Visit) -> None:
    """Raises `PermissionDenied`."""
    if who == "admin":
        visit.caller.require_admin()
    elif who == "reads some space":
        visit.caller.require_any("read")
