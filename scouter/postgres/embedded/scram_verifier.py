"""What Postgres keeps of a password, made here, so that it need not be made slow to guess where nobody can guess it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64encode

# Iterations (4 096 by default) slow down who guesses, and every connection by some milliseconds on either side. Nobody
# guesses 256 random bits, with however many.
_ITERATIONS = 1


def scram_verifier(password: str, *, salt: bytes | None = None, iterations: int = _ITERATIONS) -> str:
    """`SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey`, as RFC 5803 and PostgreSQL write it. `password` is ASCII."""
    salt = secrets.token_bytes(16) if salt is None else salt
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, iterations)
    stored_key = hashlib.sha256(_keyed(salted, b"Client Key")).digest()
    server_key = _keyed(salted, b"Server Key")
    salt_text, stored, server = (b64encode(each).decode() for each in (salt, stored_key, server_key))
    return f"SCRAM-SHA-256${iterations}:{salt_text}${stored}:{server}"


def _keyed(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, "sha256")
