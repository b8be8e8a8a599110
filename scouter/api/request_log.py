"""A line for a request that failed or was slow, and an id by which to find it.

Names, passwords, tokens and what was sent stay out of it, but for a word that is none of those which are taken.
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
        context.id = usable_id(request.get_header("x-request-id"))
        context.address = self._proxies.caller_of(request.env)
        request_id.set(context.id)
        response.set_header("X-Request-ID", context.id)

    def process_response(self, request: falcon.Request, response: falcon.Response, _: object, __: bool) -> None:
        status = falcon.http_status_to_code(response.status)
        took = time.perf_counter() - request.context.began
        refused: ErrorReply | None = response.context.get("refused")
        shown = response.context.get("shown")
        log_request(request.method, request.path, status, took, request.context.address, refused, shown)
        request_id.set("")


def usable_id(sent: str | None) -> str:
    """The id that the sender chose, or one of ours."""
    return sent if sent and _USABLE_ID.fullmatch(sent) else os.urandom(8).hex()


def log_request(
    method: str,
    path: str,
    status: int,
    seconds: float,
    address: str,
    refused: ErrorReply | None,
    shown: str | None = None,
) -> None:
    """`shown`: of what was sent, the value that was refused, if it is no secret."""
    is_quiet = status < 400 or _is_said_elsewhere(refused)
    level = logging.DEBUG if is_quiet and seconds < SLOW_SECONDS else logging.WARNING
    if log.isEnabledFor(level):
        why = _why(refused, shown)
        log.log(level, "%s %s %d %.1f ms from %s%s", method, path, status, seconds * 1e3, address, why)


def _is_said_elsewhere(refused: ErrorReply | None) -> bool:
    """Messages that are kept and not supported have one line an hour."""
    return refused is not None and refused.code == "NOT_SUPPORTED" and refused.quarantine_id is not None


def _why(refused: ErrorReply | None, shown: str | None) -> str:
    """What was wrong, without the values that were sent, but for one that may be `shown`."""
    if refused is None:
        return ""
    if refused.field is not None:
        value = "" if shown is None else f"{shown} is not accepted; "
        return f": {refused.code}, {refused.field}: {value}expected {refused.accepted}"
    return f": {refused.code}, {refused.error}"
