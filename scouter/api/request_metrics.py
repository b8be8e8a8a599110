"""Counts and times every request by the pattern of its route. A raw path would make a metric for every name in it."""

from __future__ import annotations

import time
from typing import Protocol

import falcon

from scouter.metrics import HTTP_REQUESTS, HTTP_SECONDS, REQUESTS_REFUSED

_NO_ROUTE = "(no route)"
_OTHER = "(other)"
_METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"})

_Key = tuple[str, str | None, str | int]


class _Counts(Protocol):
    def inc(self) -> None: ...


class _Times(Protocol):
    def observe(self, amount: float) -> None: ...


class RequestMetrics:
    """Falcon middleware. It comes after `RequestLog`, which notes when a request began."""

    def __init__(self) -> None:
        # To find a metric by its labels costs more than to count, so what was found is kept. The keys are few: route
        # patterns, known methods, statuses.
        self._found: dict[_Key, tuple[_Counts, _Times]] = {}

    def process_response(self, request: falcon.Request, response: falcon.Response, _: object, __: bool) -> None:
        key = (request.method, request.uri_template, response.status)
        found = self._found.get(key)
        if found is None:
            found = self._find(*key)
        found[0].inc()
        found[1].observe(time.perf_counter() - request.context.began)
        if response.context and "refused" in response.context:
            REQUESTS_REFUSED.labels(request.uri_template or _NO_ROUTE, response.context.refused.code).inc()

    def _find(self, method: str, template: str | None, status: str | int) -> tuple[_Counts, _Times]:
        known = method in _METHODS
        labels = (
            method if known else _OTHER,
            template or _NO_ROUTE,
            str(falcon.http_status_to_code(status)),
        )
        found = HTTP_REQUESTS.labels(*labels), HTTP_SECONDS.labels(*labels)
        if known:
            self._found[method, template, status] = found
        return found
