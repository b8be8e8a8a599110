"""A line for a request that failed or was slow, and an id by which to find it.

Names, passwords, tokens and what was sent stay out of it.
"""

from __future__ import annotations

import logging
import os
import re
import time

import falcon

from scouter.api.caller_address import TrustedProxies
from scouter.api.errors import ErrorReply
from scouter.logs import request_id

log = logging.getLogger("scouter.http")

SLOW_SECONDS = 1.0
_USABLE_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)


class RequestLog:
    """Falcon middleware, the first one: it notes what others need.

    The id travels in the `X-Request-ID` header, never in a body, and is on every line that is logged meanwhile.
    """

    def __init__(self, proxies: TrustedProxies) -> None:
        self._proxies = proxies

    def process_request(self, request: falcon.Request, response: falcon.Response) -> None:
        context = request.context
        context.began = time.perf_counter()
        sent = request.get_header("x-request-id")
        context.id = sent if sent and _USABLE_ID.fullmatch(sent) else os.urandom(8).hex()
        context.address = self._proxies.caller_of(request.env)
        request_id.set(context.id)
        response.set_header("X-Request-ID", context.id)

    def process_response(self, request: falcon.Request, response: falcon.Response, _: object, __: bool) -> None:
        status = falcon.http_status_to_code(response.status)
        took = time.perf_counter() - request.context.began
        level = logging.DEBUG if status < 400 and took < SLOW_SECONDS else logging.WARNING
        if log.isEnabledFor(level):
            why = _why(response.context.get("refused"))
            address = request.context.address
            log.log(level, "%s %s %d %.1f ms from %s%s", request.method, request.path, status, took * 1e3, address, why)
        request_id.set("")


def _why(refused: ErrorReply | None) -> str:
    """What was wrong, without the values that were sent."""
    if refused is None:
        return ""
    if refused.field is not None:
        return f": {refused.code}, {refused.field}: expected {refused.accepted}"
    return f": {refused.code}, {refused.error}"
