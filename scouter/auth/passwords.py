"""Password hashes: Argon2id as PHC strings, and a memory of what was verified a moment ago."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Callable
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


def hash_of_nothing() -> str:
    """A PHC string that no password fits, made of random bytes: to compare with it takes as long as with any other."""
    salt, derived = (b64encode(secrets.token_bytes(length)).decode().rstrip("=") for length in (16, 32))
    return f"$argon2id$v=19$m={_MEMORY_KIB},t={_PASSES},p={_LANES}${salt}${derived}"


class MustBeHashed(Exception):
    """Whether the password is right takes a while to find out, and the caller is not to wait."""


class PasswordChecks:
    """Verifies passwords; a right one is not hashed again for some seconds.

    Clients send the password with every request, and a renewal would otherwise cost a hash each time. Remembered is
    a keyed digest of name, password and stored hash, so a changed password is never taken from memory.

    Hashing happens in threads of its own: every thread that ever hashed keeps 19 MiB, and there are many request
    threads. Suspects wait in a line of their own, so that guessing does not keep others from logging in.
    """

    def __init__(self, *, seconds: float = 30.0) -> None:
        self._verified = RememberedDigests(seconds)
        self._nobody = hash_of_nothing()
        self._hashing = ThreadPoolExecutor(2, thread_name_prefix="password")
        self._hashing_for_suspects = ThreadPoolExecutor(1, thread_name_prefix="password-suspect")

    def matches(
        self,
        username: str,
        password: str,
        phc: str | None,
        *,
        suspect: bool = False,
        may_wait: bool = True,
        may_judge: Callable[[], bool] = lambda: True,
        wrong: Callable[[], object] = lambda: None,
    ) -> bool | None:
        """Whether the password is right. Unknown users (`phc` None) cost the same time as wrong passwords.

        `may_judge` is asked when its turn has come: much may have failed while it waited. None: it was not judged.
        `wrong` is called before the next one's turn comes. Raises `MustBeHashed` where that is so and the caller may
        not wait.
        """

        def judged() -> bool | None:
            if not may_judge():
                return None
            if verify_password(password, phc or self._nobody):
                return True
            wrong()
            return False

        known = (username, password, phc or "")
        if self._verified.holds(*known):
            return True
        if not may_wait:
            raise MustBeHashed
        threads = self._hashing_for_suspects if suspect else self._hashing
        right = threads.submit(judged).result()
        if right and phc is not None:
            self._verified.add(*known)
        return right if right is None else right and phc is not None

    def close(self) -> None:
        """Nobody waits for an answer any more."""
        self._hashing.shutdown(cancel_futures=True)
        self._hashing_for_suspects.shutdown(cancel_futures=True)


class RememberedDigests:
    """Which texts were noted within the last seconds. Not they are kept, but digests under a key of this process."""

    def __init__(self, seconds: float, *, maximum: int = 10_000) -> None:
        self._seconds = seconds
        self._maximum = maximum
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._until: OrderedDict[bytes, float] = OrderedDict()

    def holds(self, *texts: str) -> bool:
        return self._until.get(self._digest(texts), 0.0) > time.monotonic()

    def add(self, *texts: str) -> None:
        digest = self._digest(texts)
        with self._lock:
            self._until.pop(digest, None)
            self._until[digest] = time.monotonic() + self._seconds
            while len(self._until) > self._maximum:
                self._until.popitem(last=False)

    def _digest(self, texts: tuple[str, ...]) -> bytes:
        told_apart = "".join(f"{len(text)}:{text}" for text in texts)
        return hmac.new(self._key, told_apart.encode(errors="surrogatepass"), hashlib.sha256).digest()
