"""Which route a request is for, before anything of it is handled: from the method and path of its first line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from scouter.api.port.bulkheads import BulkheadName
from scouter.api.request_metrics import NO_ROUTE
from scouter.errors import ScouterError


class Place(Protocol):
    """What is served under a method and a path: a route, or something beside the API."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def bulkhead(self) -> BulkheadName: ...
    @property
    def refused(self) -> Callable[[ScouterError], None] | None: ...


@dataclass(frozen=True, slots=True)
class PageAddress:
    """A place that is no route: no program asks for it."""

    method: str
    path: str
    bulkhead: BulkheadName
    refused: None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """`template` is the path of the routes table, with its `{parts}`; without anything at that place, None."""

    template: str
    route: Place | None

    @property
    def bulkhead(self) -> BulkheadName:
        return self.route.bulkhead if self.route is not None else "rest"


_NOTHING = Asked(NO_ROUTE, None)


class RouteTable:
    """Falcon finds the handler by itself; this says beforehand whose threads it is for, and what it is called."""

    def __init__(self, routes: Iterable[Place]) -> None:
        self._plain: dict[str, dict[str, Place]] = {}
        self._patterns: list[tuple[re.Pattern[str], str, dict[str, Place]]] = []
        by_path: dict[str, dict[str, Place]] = {}
        for route in routes:
            by_path.setdefault(route.path, {})[route.method] = route
        for path, by_method in by_path.items():
            if "{" in path:
                self._patterns.append((_pattern(path), path, by_method))
            else:
                self._plain[path] = by_method

    def find(self, method: str, path: str) -> Asked:
        by_method = self._plain.get(path)
        if by_method is not None:
            return Asked(path, _of_method(by_method, method))
        return self._search(method, collapsed(path))

    def _search(self, method: str, path: str) -> Asked:
        if (by_method := self._plain.get(path)) is not None:
            return Asked(path, _of_method(by_method, method))
        for pattern, template, by_method in self._patterns:
            if pattern.fullmatch(path):
                return Asked(template, _of_method(by_method, method))
        return _NOTHING


def collapsed(path: str) -> str:
    """A server address that ends in a slash makes clients ask for `//scouter/...`."""
    return re.sub("^/+", "/", path).rstrip("/") or "/"


def _of_method(by_method: dict[str, Place], method: str) -> Place | None:
    return by_method.get("GET" if method == "HEAD" else method)


def _pattern(path: str) -> re.Pattern[str]:
    fixed = re.split(r"\{\w+\}", path)
    return re.compile("[^/]+".join(map(re.escape, fixed)))
