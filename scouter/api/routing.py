"""Routes as data: what each takes, gives and requires. Falcon serves them; the documentation is made from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import falcon
import msgspec

from scouter.auth.permissions import Caller
from scouter.errors import ScouterError
from scouter.users.authentication import Credentials
from scouter.wire.decoding import Accepted, by_type_alone, convert, decode_json


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
