"""Password hashes: Argon2id as PHC strings, and a memory of what was verified a moment ago."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

from cryptography.exceptions import InvalidKey, UnsupportedAlgorithm
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

# OWASP's password storage recommendation for Argon2id: 19 MiB, two passes, one lane. About 15 ms.
_MEMORY_KIB = 19 * 1024
_PASSES = 2
_LANES = 1


def hash_password(password: str) -> str:
    """A PHC string with a salt of its own."""
    kdf = Argon2id(salt=secrets.token_bytes(16), length=32, iterations=_PASSES, lanes=_LANES, memory_cost=_MEMORY_KIB)
    return kdf.derive_phc_encoded(password.encode())


def verify_password(password: str, phc: str) -> bool:
    try:
        Argon2id.verify_phc_encoded(password.encode(), phc)
    except (InvalidKey, UnsupportedAlgorithm, ValueError):
        return False
    return True


class PasswordChecks:
    """Verifies passwords; a right one is not hashed again for some seconds.

    Clients send the password with every request, and a renewal would otherwise cost a hash each time. Remembered is
    a keyed digest of name, password and stored hash, so a changed password is never taken from memory.

    Hashing happens in threads of its own: every thread that ever hashed keeps 19 MiB, and there are many request
    threads. Suspects wait in a line of their own, so that guessing does not keep others from logging in.
    """

    def __init__(self, *, seconds: float = 30.0, maximum: int = 10_000) -> None:
        self._seconds = seconds
        self._maximum = maximum
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._verified: OrderedDict[bytes, float] = OrderedDict()
        self._nobody = hash_password(secrets.token_urlsafe())
        self._hashing = ThreadPoolExecutor(2, thread_name_prefix="password")
        self._hashing_for_suspects = ThreadPoolExecutor(1, thread_name_prefix="password-suspect")

    def matches(self, username: str, password: str, phc: str | None, *, suspect: bool = False) -> bool:
        """Whether the password is right. Unknown users (`phc` None) cost the same time as wrong passwords."""
        digest = self._digest(username, password, phc or "")
        if self._verified.get(digest, 0.0) > time.monotonic():
            return True
        threads = self._hashing_for_suspects if suspect else self._hashing
        right = threads.submit(verify_password, password, phc or self._nobody).result() and phc is not None
        if right:
            self._remember(digest)
        return right

    def close(self) -> None:
        """Nobody waits for an answer any more."""
        self._hashing.shutdown(cancel_futures=True)
        self._hashing_for_suspects.shutdown(cancel_futures=True)

    def _digest(self, username: str, password: str, phc: str) -> bytes:
        text = "\x00".join((username, password, phc)).encode()
        return hmac.new(self._key, text, hashlib.sha256).digest()

    def _remember(self, digest: bytes) -> None:
        with self._lock:
            self._verified.pop(digest, None)
            self._verified[digest] = time.monotonic() + self._seconds
            while len(self._verified) > self._maximum:
                self._verified.popitem(last=False)
