"""Access tokens: JWT, HS256, with the claims that the published clients' servers have always issued."""

from __future__ import annotations

import secrets
import string
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt

ACCESS_LIFETIME = timedelta(hours=1)
LEEWAY = timedelta(seconds=60)
_ALGORITHM = "HS256"
_MAX_REMEMBERED = 10_000
_SALT_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Claims:
    """Who a valid token speaks for, and under which credentials it was issued."""

    username: str
    credential_version: int


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

    def read(self, token: str) -> Claims | None:
        """The claims of a token that is genuine and has not expired, else None."""
        remembered = self._genuine.get(token)
        if remembered is not None and time.time() < remembered[1]:
            return remembered[0]
        options: jwt.types.Options = {"require": ["exp", "sub"]}
        try:
            claims = jwt.decode(token, self._key, algorithms=[_ALGORITHM], leeway=LEEWAY, options=options)
        except jwt.InvalidTokenError:
            return None
        version = claims.get("cred")
        if not isinstance(version, int):
            return None
        return self._remember(token, Claims(claims["sub"], version), claims["exp"])

    def _remember(self, token: str, claims: Claims, expires: int) -> Claims:
        with self._lock:
            self._genuine[token] = (claims, expires + LEEWAY.total_seconds())
            while len(self._genuine) > _MAX_REMEMBERED:
                self._genuine.popitem(last=False)
        return claims


def claimed_subject(token: str) -> str | None:
    """Whom a token names, whether or not it is genuine. Nothing may be granted on this."""
    try:
        subject = jwt.decode(token, options={"verify_signature": False}).get("sub")
    except jwt.InvalidTokenError:
        return None
    return subject if isinstance(subject, str) else None
