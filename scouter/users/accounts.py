"""Making, changing and deleting users, each in one transaction. There is always an active admin left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from scouter.auth.passwords import hash_password
from scouter.auth.permissions import ADMIN_GROUP, EVERY_SPACE
from scouter.auth.recovery_codes import hash_recovery_code, new_recovery_codes
from scouter.errors import Conflict, LastAdmin, NotFound
from scouter.postgres.statements import Connection
from scouter.postgres.tables import users
from scouter.postgres.tables.users import User, UserChanges
from scouter.wire.users import CreateUserRequest, UpdateUserRequest

READ_ALL, WRITE_ALL = f"read:{EVERY_SPACE}", f"write:{EVERY_SPACE}"
_DEFAULT_PERMISSIONS = (READ_ALL,)
_DEFAULT_GROUPS = ("user",)
_DEFAULT_ROLE = "user"


@dataclass(frozen=True, slots=True)
class NewUser:
    """A user to be made. Whoever says nothing about permissions and groups may read every space, and no more."""

    username: str
    password: str = field(repr=False)
    email: str
    role: str = _DEFAULT_ROLE
    permissions: Sequence[str] | None = None
    groups: Sequence[str] | None = None
    active: bool = True


def admin(username: str, password: str, email: str) -> NewUser:
    """A user who may do everything."""
    return NewUser(username, password, email, "admin", (READ_ALL, WRITE_ALL), (ADMIN_GROUP,))


def make_user(connection: Connection, new: NewUser, *, recovery_codes: Sequence[str] = ()) -> User:
    """The new user. Of the password and the recovery codes only hashes are kept.

    Raises `Conflict` when the name or the e-mail is taken.
    """
    added = users.add_user(
        connection,
        new.username,
        hash_password(new.password),
        email=new.email,
        role=new.role,
        permissions=_distinct(_DEFAULT_PERMISSIONS if new.permissions is None else new.permissions),
        group_permissions=_distinct(_DEFAULT_GROUPS if new.groups is None else new.groups),
        active=new.active,
        recovery_code_hashes=[hash_recovery_code(code) for code in recovery_codes],
    )
    user = users.user_by_name(connection, new.username) if added else None
    if user is None:
        raise Conflict(f"the name {new.username!r} or its e-mail is taken", action="choose others")
    return user


def create(connection: Connection, request: CreateUserRequest) -> tuple[User, list[str]]:
    """The user that is asked for, and its recovery codes, which are in no other reply. Raises as `make_user`."""
    new = NewUser(
        request.username,
        request.password,
        request.email,
        request.role or _DEFAULT_ROLE,
        request.permissions,
        request.group_permissions,
        active=request.active is not False,
    )
    codes = new_recovery_codes()
    return make_user(connection, new, recovery_codes=codes), codes


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
