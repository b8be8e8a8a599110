"""What the port says itself: to what is no request, is too large, or finds a line full.

Such answers look like those of routes, and are counted, logged and, of messages, in the ledger like them.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from typing import Any

import falcon
import msgspec
from waitress.utilities import RequestHeaderFieldsTooLarge, ServerNotImplemented

from scouter.api.caller_address import TrustedProxies
from scouter.api.errors import reply_of, status_of
from scouter.api.port.reply import Reply
from scouter.api.port.request_parser import MAX_HEAD_BYTES, RequestParser
from scouter.api.reply_headers import ON_API_REPLIES
from scouter.api.request_log import log_request, usable_id
from scouter.api.request_metrics import count_refused
from scouter.api.route_table import RouteTable
from scouter.errors import BrokenRequest, Busy, EncodingNotSupported, HeadTooLarge, ScouterError
from scouter.logs import request_id

log = logging.getLogger(__name__)

_QUIET_SECONDS = 10.0  # between two lines about full lines: those who find them full may be thousands


class Refusals:
    """Belongs to the one thread that answers for the port."""

    def __init__(self, table: RouteTable, proxies: TrustedProxies) -> None:
        self._table = table
        self._proxies = proxies
        self._turned_away: Counter[str] = Counter()  # by path, since the last line about them
        self._said_at = float("-inf")  # on time.monotonic()

    def note(self, request: RequestParser, error: ScouterError, peer: str, seconds: float) -> str:
        """Count and log a request that is refused, `seconds` after a thread took it. The request's id."""
        asked = self._table.find(request.command, request.path)
        if asked.route is not None and asked.route.refused is not None:
            asked.route.refused(error)
        status, code = status_of(error)
        count_refused(request.command, asked.template, status, code, seconds)
        identity = usable_id(request.headers.get("X_REQUEST_ID"))
        request_id.set(identity)
        if isinstance(error, Busy):
            self._say_how_many(asked.template)
        else:
            address = self._address_of(request, peer)
            log_request(request.command, request.path, status, seconds, address, reply_of(error))
        request_id.set("")
        return identity

    def _say_how_many(self, template: str) -> None:
        self._turned_away[template] += 1
        if time.monotonic() - self._said_at < _QUIET_SECONDS:
            return
        self._said_at = time.monotonic()
        told = ", ".join(f"{count} to {path}" for path, count in self._turned_away.most_common())
        log.warning("as many requests as may are under way: answered 503: %s", told)
        self._turned_away.clear()

    def _address_of(self, request: RequestParser, peer: str) -> str:
        forwarded = request.headers.get("X_FORWARDED_FOR")
        environment = {"REMOTE_ADDR": peer} | ({"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {})
        return self._proxies.caller_of(environment)


class Refusal(Reply):
    """Answers a request whose `error` is set. After one that was not read to its end, nothing else can be read."""

    complete = True

    def execute(self) -> None:
        error = as_ours(self.request.error)
        seconds = max(time.time() - self.start_time, 0.0)
        identity = self.channel.server.refusals.note(self.request, error, self.channel.addr[0], seconds)
        body = msgspec.json.encode(reply_of(error))
        self.status = falcon.code_to_http_status(status_of(error)[0])
        self.response_headers = _headers(error, identity)
        self.content_length = len(body)
        if not isinstance(error, Busy):
            self.set_close_on_finish()
        self.write(body if self.has_body else b"")


def as_ours(error: Any) -> ScouterError:
    """Waitress' errors in our words. Theirs may show what was sent, of which some is secret."""
    if isinstance(error, ScouterError):
        return error
    if isinstance(error, RequestHeaderFieldsTooLarge):
        return HeadTooLarge(f"the first line and the headers are larger than {MAX_HEAD_BYTES} bytes")
    if isinstance(error, ServerNotImplemented):
        return EncodingNotSupported("the Transfer-Encoding is not supported; accepted is chunked, or a Content-Length")
    said = str(error.body).partition('"')[0].strip()
    return BrokenRequest(f"this is no valid HTTP request: {said}")


def _headers(error: ScouterError, identity: str) -> list[tuple[str, str]]:
    wait = error.retry_after_seconds
    return [
        ("Content-Type", falcon.MEDIA_JSON),
        ("X-Request-ID", identity),
        *ON_API_REPLIES.items(),
        *([] if wait is None else [("Retry-After", str(wait))]),
    ]
