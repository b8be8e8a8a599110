"""Making, changing and deleting users, each in one transaction. There is always an active admin left."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from scouter.auth.passwords import hash_password
from scouter.auth.permissions import ADMIN_GROUP
from scouter.auth.recovery_codes import hash_recovery_code, new_recovery_codes
from scouter.errors import Conflict, LastAdmin, NotFound
from scouter.postgres.statements import Connection
from scouter.postgres.tables import users
from scouter.postgres.tables.users import User, UserChanges
from scouter.wire.users import CreateUserRequest, UpdateUserRequest

_DEFAULT_PERMISSIONS = ["read:all"]
_DEFAULT_GROUPS = ["user"]
_DEFAULT_ROLE = "user"


def create(connection: Connection, request: CreateUserRequest) -> tuple[User, list[str]]:
    """The new user and its recovery codes, of which only hashes are kept. Raises `Conflict` when a name is taken."""
    codes = new_recovery_codes()
    added = users.add_user(
        connection,
        request.username,
        hash_password(request.password),
        email=request.email,
        role=request.role or _DEFAULT_ROLE,
        permissions=_distinct(_DEFAULT_PERMISSIONS if request.permissions is None else request.permissions),
        group_permissions=_distinct(
            _DEFAULT_GROUPS if request.group_permissions is None else request.group_permissions
        ),
        active=request.active is not False,
        recovery_code_hashes=[hash_recovery_code(code) for code in codes],
    )
    user = users.user_by_name(connection, request.username) if added else None
    if user is None:
        raise Conflict(f"the name {request.username!r} or its e-mail is taken", action="choose others")
    return user, codes


def change(connection: Connection, username: str, request: UpdateUserRequest, *, by_admin: bool) -> User:
    """The user after the change. Raises `NotFound`, or `LastAdmin` when no active admin would be left."""
    changes = _changes(request, by_admin=by_admin)
    if _ends_an_admin(changes):
        _require_another_admin(connection, username)
    user = users.change_user(connection, username, changes)
    if user is None:
        raise _unknown(username)
    return user


def remove(connection: Connection, username: str) -> None:
    """Raises `NotFound`, or `LastAdmin` when no active admin would be left."""
    _require_another_admin(connection, username)
    if not users.delete_user(connection, username):
        raise _unknown(username)


def _changes(request: UpdateUserRequest, *, by_admin: bool) -> UserChanges:
    own = UserChanges(
        password_hash=hash_password(request.password) if request.password is not None else None,
        favorite_spaces=_distinct_if_given(request.favorite_spaces),
    )
    if not by_admin:
        return own
    return replace(
        own,
        active=request.active,
        permissions=_distinct_if_given(request.permissions),
        group_permissions=_distinct_if_given(request.group_permissions),
    )


def _ends_an_admin(changes: UserChanges) -> bool:
    demoted = changes.group_permissions is not None and ADMIN_GROUP not in changes.group_permissions
    return demoted or changes.active is False


def _require_another_admin(connection: Connection, username: str) -> None:
    users.lock_admins(connection)
    if users.is_last_admin(connection, username):
        raise LastAdmin(f"{username!r} is the last active admin", action="make another user an admin first")


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _distinct_if_given(names: Iterable[str] | None) -> list[str] | None:
    return None if names is None else _distinct(names)


def _unknown(username: str) -> NotFound:
    return NotFound(f"there is no user {username!r}")
