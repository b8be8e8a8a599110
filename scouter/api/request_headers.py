"""What the headers of a request say: who sent it, and the key under which it may be sent again."""

from __future__ import annotations

import re

import falcon

from scouter.errors import InvalidInput
from scouter.users.authentication import Credentials
from scouter.wire.users import LONGEST_PASSWORD, LONGEST_USERNAME

LONGEST_KEY = 255
_USABLE_KEY = re.compile(rf"[\x20-\x7e]{{1,{LONGEST_KEY}}}")


def credentials_of(request: falcon.Request) -> Credentials:
    """Raises `InvalidInput` for a name or a password that nobody has: failed ones are remembered, and cost a hash."""
    return Credentials(
        username=_short("username", _utf8(request.get_header("username")), LONGEST_USERNAME),
        password=_short("password", _utf8(request.get_header("password")), LONGEST_PASSWORD),
        bearer=_bearer(request),
        address=request.context.address,
        bootstrap=_utf8(request.get_header("x-bootstrap-token")),
    )


def idempotency_key(request: falcon.Request) -> str | None:
    key = request.get_header("idempotency-key")
    if key is None or _USABLE_KEY.fullmatch(key):
        return key
    raise InvalidInput("header Idempotency-Key", key, f"1 to {LONGEST_KEY} printable ASCII characters")


def _short(header: str, text: str | None, longest: int) -> str | None:
    if text is None or len(text) <= longest:
        return text
    raise InvalidInput(f"header {header}", f"{len(text)} characters", f"at most {longest}")


def _bearer(request: falcon.Request) -> str | None:
    cookies = request.get_cookie_values("access_token") if "HTTP_COOKIE" in request.env else None
    if cookies:
        return cookies[0]
    scheme, _, token = (request.get_header("authorization") or "").partition(" ")
    return token.strip() or None if scheme == "Bearer" or scheme.lower() == "bearer" else None


def _utf8(header: str | None) -> str | None:
    """Clients send raw UTF-8; WSGI reads every header as latin-1."""
    if header is None:
        return None
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header
