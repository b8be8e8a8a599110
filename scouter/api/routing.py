"""Routes as data: what each takes, gives and requires. Falcon serves them; the documentation is made from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

import falcon
import msgspec

from scouter.api.port.bulkheads import BulkheadName
from scouter.auth.permissions import Caller
from scouter.errors import ScouterError, Undecodable
from scouter.users.authentication import Credentials
from scouter.wire.decoding import convert_query, decode_json
from scouter.wire.refusal_words import Accepted, by_type_alone

Query = TypeVar("Query")
Body = TypeVar("Body")
Reply = TypeVar("Reply")


@dataclass(frozen=True, slots=True)
class Request(Generic[Query, Body]):
    """One request as a handler sees it.

    `query` and `body` are of the types that the route names, None where it names none; `parts` are the `{named}` parts
    of its path. A route that wants its body undecoded finds it in `raw`; `unreadable` says why it could not be
    unpacked: then it is there as it was sent.
    """

    caller: Caller
    credentials: Credentials
    query: Query
    body: Body
    parts: Mapping[str, str]
    raw: bytes = b""
    unreadable: Undecodable | None = None
    idempotency_key: str | None = None


AnyRequest: TypeAlias = Request[Any, Any]


@dataclass(frozen=True, slots=True)
class Deferred(Generic[Reply]):
    """A reply that has to be waited for.

    A handler returns it, and with the handler's end everything that it held of the request is let go: thousands of
    decoded records, while they are still in the processor's cache, and not after the wait.
    """

    wait: Callable[[], Reply]


@dataclass(frozen=True, slots=True)
class Streamed:
    """A reply that is made while it is sent, to be saved under about that name.

    What fails on the way ends the connection: nobody takes it for whole.
    """

    chunks: Iterator[bytes]
    file_name: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """Bytes to be saved under about that name."""

    data: bytes
    file_name: str


@dataclass(frozen=True)
class AnyRoute:
    """One method of one path, of whatever types, for those who serve and describe it. Make a `Route`.

    `permission` says in words what a caller needs; the handler enforces it, for it knows what is asked for.
    """

    method: str
    path: str
    handle: Callable[[Any], Any]
    summary: str
    reply: Any
    permission: str = "any user"
    query: Any = None
    body: Any = None
    raw: Any = None  # the type of a body that the handler decodes itself
    refused: Callable[[ScouterError], None] | None = None  # told of every request that does not reach the handler
    public: bool = False
    bootstrap: bool = False  # whoever has the bootstrap key may use it as an admin
    secrets: frozenset[str] = frozenset()  # members of the body that no error may show
    accepted: Accepted = by_type_alone
    errors: tuple[type[ScouterError], ...] = ()  # beside those that its form implies
    bulkhead: BulkheadName = "rest"  # whose threads handle it
    page: Callable[[], str] | None = None  # HTML instead of the reply, for whoever asks for HTML: a browser
    table: Callable[[Any], str] | None = None  # the reply as CSV, for whoever asks for that rather than for JSON
    media_type: str = falcon.MEDIA_JSON  # of anything else the handler returns text, an `Attachment` or `Streamed`

    @property
    def takes(self) -> Any:
        """The type of the body, whoever decodes it; None: there is none."""
        return self.raw if self.body is None else self.body

    @cached_property
    def decoder(self) -> msgspec.json.Decoder[Any]:
        return msgspec.json.Decoder(self.body)

    def parse_query(self, parameters: Mapping[str, object]) -> Any:
        return convert_query(parameters, self.query, accepted=self.accepted) if self.query else None

    def parse_body(self, raw: bytes) -> Any:
        return decode_json(self.decoder, raw, accepted=self.accepted, secrets=self.secrets)


@dataclass(frozen=True)
class Route(AnyRoute, Generic[Query, Body, Reply]):
    """A route whose handler takes what is decoded for it and gives the reply that is described."""

    handle: Callable[[Request[Query, Body]], Reply | Deferred[Reply] | Attachment | Streamed]
    reply: type[Reply]
    query: type[Query] | None = None
    body: type[Body] | None = None


class Resource(Protocol):
    """A part of the surface that lists its routes."""

    def routes(self) -> list[AnyRoute]: ...
