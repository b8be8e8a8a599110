"""Users: make, list, show, change, delete."""

from __future__ import annotations

import logging

from scouter.api.routing import AnyRequest, AnyRoute, Request, Route
from scouter.errors import Conflict, LastAdmin, NotFound
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.users import User, all_users, user_by_name
from scouter.users.accounts import change, create, remove
from scouter.users.authentication import Authentication
from scouter.wire.users import (
    CreateUserReply,
    CreateUserRequest,
    UpdateUserRequest,
    UserDeletedReply,
    UserReply,
    UsersReply,
    accepted_by_users,
)

log = logging.getLogger(__name__)

_ONE = "/scouter/user/{username}"
_SECRETS = frozenset({"password"})


class Users:
    def __init__(self, pool: Pool, authentication: Authentication) -> None:
        self._pool = pool
        self._authentication = authentication

    def routes(self) -> list[AnyRoute]:
        return [
            Route(
                "POST",
                "/scouter/user",
                self.create,
                "Make a user. The recovery codes are shown this once.",
                CreateUserReply,
                permission="admin, or the bootstrap key in the header `x-bootstrap-token`",
                body=CreateUserRequest,
                bootstrap=True,
                secrets=_SECRETS,
                accepted=accepted_by_users,
                errors=(Conflict,),
            ),
            Route("GET", "/scouter/user", self.show_all, "All users.", UsersReply, permission="admin"),
            Route("GET", _ONE, self.show, "One user.", UserReply, permission="that user, or admin"),
            Route(
                "PUT",
                _ONE,
                self.change,
                "Change what is given and nothing else. Permissions, groups and `active` are ignored unless an admin "
                "sends them. The last active admin stays one.",
                UserReply,
                permission="that user, or admin",
                body=UpdateUserRequest,
                secrets=_SECRETS,
                accepted=accepted_by_users,
                errors=(LastAdmin,),
            ),
            Route(
                "DELETE",
                _ONE,
                self.delete,
                "Delete a user, but not the last active admin.",
                UserDeletedReply,
                permission="admin",
                errors=(LastAdmin,),
            ),
        ]

    def create(self, request: Request[None, CreateUserRequest]) -> CreateUserReply:
        body = request.body
        request.caller.require_admin()
        with self._pool.connection() as connection:
            user, codes = create(connection, body)
        self._changed("made", user.username, request)
        return CreateUserReply(_shown(user), codes, f"made user {user.username!r}; keep the recovery codes")

    def show_all(self, request: Request[None, None]) -> UsersReply:
        request.caller.require_admin()
        with self._pool.connection() as connection:
            return UsersReply([_shown(user) for user in all_users(connection)])

    def show(self, request: Request[None, None]) -> UserReply:
        username = _self_or_any(request)
        with self._pool.connection() as connection:
            user = user_by_name(connection, username)
        if user is None:
            raise NotFound(f"there is no user {username!r}")
        return _shown(user)

    def change(self, request: Request[None, UpdateUserRequest]) -> UserReply:
        username = _self_or_any(request)
        with self._pool.connection() as connection:
            user = change(connection, username, request.body, by_admin=request.caller.is_admin)
        self._changed("changed", username, request)
        return _shown(user)

    def delete(self, request: Request[None, None]) -> UserDeletedReply:
        request.caller.require_admin()
        username = _named(request)
        with self._pool.connection() as connection:
            remove(connection, username)
        self._changed("deleted", username, request)
        return UserDeletedReply(f"deleted user {username!r}")

    def _changed(self, what: str, username: str, request: AnyRequest) -> None:
        self._authentication.forget(username)
        log.info("%r %s user %r", request.caller.username, what, username)


def _self_or_any(request: AnyRequest) -> str:
    """The user that the path names. Only admins may name others."""
    username = _named(request)
    if username != request.caller.username:
        request.caller.require_admin()
    return username


def _named(request: AnyRequest) -> str:
    username = request.parts["username"]
    if "\x00" in username:  # Postgres has no such text
        raise NotFound("there is no such user")
    return username


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
