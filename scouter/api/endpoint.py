"""What Falcon calls: the requests of one path admitted, decoded, handled and answered."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import falcon
import msgspec

from scouter.api.attachments import content_disposition
from scouter.api.content_encoding import encoding_of, unpacked
from scouter.api.port.arriving_body import too_large
from scouter.api.port.hand_over import HandOver
from scouter.api.port.reply import BULKHEAD
from scouter.api.reply_headers import for_download, for_page
from scouter.api.request_headers import credentials_of, idempotency_key
from scouter.api.routing import AnyRequest, AnyRoute, Attachment, Deferred, Request, Streamed
from scouter.auth.passwords import MustBeHashed
from scouter.auth.permissions import Caller
from scouter.errors import ScouterError, Unavailable, Undecodable
from scouter.postgres.connections.contention import retried
from scouter.users.authentication import BOOTSTRAP, Admission, Authentication, Credentials

_CSV = "text/csv"
_NOBODY = Caller("", frozenset(), frozenset())


class Endpoint:
    """The Falcon resource of one path: one responder for each of its routes, and one for HEAD beside that for GET."""

    def __init__(self, routes: Iterable[AnyRoute], authentication: Authentication, *, max_bytes: int) -> None:
        self._authentication = authentication
        self._max_bytes = max_bytes
        allowed = {"OPTIONS"}
        for route in routes:
            respond = self._responder(route)
            respond = _page_or(respond, route.page) if route.page else respond
            setattr(self, f"on_{route.method.lower()}", respond)
            allowed.add(route.method)
            if route.method == "GET":
                self.on_head = respond  # Falcon leaves the body out
                allowed.add("HEAD")
        self._allowed = ", ".join(sorted(allowed))

    def on_options(self, _: falcon.Request, response: falcon.Response, **__: str) -> None:
        say_what_is_allowed(response, self._allowed)

    def _responder(self, route: AnyRoute) -> Callable[..., None]:
        handle = route.handle if route.raw is not None else _again_if_others_are_in_the_way(route)

        def respond(request: falcon.Request, response: falcon.Response, **parts: str) -> None:
            reply = handle(self._request_of(route, request, response, parts))
            if isinstance(reply, Deferred):
                reply = reply.wait()
            response.content_type = route.media_type
            if route.table is not None:
                response.set_header("Vary", "Accept")
                if request.client_prefers((falcon.MEDIA_JSON, _CSV)) == _CSV:
                    response.content_type = f"{_CSV}; charset=utf-8"
                    _give(response, route.table(reply))
                    return
            if is_json:
                response.data = msgspec.json.encode(reply)
            else:
                _give(response, _without_body(reply) if request.method == "HEAD" else reply)

        is_json = route.media_type == falcon.MEDIA_JSON
        return respond

    def _request_of(
        self, route: AnyRoute, request: falcon.Request, response: falcon.Response, parts: Mapping[str, str]
    ) -> AnyRequest:
        if route.refused is None:
            return self._decoded(route, request, response, parts)
        try:
            return self._decoded(route, request, response, parts)
        except Exception as problem:
            route.refused(problem if isinstance(problem, ScouterError) else Unavailable("it could not be judged"))
            raise

    def _decoded(
        self, route: AnyRoute, request: falcon.Request, response: falcon.Response, parts: Mapping[str, str]
    ) -> AnyRequest:
        sent = credentials_of(request)
        admission = self._admit(route, sent, request, response)
        query = route.parse_query(request.params)
        if route.raw is not None:
            key = idempotency_key(request)
            return Request(admission.caller, sent, query, None, parts, *self._kept(request), key)
        body = route.parse_body(self._read(request)) if route.body is not None else None
        return Request(admission.caller, sent, query, body, parts)

    def _admit(
        self, route: AnyRoute, sent: Credentials, request: falcon.Request, response: falcon.Response
    ) -> Admission:
        if route.public:
            return Admission(_NOBODY)
        if route.bootstrap and self._authentication.is_bootstrap(sent):
            return Admission(BOOTSTRAP)
        admission = self._admitted(route, sent, request.env.get(BULKHEAD))
        if admission.renewed is not None:  # on errors too: the client takes it from any reply
            response.set_header("Authorization", f"Bearer {admission.renewed}")
        return admission

    def _admitted(self, route: AnyRoute, sent: Credentials, bulkhead: str | None) -> Admission:
        """A password is hashed by threads that are there to wait for it; what is then to be done, by the route's."""
        if bulkhead is None:
            return self._authentication.admit(sent)
        try:
            admission = self._authentication.admit(sent, may_wait=bulkhead == "logins")
        except MustBeHashed:
            raise HandOver("logins") from None
        if bulkhead != route.bulkhead:
            raise HandOver(route.bulkhead)
        return admission

    def _kept(self, request: falcon.Request) -> tuple[bytes, Undecodable | None]:
        """For a message, which is kept whatever it is. When it cannot be unpacked: as it came, and why."""
        raw = self._sent(request)
        try:
            return self._unpacked(request, raw), None
        except Undecodable as problem:
            return raw, problem

    def _read(self, request: falcon.Request) -> bytes:
        return self._unpacked(request, self._sent(request))

    def _unpacked(self, request: falcon.Request, raw: bytes) -> bytes:
        header = request.env.get("HTTP_CONTENT_ENCODING")
        encoding = None if header is None else encoding_of(header)
        return raw if encoding is None else unpacked(raw, encoding, maximum=self._max_bytes)

    def _sent(self, request: falcon.Request) -> bytes:
        if (request.content_length or 0) > self._max_bytes:
            raise too_large(self._max_bytes)
        raw: bytes = request.bounded_stream.read(self._max_bytes + 1)
        if len(raw) > self._max_bytes:
            raise too_large(self._max_bytes)
        return raw


def say_what_is_allowed(response: falcon.Response, allowed: str) -> None:
    """The answer to OPTIONS."""
    response.set_header("Allow", allowed)
    response.content_length = 0


def _without_body(reply: Streamed | Attachment | str) -> Streamed | Attachment | str:
    """Its headers are all that is wanted. A generator that is closed lets go of what it has open."""
    if not isinstance(reply, Streamed):
        return reply
    close = getattr(reply.chunks, "close", None)
    if close is not None:
        close()
    return dataclasses.replace(reply, chunks=iter(()))


def _page_or(respond: Callable[..., None], page: Callable[[], str]) -> Callable[..., None]:
    def by_what_is_accepted(request: falcon.Request, response: falcon.Response, **parts: str) -> None:
        response.set_header("Vary", "Accept")
        if falcon.MEDIA_HTML.partition(";")[0] not in request.accept:  # `*/*` is no browser's alone
            return respond(request, response, **parts)
        response.content_type = falcon.MEDIA_HTML
        return _give(response, page())

    return by_what_is_accepted


def _again_if_others_are_in_the_way(route: AnyRoute) -> Callable[[AnyRequest], Any]:
    """What a request does, it does in transactions, and one that failed has done nothing."""
    return lambda request: retried(lambda: route.handle(request))


def _give(response: falcon.Response, reply: Streamed | Attachment | str) -> None:
    """What is no JSON: a page or text to be shown, or something to be saved."""
    if isinstance(reply, str):
        response.set_headers(for_page(reply))
        response.data = reply.encode()
        return
    response.set_headers({**for_download(), "Content-Disposition": content_disposition(reply.file_name)})
    if isinstance(reply, Attachment):
        response.data = reply.data
    else:
        response.stream = reply.chunks
