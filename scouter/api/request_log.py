"""A line for every request, and an id by which to find it. Names, passwords and tokens stay out of it."""

from __future__ import annotations

import logging
import os
import re
import time

import falcon

log = logging.getLogger("scouter.http")

_USABLE_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)


class RequestLog:
    """Falcon middleware. The id travels in the `X-Request-ID` header, never in a body."""

    def process_request(self, request: falcon.Request, response: falcon.Response) -> None:
        request.context.began = time.perf_counter()
        sent = request.get_header("x-request-id") or ""
        request.context.id = sent if _USABLE_ID.fullmatch(sent) else os.urandom(8).hex()
        response.set_header("X-Request-ID", request.context.id)

    def process_response(self, request: falcon.Request, response: falcon.Response, _: object, __: bool) -> None:
        status = falcon.http_status_to_code(response.status)
        level = logging.DEBUG if status < 400 else logging.WARNING
        if log.isEnabledFor(level):
            took = (time.perf_counter() - request.context.began) * 1000
            log.log(level, "%s %s %d %.1f ms %s", request.method, request.path, status, took, request.context.id)
