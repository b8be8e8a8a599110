"""What admins, and users themselves, do with accounts: done in the database, felt at once, noted in the log."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from scouter.auth.permissions import Caller
from scouter.errors import InvalidInput, NotFound, PermissionDenied
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.paging import Page, rows_to_fetch
from scouter.postgres.tables.users import User, all_users, end_tokens, user_by_name, user_page
from scouter.users.accounts import change, create, remove
from scouter.users.authentication import Authentication
from scouter.wire.users import CreateUserRequest, UpdateUserRequest, UserReply

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MadeUser:
    """`recovery_codes` are in no other answer."""

    user: UserReply
    recovery_codes: list[str]


class Administration:
    """Asks for the permissions itself. Safe to use from any thread."""

    def __init__(self, connections: ConnectionSource, authentication: Authentication) -> None:
        self._connections = connections
        self._authentication = authentication

    def make(self, by: Caller, request: CreateUserRequest) -> MadeUser:
        """Raises `Conflict` when the name or the e-mail is taken."""
        by.require_admin()
        with self._connections.connection() as connection:
            user, codes = create(connection, request)
        self._changed("made", user.username, by)
        return MadeUser(_shown(user), codes)

    def everybody(self, by: Caller) -> list[UserReply]:
        by.require_admin()
        with self._connections.connection() as connection:
            return [_shown(user) for user in all_users(connection)]

    def page(self, by: Caller, *, q: str | None, after: str | None, limit: int) -> Page[UserReply]:
        """By name, behind the name `after`. `q`: a part of name or e-mail, in any case."""
        by.require_admin()
        with self._connections.connection() as connection:
            found = Page.of(user_page(connection, q, after, rows_to_fetch(limit)), limit)
        return Page([_shown(user) for user in found.rows], found.has_next)

    def one(self, by: Caller, username: str) -> UserReply:
        """Oneself, or any for an admin. Raises `NotFound`."""
        _require_self_or_admin(by, username)
        with self._connections.connection() as connection:
            user = user_by_name(connection, username)
        if user is None:
            raise _unknown(username)
        return _shown(user)

    def change(self, by: Caller, username: str, request: UpdateUserRequest, *, address: str) -> UserReply:
        """`address` is where `by` calls from. What only admins may change is left as it is for others.

        Raises `NotFound`, `LastAdmin`, `PermissionDenied` for a wrong present password, and `TooManyAttempts`.
        """
        _require_self_or_admin(by, username)
        if request.password is not None and username == by.username:
            self._require_current_password(by, request.current_password, address)
        with self._connections.connection() as connection:
            user = change(connection, username, request, by_admin=by.is_admin)
        self._changed("changed", username, by)
        return _shown(user)

    def remove(self, by: Caller, username: str) -> None:
        """Raises `NotFound` and `LastAdmin`."""
        by.require_admin()
        if "\x00" in username:
            raise _unknown(username)
        with self._connections.connection() as connection:
            remove(connection, username)
        self._changed("deleted", username, by)

    def end_sessions(self, by: Caller, username: str) -> None:
        """Every token and session of that user ends; the password stays. Raises `NotFound`."""
        by.require_admin()
        if "\x00" in username:
            raise _unknown(username)
        with self._connections.connection() as connection:
            if not end_tokens(connection, username):
                raise _unknown(username)
        self._changed("ended all tokens of", username, by)

    def _require_current_password(self, by: Caller, present: str | None, address: str) -> None:
        """A token may be somebody else's by now: it was left open, or found."""
        if present is None:
            raise InvalidInput("current_password", None, "your present password, beside the new one")
        if not self._authentication.is_password_of(by.username, present, address):
            raise PermissionDenied("the present password is another one", action="send it in current_password")

    def _changed(self, what: str, username: str, by: Caller) -> None:
        self._authentication.forget(username)
        log.info("%r %s user %r", by.username, what, username)


def _require_self_or_admin(by: Caller, username: str) -> None:
    """Only admins may name others. Postgres has no text with a NUL, so nobody goes by such a name."""
    if "\x00" in username:
        raise _unknown(username)
    if username != by.username:
        by.require_admin()


def _unknown(username: str) -> NotFound:
    return NotFound("there is no such user" if "\x00" in username else f"there is no user {username!r}")


def _shown(user: User) -> UserReply:
    return UserReply(
        user.username,
        user.email,
        user.active,
        user.role,
        user.permissions,
        user.group_permissions,
        user.favorite_spaces,
    )
