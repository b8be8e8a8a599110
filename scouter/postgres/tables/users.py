"""Users as stored, and the secrets that all servers of one database share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("users")


@dataclass(frozen=True, slots=True)
class User:
    """A user's present state. `credential_version` changes with the password and ends earlier tokens."""

    username: str
    password_hash: str = field(repr=False)
    credential_version: int
    email: str
    role: str
    active: bool
    permissions: list[str]
    group_permissions: list[str]
    favorite_spaces: list[str]


@dataclass(frozen=True, slots=True)
class UserChanges:
    """What to change about a user; None leaves it as it is."""

    password_hash: str | None = field(default=None, repr=False)
    active: bool | None = None
    permissions: list[str] | None = None
    group_permissions: list[str] | None = None
    favorite_spaces: list[str] | None = None


def user_by_name(connection: Connection, username: str) -> User | None:
    if "\x00" in username:  # Postgres has no such text
        return None
    return _sql["user_by_name"].one(connection, User, username=username)


def all_users(connection: Connection) -> list[User]:
    return _sql["all_users"].all(connection, User)


def user_page(connection: Connection, q: str | None, after: str | None, maximum: int) -> list[User]:
    """By name, behind the name `after`. `q`: a part of name or e-mail, in any case."""
    if "\x00" in f"{q}{after}":
        return []
    return _sql["user_page"].all(connection, User, q=q, after=after, maximum=maximum)


def lock_first_users(connection: Connection) -> bool:
    """Hold the right to make the first users until the end of the transaction. Whether there are none yet."""
    _sql["lock_first_users"].run(connection)
    return _sql["count_users"].values(connection) == [0]


def add_user(
    connection: Connection,
    username: str,
    password_hash: str,
    *,
    email: str,
    role: str,
    permissions: Sequence[str],
    group_permissions: Sequence[str],
    active: bool = True,
    recovery_code_hashes: Sequence[str] = (),
) -> bool:
    """Whether it was added; False when the name or the e-mail is taken."""
    added = _sql["add_user"].values(
        connection,
        username=username,
        password_hash=password_hash,
        email=email,
        role=role,
        permissions=list(permissions),
        group_permissions=list(group_permissions),
        active=active,
        recovery_code_hashes=list(recovery_code_hashes),
    )
    return bool(added)


def lock_admins(connection: Connection) -> None:
    """Until the end of the transaction nobody else takes away an admin's rights."""
    _sql["lock_admins"].run(connection)


def is_last_admin(connection: Connection, username: str) -> bool:
    """Whether that user is the only active one in the group `admin`. Take `lock_admins` before you ask."""
    return _sql["is_last_admin"].values(connection, username=username) == [True]


def change_user(connection: Connection, username: str, changes: UserChanges) -> User | None:
    """The user after the change; None when there is no such user. A new password ends every token of that user."""
    return _sql["change_user"].one(connection, User, username=username, **asdict(changes))


def delete_user(connection: Connection, username: str) -> bool:
    """Whether there was such a user."""
    return _sql["delete_user"].run(connection, username=username) == 1


def set_password(connection: Connection, username: str, password_hash: str) -> bool:
    """Whether there is such a user. Every token of that user ends."""
    return _sql["set_password"].run(connection, username=username, password_hash=password_hash) == 1


def end_tokens(connection: Connection, username: str) -> bool:
    """Whether there is such a user. Every token of that user ends, and the password stays."""
    return _sql["end_tokens"].run(connection, username=username) == 1


def shared_secret(connection: Connection, name: str, fresh: str) -> str:
    """The secret of that name: what the first server kept, or `fresh` when this is the first."""
    _sql["keep_secret"].run(connection, name=name, value=fresh)
    value: str = _sql["secret"].values(connection, name=name)[0]
    return value
