"""What is answered over HTTP, without a server: routes do not look at the parts behind them until somebody asks."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from functools import cache
from typing import Any

from scouter.answering import Behind
from scouter.api.application import Served
from scouter.api.routing import AnyRoute
from scouter.api.surface import http_application
from scouter.pages.surface import site
from scouter.settings.settings import Settings

_DOCUMENT = "/scouter/api/v1/openapi.json"


class _Unasked:
    """Stands for a part of the server."""

    def __getattr__(self, _: str) -> _Unasked:
        return self

    def __call__(self, *_: object, **__: object) -> _Unasked:
        return self


@cache
def served() -> Served:
    return http_application(_behind(), Settings(), lambda: datetime.now(UTC))


@cache
def page_addresses() -> frozenset[str]:
    """Of all pages for people, below their prefix."""
    return frozenset(page.address for page in site(_behind(), Settings(), lambda: datetime.now(UTC)).pages)


def _behind() -> Behind:
    part: Any = _Unasked()
    parts = dict.fromkeys([each.name for each in fields(Behind)], part)
    return Behind(**{**parts, "conninfo": "", "disk": None})


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document, as the server answers it."""
    route = served().table.find("GET", _DOCUMENT).route
    assert isinstance(route, AnyRoute)
    answered: dict[str, Any] = route.handle(None)
    return answered


def answers(method: str, path: str) -> bool:
    return served().table.find(method, path).route is not None


def answers_something(path: str) -> bool:
    return any(answers(method, path) for method in ("GET", "POST", "PUT", "DELETE"))
