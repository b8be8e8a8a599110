"""Whose body is kept: judged from the head of a request, before any of its body is.

Nobody is asked for it, neither the database nor a thread that hashes: those who will be refused in any case are told
from those who may be let in. The endpoint judges again, by all it knows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from scouter.api.port.arriving_body import ArrivingBody
from scouter.api.port.body_budget import BodyBudget
from scouter.errors import NotAuthenticated, ScouterError
from scouter.metrics import HTTP_BODIES_REFUSED


class Head(Protocol):
    """Of a request, as waitress' parser has it: names of headers in upper case, with underscores."""

    headers: Mapping[str, str]
    content_length: int
    path: str


class HeadJudgement:
    """`has_issued`: whether that is a token of ours that has not expired. `open_forms`: paths where anybody may send
    something, as a form in which one signs in.
    """

    def __init__(
        self,
        budget: BodyBudget,
        has_issued: Callable[[str], bool],
        *,
        max_body_bytes: int,
        open_forms: Collection[str] = (),
    ) -> None:
        self.budget = budget
        self._open_forms = open_forms
        self._has_issued = has_issued
        self._max_body_bytes = max_body_bytes

    def body_of(self, head: Head) -> ArrivingBody:
        """Where the body is to be put. Of a caller who may be anybody there is little room, and none for a stranger."""
        headers = head.headers
        is_known = self._is_known(headers)
        is_open = is_known or head.path in self._open_forms
        refused = None if is_open else _wrong_with(head)
        return ArrivingBody(self.budget, head.content_length, self._max_body_bytes, is_known=is_known, refused=refused)

    def _is_known(self, headers: Mapping[str, str]) -> bool:
        token = _bearer(headers)
        # A token in a cookie comes before this one.
        return token is not None and "COOKIE" not in headers and self._has_issued(token)


def _wrong_with(head: Head) -> ScouterError | None:
    if _may_be_anybody(head.headers):
        return None
    HTTP_BODIES_REFUSED.labels("no_credentials").inc()
    return NotAuthenticated("no usable credentials", action="log in at /scouter/auth/login")


def _may_be_anybody(headers: Mapping[str, str]) -> bool:
    """Whether it takes more than the head to judge: a bad token is renewed by a name and its password."""
    if "COOKIE" in headers or "X_BOOTSTRAP_TOKEN" in headers:
        return True
    return _bearer(headers) is not None and "USERNAME" in headers and "PASSWORD" in headers


def _bearer(headers: Mapping[str, str]) -> str | None:
    scheme, _, token = headers.get("AUTHORIZATION", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None
