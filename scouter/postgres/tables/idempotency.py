"""Keys under which messages were sent, so that sending one again stores nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import msgspec

from scouter.postgres.statements import Connection, named_statements

KEY_DAYS = 2  # after which a key counts as new again

_sql = named_statements("idempotency")

UserKey = tuple[str, str]  # name of the user, key


@dataclass(frozen=True, slots=True)
class KeyUse:
    """A message that was sent under a key: a digest of its bytes, and what was answered."""

    username: str
    key: str
    digest: bytes
    stored: int
    skipped: str  # JSON, by reason

    @property
    def user_key(self) -> UserKey:
        return (self.username, self.key)

    @property
    def skips(self) -> dict[str, int]:
        return msgspec.json.decode(self.skipped, type=dict[str, int])


def claim_keys(connection: Connection, uses: Sequence[KeyUse]) -> set[UserKey]:
    """Write them down; those that were new. Waits for whoever is storing a message under one of them."""
    rows = connection.execute(
        _sql["claim_keys"].text,
        {
            "username": [use.username for use in uses],
            "key": [use.key for use in uses],
            "digest": [use.digest for use in uses],
            "stored": [use.stored for use in uses],
            "skipped": [use.skipped for use in uses],
        },
    )
    return {(row[0], row[1]) for row in rows.fetchall()}


def known_keys(connection: Connection, keys: Collection[UserKey]) -> dict[UserKey, KeyUse]:
    """Their first uses."""
    found = _sql["known_keys"].all(connection, KeyUse, username=[key[0] for key in keys], key=[key[1] for key in keys])
    return {use.user_key: use for use in found}


def release_keys(connection: Connection, keys: Collection[UserKey]) -> int:
    """Forget keys whose messages came to nothing."""
    return _sql["release_keys"].run(connection, username=[key[0] for key in keys], key=[key[1] for key in keys])
