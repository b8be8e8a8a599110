"""Access tokens: JWT, HS256, with the claims that the published clients' servers have always issued."""

from __future__ import annotations

import secrets
import string
import threading
import time
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt

ACCESS_LIFETIME = timedelta(hours=1)
LEEWAY = timedelta(seconds=60)
CLOCK_DIFFERENCE = timedelta(minutes=5)  # of two servers that honour each other's tokens
EVERY_ROUTE: Collection[str | None] = (None,)  # what a token of a login is for: it names no use
_ALGORITHM = "HS256"
_MAX_REMEMBERED = 10_000
_SALT_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Claims:
    """Who a valid token speaks for, under which credentials it was issued, and for which use; None: for every route."""

    username: str
    credential_version: int
    use: str | None = None


class Tokens:
    """Issues and reads tokens under one key.

    A client sends the same token with every request of an hour, so a genuine one is decoded once and remembered.
    """

    def __init__(self, key: str) -> None:
        self._key = key
        self._genuine: OrderedDict[str, tuple[Claims, float]] = OrderedDict()
        self._lock = threading.Lock()

    def issue(
        self,
        username: str,
        credential_version: int,
        permissions: Sequence[str],
        group_permissions: Sequence[str],
        now: datetime,
    ) -> str:
        claims = {
            "sub": username,
            "exp": int((now + ACCESS_LIFETIME).timestamp()),
            "permissions": list(permissions),
            "group_permissions": list(group_permissions),
            "salt": "".join(secrets.choice(_SALT_LETTERS) for _ in range(16)),
            "cred": credential_version,
        }
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def read(self, token: str, uses: Collection[str | None] = EVERY_ROUTE) -> Claims | None:
        """The claims of a token that is genuine, has not expired and was issued for one of these uses, else None."""
        claims = self._read(token)
        return claims if claims is not None and claims.use in uses else None

    def is_genuine(self, token: str) -> bool:
        """Whether it was issued under this key, expired or not. Nothing may be granted on this."""
        try:
            jwt.decode(token, self._key, algorithms=[_ALGORITHM], options={"verify_exp": False})
        except jwt.InvalidTokenError:
            return False
        return True

    def _read(self, token: str) -> Claims | None:
        remembered = self._genuine.get(token)
        if remembered is not None and _lives(remembered[1]):
            return remembered[0]
        options: jwt.types.Options = {"require": ["exp", "sub"]}
        try:
            claims = jwt.decode(token, self._key, algorithms=[_ALGORITHM], leeway=LEEWAY, options=options)
        except jwt.InvalidTokenError:
            return None
        version, use, expires = claims.get("cred"), claims.get("use"), claims["exp"]
        if not isinstance(version, int) or not isinstance(use, str | None) or not _lives(expires):
            return None
        return self._remember(token, Claims(claims["sub"], version, use), expires)

    def _remember(self, token: str, claims: Claims, expires: int) -> Claims:
        with self._lock:
            self._genuine[token] = (claims, expires)
            while len(self._genuine) > _MAX_REMEMBERED:
                self._genuine.popitem(last=False)
        return claims


def _lives(expires: float) -> bool:
    """Neither past its end, nor issued by a clock that was ahead: that one would live on for as long as it was."""
    left = expires - time.time()
    return -LEEWAY.total_seconds() < left < (ACCESS_LIFETIME + CLOCK_DIFFERENCE).total_seconds()


def claimed_subject(token: str) -> str | None:
    """Whom a token names, whether or not it is genuine. Nothing may be granted on this."""
    try:
        subject = jwt.decode(token, options={"verify_signature": False}).get("sub")
    except jwt.InvalidTokenError:
        return None
    return subject if isinstance(subject, str) else None
