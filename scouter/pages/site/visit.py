"""One request for a page as the page sees it, and what a page can answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias

from scouter.auth.page_tokens import PageClaims
from scouter.auth.permissions import Caller
from scouter.errors import InvalidInput
from scouter.pages.site.reader import Reader

PREFIX = "/scouter/ui"
SIGN_IN = "/sign-in"
SESSION_COOKIE = "scouter_session"  # the API takes no cookie of that name


@dataclass(frozen=True, slots=True)
class Visit:
    """`query` is of the type that the page names, None where it names none. `form` are the fields of a POST.

    `here` is the address that was asked for, with its query; `origin` is what a client would call this server.
    """

    caller: Caller
    reader: Reader
    now: datetime
    here: str
    origin: str
    address: str = ""  # of the caller
    query: Any = None
    form: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)
    said: str | None = None
    session: PageClaims | None = None

    def with_sent(self, query: Any, form: Mapping[str, str]) -> Visit:
        return replace(self, query=query, form=form)

    def field(self, name: str) -> str:
        """Raises `InvalidInput` for a form that was not ours."""
        try:
            return self.form[name]
        except KeyError:
            raise InvalidInput(name, None, "a field of the form") from None


@dataclass(frozen=True, slots=True)
class Shown:
    """A page: its template, and what the template names."""

    template: str
    values: Mapping[str, Any]
    status: int = 200
    seconds: int = 30
    """After how many it looks again, while somebody looks at it."""


@dataclass(frozen=True, slots=True)
class Moved:
    """303 to an address below the prefix. `said` names the sentence to be shown there."""

    to: str
    said: str | None = None
    cookies: tuple[Cookie, ...] = ()


@dataclass(frozen=True, slots=True)
class Saved:
    """Bytes to be saved under that name, whatever is in them."""

    data: bytes
    file_name: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture alone."""

    svg: str


@dataclass(frozen=True, slots=True)
class Cookie:
    """`seconds`: how long a browser keeps it; 0: not at all, from now on."""

    name: str
    value: str
    seconds: int


Answer: TypeAlias = Shown | Moved | Saved | Drawn
