"""What Falcon calls: the requests of one path admitted, decoded, handled and answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import falcon
import msgspec

from scouter.api.request_headers import credentials_of, idempotency_key
from scouter.api.routing import AnyRequest, AnyRoute, Deferred, Request, Streamed
from scouter.auth.permissions import Caller
from scouter.errors import ScouterError, TooLarge
from scouter.users.authentication import BOOTSTRAP, Admission, Authentication, Credentials

_NOBODY = Caller("", frozenset(), frozenset())


class Endpoint:
    """The Falcon resource of one path: one responder for each of its routes."""

    def __init__(self, routes: Iterable[AnyRoute], authentication: Authentication, *, max_bytes: int) -> None:
        self._authentication = authentication
        self._max_bytes = max_bytes
        for route in routes:
            setattr(self, f"on_{route.method.lower()}", self._responder(route))

    def _responder(self, route: AnyRoute) -> Callable[..., None]:
        def respond(request: falcon.Request, response: falcon.Response, **parts: str) -> None:
            reply = route.handle(self._request_of(route, request, response, parts))
            if isinstance(reply, Deferred):
                reply = reply.wait()
            response.content_type = route.media_type
            if isinstance(reply, Streamed):
                response.stream = reply.chunks
                response.downloadable_as = reply.file_name
            else:
                response.data = _encoded(reply, route.media_type)

        return respond

    def _request_of(
        self, route: AnyRoute, request: falcon.Request, response: falcon.Response, parts: Mapping[str, str]
    ) -> AnyRequest:
        if route.refused is None:
            return self._decoded(route, request, response, parts)
        try:
            return self._decoded(route, request, response, parts)
        except ScouterError as problem:
            route.refused(problem)
            raise

    def _decoded(
        self, route: AnyRoute, request: falcon.Request, response: falcon.Response, parts: Mapping[str, str]
    ) -> AnyRequest:
        sent = credentials_of(request)
        admission = self._admit(route, sent, response)
        query = route.parse_query(request.params)
        if route.raw is not None:
            return Request(admission.caller, sent, query, None, parts, self._read(request), idempotency_key(request))
        body = route.parse_body(self._read(request)) if route.body is not None else None
        return Request(admission.caller, sent, query, body, parts)

    def _admit(self, route: AnyRoute, sent: Credentials, response: falcon.Response) -> Admission:
        if route.public:
            return Admission(_NOBODY)
        if route.bootstrap and self._authentication.is_bootstrap(sent):
            return Admission(BOOTSTRAP)
        admission = self._authentication.admit(sent)
        if admission.renewed is not None:  # on errors too: the client takes it from any reply
            response.set_header("Authorization", f"Bearer {admission.renewed}")
        return admission

    def _read(self, request: falcon.Request) -> bytes:
        if (request.content_length or 0) > self._max_bytes:
            raise self._too_large()
        raw: bytes = request.bounded_stream.read(self._max_bytes + 1)
        if len(raw) > self._max_bytes:
            raise self._too_large()
        return raw

    def _too_large(self) -> TooLarge:
        return TooLarge(
            f"the body is larger than {self._max_bytes} bytes",
            action="send smaller messages, or raise SCOUTER_MAX_MESSAGE_BYTES",
        )


def _encoded(reply: Any, media_type: str) -> bytes:
    if media_type == falcon.MEDIA_JSON:
        return msgspec.json.encode(reply)
    return reply if isinstance(reply, bytes) else str(reply).encode()
