"""Counts and times every request by the pattern of its route. A raw path would make a metric for every name in it."""

from __future__ import annotations

import time
from typing import Protocol

import falcon

from scouter.metrics import HTTP_REQUESTS, HTTP_SECONDS, REQUESTS_REFUSED

NO_ROUTE = "(no route)"
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
            REQUESTS_REFUSED.labels(request.uri_template or NO_ROUTE, response.context.refused.code).inc()

    def _find(self, method: str, template: str | None, status: str | int) -> tuple[_Counts, _Times]:
        found = _metrics_of(method, template, status)
        if method in _METHODS:
            self._found[method, template, status] = found
        return found


def count_refused(method: str, template: str, status: int, code: str, seconds: float) -> None:
    """A request that was answered with an error before anything here saw it."""
    counts, times = _metrics_of(method, template, status)
    counts.inc()
    times.observe(seconds)
    REQUESTS_REFUSED.labels(template, code).inc()


def _metrics_of(method: str, template: str | None, status: str | int) -> tuple[_Counts, _Times]:
    known = method if method in _METHODS else _OTHER
    labels = (known, template or NO_ROUTE, str(falcon.http_status_to_code(status)))
    return HTTP_REQUESTS.labels(*labels), HTTP_SECONDS.labels(*labels)
