"""What a browser's cookie holds: a token that pages alone take, as they take none of the API's."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import jwt

from scouter.auth.tokens import CLOCK_DIFFERENCE, LEEWAY

_Kind = TypeVar("_Kind", int, str)

PAGE_LIFETIME = timedelta(hours=12)
LONGEST_SESSION = timedelta(days=7)  # however often it is renewed
_ALGORITHM = "HS256"
_USE = "page"
_REQUIRED = ["exp", "iat", "sub", "jti", "auth_time", "use", "cred"]


@dataclass(frozen=True, slots=True)
class PageClaims:
    """Whose session it is, under which credentials, and since when. `identity` is the session's, kept by renewals."""

    username: str
    credential_version: int
    identity: str
    signed_in: datetime
    issued: datetime
    expires: datetime


class PageTokens:
    """Issues and reads them under the key of the access tokens: `use` tells them apart."""

    def __init__(self, key: str) -> None:
        self._key = key

    def issue(self, username: str, credential_version: int, now: datetime) -> str:
        """A session that begins."""
        return self._encode(username, credential_version, secrets.token_urlsafe(16), now, now)

    def renewed(self, claims: PageClaims, now: datetime) -> str | None:
        """The same session for another twelve hours, when half of them are over; None: not yet, or not any more."""
        if now - claims.issued < PAGE_LIFETIME / 2 or now - claims.signed_in >= LONGEST_SESSION:
            return None
        return self._encode(claims.username, claims.credential_version, claims.identity, claims.signed_in, now)

    def read(self, token: str, now: datetime) -> PageClaims | None:
        """The claims of a token that is genuine, for pages and has not expired, else None."""
        claims = self._genuine(token)
        return claims if claims is not None and _lives(claims, now) else None

    def has_expired(self, token: str, now: datetime) -> bool:
        """Whether it was a session once. Nothing may be granted on this."""
        claims = self._genuine(token)
        return claims is not None and not _lives(claims, now)

    def _genuine(self, token: str) -> PageClaims | None:
        options: jwt.types.Options = {"require": _REQUIRED, "verify_exp": False, "verify_iat": False}
        try:
            claims = jwt.decode(token, self._key, algorithms=[_ALGORITHM], options=options)
            return _claims(claims)
        except (jwt.InvalidTokenError, TypeError, ValueError, OverflowError, OSError):
            return None

    def _encode(self, username: str, version: int, identity: str, signed_in: datetime, now: datetime) -> str:
        expires = min(now + PAGE_LIFETIME, signed_in + LONGEST_SESSION)
        claims = {
            "sub": username,
            "use": _USE,
            "cred": version,
            "jti": identity,
            "auth_time": int(signed_in.timestamp()),
            "iat": int(now.timestamp()),
            "exp": int(expires.timestamp()),
        }
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)


def _lives(claims: PageClaims, now: datetime) -> bool:
    """Neither past its end, nor issued by a clock that was far ahead."""
    return -LEEWAY < claims.expires - now < PAGE_LIFETIME + CLOCK_DIFFERENCE


def _claims(claims: dict[str, object]) -> PageClaims:
    if claims["use"] != _USE:
        raise ValueError("it is for something else")
    times = [datetime.fromtimestamp(_of(int, claims[name]), UTC) for name in ("auth_time", "iat", "exp")]
    return PageClaims(_of(str, claims["sub"]), _of(int, claims["cred"]), _of(str, claims["jti"]), *times)


def _of(kind: type[_Kind], claim: object) -> _Kind:
    if not isinstance(claim, kind):
        raise TypeError("a claim of another type")
    return claim
