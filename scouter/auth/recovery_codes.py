"""Recovery codes: shown once when a user is made, stored as hashes."""

from __future__ import annotations

import hashlib
import secrets
import string

CODES = 4
_LENGTH = 16
_LETTERS = string.ascii_letters + string.digits


def new_recovery_codes() -> list[str]:
    return ["".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)) for _ in range(CODES)]


def hash_recovery_code(code: str) -> str:
    """SHA-256 is enough: 95 random bits cannot be guessed, so there is nothing that a slow hash would slow down."""
    return f"sha256${hashlib.sha256(code.encode()).hexdigest()}"
