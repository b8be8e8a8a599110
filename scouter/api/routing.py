"""Routes as data: what each takes, gives and requires. Falcon serves them; the documentation is made from them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import falcon
import msgspec

from scouter.auth.permissions import Caller
from scouter.errors import InvalidInput, ScouterError, TooLarge
from scouter.users.authentication import BOOTSTRAP, Admission, Authentication, Credentials
from scouter.wire.decoding import Accepted, by_type_alone, convert, decode_json

LONGEST_KEY = 255
_USABLE_KEY = re.compile(rf"[\x20-\x7e]{{1,{LONGEST_KEY}}}")
_NOBODY = Caller("", frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class Request:
    """One request as a handler sees it.

    `query` and `body` are structs of the types that the route names; `parts` are the `{named}` parts of its path. A
    route that wants its body as it was sent finds it in `raw`.
    """

    caller: Caller
    credentials: Credentials
    query: Any
    body: Any
    parts: Mapping[str, str]
    raw: bytes = b""
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Deferred:
    """A reply that has to be waited for.

    A handler returns it, and with the handler's end everything that it held of the request is let go: thousands of
    decoded records, while they are still in the processor's cache, and not after the wait.
    """

    wait: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Streamed:
    """A reply that is made while it is sent. What fails on the way ends the connection: nobody takes it for whole."""

    chunks: Iterator[bytes]
    file_name: str


@dataclass(frozen=True)
class Route:
    """One method of one path.

    `permission` says in words what a caller needs; the handler enforces it, for it knows what is asked for.
    """

    method: str
    path: str
    handle: Callable[[Request], Any]
    summary: str
    reply: Any
    permission: str = "any user"
    query: type[msgspec.Struct] | None = None
    body: type[msgspec.Struct] | None = None
    raw: bool = False  # the handler decodes the body itself
    refused: Callable[[ScouterError], None] | None = None  # told of every request that does not reach the handler
    public: bool = False
    bootstrap: bool = False  # whoever has the bootstrap key may use it as an admin
    secrets: frozenset[str] = frozenset()  # members of the body that no error may show
    accepted: Accepted = by_type_alone
    errors: tuple[type[ScouterError], ...] = ()  # beside those that its form implies
    media_type: str = falcon.MEDIA_JSON  # of anything else than JSON, the handler returns text or bytes

    @cached_property
    def decoder(self) -> msgspec.json.Decoder[Any]:
        return msgspec.json.Decoder(self.body)

    def parse_query(self, parameters: Mapping[str, object]) -> Any:
        return convert(parameters, self.query, strict=False, accepted=self.accepted) if self.query else None

    def parse_body(self, raw: bytes) -> Any:
        return decode_json(self.decoder, raw, accepted=self.accepted, secrets=self.secrets)


class Resource(Protocol):
    """A part of the surface that lists its routes."""

    def routes(self) -> list[Route]: ...


class Endpoint:
    """The Falcon resource of one path: one responder for each of its routes."""

    def __init__(self, routes: list[Route], authentication: Authentication, *, max_bytes: int) -> None:
        self._authentication = authentication
        self._max_bytes = max_bytes
        for route in routes:
            setattr(self, f"on_{route.method.lower()}", self._responder(route))

    def _responder(self, route: Route) -> Callable[..., None]:
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
        self, route: Route, request: falcon.Request, response: falcon.Response, parts: Mapping[str, str]
    ) -> Request:
        if route.refused is None:
            return self._decoded(route, request, response, parts)
        try:
            return self._decoded(route, request, response, parts)
        except ScouterError as problem:
            route.refused(problem)
            raise

    def _decoded(
        self, route: Route, request: falcon.Request, response: falcon.Response, parts: Mapping[str, str]
    ) -> Request:
        sent = credentials_of(request)
        admission = self._admit(route, sent, response)
        query = route.parse_query(request.params)
        if route.raw:
            return Request(admission.caller, sent, query, None, parts, self._read(request), _idempotency_key(request))
        body = route.parse_body(self._read(request)) if route.body else None
        return Request(admission.caller, sent, query, body, parts)

    def _admit(self, route: Route, sent: Credentials, response: falcon.Response) -> Admission:
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


def _idempotency_key(request: falcon.Request) -> str | None:
    key = request.get_header("idempotency-key")
    if key is None or _USABLE_KEY.fullmatch(key):
        return key
    raise InvalidInput("header Idempotency-Key", key, f"1 to {LONGEST_KEY} printable ASCII characters")


def credentials_of(request: falcon.Request) -> Credentials:
    return Credentials(
        username=_utf8(request.get_header("username")),
        password=_utf8(request.get_header("password")),
        bearer=_bearer(request),
        address=request.context.address,
        bootstrap=_utf8(request.get_header("x-bootstrap-token")),
    )


def _bearer(request: falcon.Request) -> str | None:
    cookies = request.get_cookie_values("access_token") if "HTTP_COOKIE" in request.env else None
    if cookies:
        return cookies[0]
    scheme, _, token = (request.get_header("authorization") or "").partition(" ")
    return token.strip() or None if scheme == "Bearer" else None


def _utf8(header: str | None) -> str | None:
    """Clients send raw UTF-8; WSGI reads every header as latin-1."""
    if header is None:
        return None
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header
