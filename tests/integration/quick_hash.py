"""A password hash that costs next to nothing to check: it says itself how that is done.

Servers are logged in to a thousand times here, at 25 ms of a processor with the hash that `hash_password` makes.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id


def quick_hash(password: str) -> str:
    kdf = Argon2id(salt=bytes(16), length=32, iterations=1, lanes=1, memory_cost=8)
    return kdf.derive_phc_encoded(password.encode())
